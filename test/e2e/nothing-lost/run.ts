import { checkPlaces } from './check.ts'
import type { Image } from './images.ts'
import { createModel } from './model.ts'
import type { Lane, PlannedImage } from './rounds.ts'
import type { StepDeps } from './steps.ts'
import type { World } from './world.ts'

/** All that is known of one run. */
export interface Run extends StepDeps {
  readonly world: World
  readonly images: Map<string, Image>
  readonly storageDir: string
  readonly lanes: readonly Lane[]
  /** What each has been told to push, also on days before. */
  readonly planned: Map<Lane, PlannedImage[]>
  /** What was found to be wrong. */
  readonly faults: string[]
}

export function createRun(world: World, lanes: readonly Lane[], isOver: () => boolean): Run {
  return {
    world,
    client: world.client,
    model: createModel(),
    images: new Map(),
    storageDir: world.storageDir,
    lanes,
    planned: new Map(),
    faults: [],
    counts: new Map(),
    seen: new Set(),
    watched: [],
    isOver,
  }
}

/** What a tag is found on is known by its digest. */
export const learn = (images: Map<string, Image>, image: Image): void => {
  images.set(image.digest, image)
  for (const child of image.children) learn(images, child)
}

export function count({ counts }: Run, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1)
}

/** @returns what was answered. @throws where it was refused */
export async function expect(
  { client }: Run,
  method: string,
  path: string,
  json?: unknown,
): Promise<string> {
  const { status, text } = await client.api(method, path, json)
  if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`)
  return text
}

export async function checkAll(run: Run, note: string, isAtEnd = false): Promise<void> {
  const found = await checkPlaces(run, run.model.places(), { isAtEnd })
  run.faults.push(...found.map((fault) => `${note}: ${fault}`))
}

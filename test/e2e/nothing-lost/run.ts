import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pLimit from 'p-limit'
import { createGenerator, type Generator } from '../../support/generate.ts'
import { waitFor } from '../../support/wait-for.ts'
import { checkPlaces, compareIndex } from './check.ts'
import { type Image, makeImage, makeLayer } from './images.ts'
import { createModel } from './model.ts'
import { type Fault, type Lane, type Planner, planRound, type Round } from './plan.ts'
import { type StepDeps, takeStep } from './steps.ts'
import type { World } from './world.ts'

export interface Size {
  readonly lanes: number
  /** Rounds of each lane in a day. */
  readonly rounds: number
  /** One for each day; they are one after the other, with a night between. */
  readonly seeds: readonly number[]
}

const CROWDS = 3
const CROWD = 100
const SHARED_LAYERS = 12

export const chooseSeeds = (fixed: readonly number[]): readonly number[] => {
  const { WARDEN_TEST_SEED: told } = process.env
  return told === undefined ? [...fixed, randomInt(2 ** 31)] : fixed.map(() => Number(told))
}

const laneOf = (number: number): Lane => {
  const project = `lane-${String(number).padStart(2, '0')}`
  return {
    project,
    repositories: [`${project}/app`, `${project}/deep/web`],
    crowd: number < CROWDS ? `${project}/crowd` : undefined,
  }
}

const RETENTION = {
  rules: [
    { template: 'latestPushed', k: 2 },
    { template: 'always', tags: 'keep-*' },
  ],
}

export interface Run extends StepDeps {
  readonly world: World
  readonly images: Map<string, Image>
  readonly repositoriesDir: string
  readonly lanes: readonly Lane[]
  /** What each has been told to push, also on days before. */
  readonly planned: Map<Lane, Planner['images']>
  readonly faults: string[]
}

const learn = (images: Map<string, Image>, image: Image): void => {
  images.set(image.digest, image)
  for (const child of image.children) learn(images, child)
}

async function expect(run: Run, method: string, path: string, json?: unknown): Promise<void> {
  const { status, text } = await run.client.api(method, path, json)
  if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`)
}

/** Puts one image on many tags. */
async function crowd(run: Run, repository: string, from: Generator): Promise<void> {
  const image = makeImage(from, [makeLayer(from)])
  learn(run.images, image)
  const rest = { kind: 'push', mountFrom: undefined, patienceMs: 20_000, afterMs: 0 } as const
  const push = (n: number) => takeStep(run, '', { ...rest, image, repository, tag: `old-${n}` })
  const limit = pLimit(4)
  await push(0)
  await Promise.all(Array.from({ length: CROWD - 1 }, (_, n) => limit(() => push(n + 1))))
}

/** Projects with their rules, and repositories with many tags. */
async function furnish(run: Run): Promise<void> {
  const from = createGenerator(1)
  await Promise.all(
    run.lanes.map(async ({ project, crowd: crowded }) => {
      await expect(run, 'POST', '/projects', { name: project })
      await expect(run, 'PUT', `/projects/${project}/retention`, RETENTION)
      if (crowded !== undefined) await crowd(run, crowded, from)
    }),
  )
}

/** One at a time: two processes that stand still at once leave nobody to see anything. */
function createFaults({ world, counts }: Run): (fault: Fault) => Promise<void> {
  const limit = pLimit(1)
  return ({ afterMs, part, way, awayMs }) =>
    limit(async () => {
      await sleep(afterMs)
      const key = `${way} ${part}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
      const beganAtMs = performance.now()
      await world[way](part, awayMs)
      // As long as something was away, everything is there: else nothing is ever done.
      await sleep(performance.now() - beganAtMs)
    })
}

async function playRound(
  run: Run,
  { project, before, steps, fault }: Round,
  strike: (fault: Fault) => Promise<void>,
): Promise<void> {
  for (const step of before) await takeStep(run, project, step)
  await Promise.all([
    ...steps.map((step) => takeStep(run, project, step)),
    ...(fault === undefined ? [] : [strike(fault)]),
  ])
}

/** What can be seen while others go on. */
async function look(run: Run, { project }: Lane, note: string): Promise<void> {
  const places = run.model.places().filter(({ repository }) => repository.startsWith(`${project}/`))
  const some = places.slice(-4)
  const found = await checkPlaces(run, some, { isAtEnd: false }).catch(() => [])
  run.faults.push(...found.map((fault) => `${note}: ${fault}`))
}

async function playDay(
  run: Run,
  { seed, rounds }: { seed: number; rounds: number },
): Promise<void> {
  const common = createGenerator(seed)
  const shared = common.list(SHARED_LAYERS, SHARED_LAYERS, () => makeLayer(common))
  const strike = createFaults(run)
  await Promise.all(
    run.lanes.map(async (lane, number) => {
      const planner = {
        from: createGenerator(seed * 1000 + number),
        lane,
        shared,
        images: run.planned.get(lane) ?? [],
      }
      run.planned.set(lane, planner.images)
      for (let round = 0; round < rounds; round++) {
        const planned = planRound(planner)
        for (const step of [...planned.before, ...planned.steps]) {
          if ('image' in step) learn(run.images, step.image)
        }
        await playRound(run, planned, strike)
        await look(run, lane, `seed ${seed}, ${lane.project}, round ${round}`)
      }
    }),
  )
}

export function createRun(world: World, { lanes }: Size, isOver: () => boolean): Run {
  return {
    world,
    client: world.client,
    model: createModel(),
    images: new Map(),
    repositoriesDir: world.repositoriesDir,
    lanes: Array.from({ length: lanes }, (_, number) => laneOf(number)),
    planned: new Map(),
    faults: [],
    counts: new Map(),
    seen: new Set(),
    watched: [],
    isOver,
  }
}

async function checkAll(run: Run, note: string, isAtEnd: boolean): Promise<void> {
  const found = await checkPlaces(run, run.model.places(), { isAtEnd })
  run.faults.push(...found.map((fault) => `${note}: ${fault}`))
}

const isEmpty = async ({ world }: Run, table: string, waiting = {}): Promise<boolean> =>
  (await world.database(table).where(waiting).first(world.database.raw('1 as one'))) === undefined

async function reconcile(run: Run): Promise<void> {
  await expect(run, 'POST', '/maintenance/reconcile/brake', {})
  await expect(run, 'POST', '/maintenance/reconcile', {})
  const look = async () => {
    const { text } = await run.client.api('GET', '/maintenance/reconcile')
    return JSON.parse(text).state === 'idle'
  }
  await waitFor(look, { mostMs: 60_000, what: 'the end of reconcile' })
}

/** Lets everything that was begun come to its end. */
async function settle(run: Run): Promise<void> {
  const { world, watched } = run
  await world.sleepANight()
  await Promise.all(watched)
  await waitFor(() => isEmpty(run, 'tag_removals'), { mostMs: 60_000, what: 'the last removal' })
  await reconcile(run)
  await world.passGrace()
  await waitFor(() => isEmpty(run, 'events', { applied_at: null }), {
    mostMs: 30_000,
    what: 'the last event',
  })
  // What cannot be read at all is tried for ever.
  await waitFor(() => isEmpty(run, 'dirty_references', { tries: 0 }), {
    mostMs: 60_000,
    what: 'the last look',
  })
}

/** Days of rounds with nights between them, and a look at everything in the end. */
export async function play(
  run: Run,
  { seeds, rounds }: Size,
  tell: (line: string) => void,
): Promise<void> {
  const startedAtMs = performance.now()
  await furnish(run)
  tell(`furnished after ${Math.round(performance.now() - startedAtMs)} ms`)
  for (const [day, seed] of seeds.entries()) {
    const beganAtMs = performance.now()
    await playDay(run, { seed, rounds })
    tell(`day ${day + 1} of seed ${seed}: ${Math.round(performance.now() - beganAtMs)} ms`)
    if (day === seeds.length - 1) break
    await run.world.sleepANight()
    await checkAll(run, `the night after seed ${seed}`, false)
  }
  const beganAtMs = performance.now()
  await settle(run)
  tell(`settled after ${Math.round(performance.now() - beganAtMs)} ms`)
  await checkAll(run, 'in the end', true)
  const repositories = run.lanes.flatMap(({ repositories: own, crowd }) => [
    ...own,
    ...(crowd ? [crowd] : []),
  ])
  run.faults.push(...(await compareIndex(run, repositories)))
  tell(`checked after ${Math.round(performance.now() - beganAtMs)} ms`)
}

import { AppError } from '../errors.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { ImageReads } from './image-reads.ts'
import { type ManifestOutline, MOST_MANIFESTS, outlineManifest } from './manifest-outline.ts'

/** An index, an index in it, and an image in that. */
const MOST_LEVELS = 3
/** A manifest with all the entries that we look at is smaller. */
const MANIFEST_BYTES = 1024 * 1024

export interface MeterDeps {
  readonly registry: RegistryClient
  readonly reads: ImageReads
}

/** Measures the tags of one page; what two tags share is read once. */
export interface Meter {
  /**
   * Bytes of a manifest with all that it refers to, each digest once, as the manifests declare them.
   *
   * @returns undefined when a part is missing or unreadable, or when it is more than we look at:
   *   64 manifests, 3 levels, 1 MiB a manifest, 16 MiB or 10 seconds a page
   */
  readonly measure: (digest: string) => Promise<number | undefined>
  readonly close: () => void
}

type ReadOutline = (digest: string) => Promise<ManifestOutline | undefined>

/** @returns false when a manifest of this level has no outline */
async function addLevel(
  readOutline: ReadOutline,
  level: readonly string[],
  { sizes, children }: { readonly sizes: Map<string, number>; readonly children: Set<string> },
): Promise<boolean> {
  for (const digest of level) {
    const outline = await readOutline(digest)
    if (outline === undefined) return false
    sizes.set(digest, outline.sizeBytes)
    for (const blob of outline.blobs) sizes.set(blob.digest, blob.size)
    for (const child of outline.children) children.add(child)
  }
  return true
}

/** Level by level, so that nothing but outlines is held. */
async function sumUp(readOutline: ReadOutline, top: string): Promise<number | undefined> {
  const sizes = new Map<string, number>()
  const manifests = new Set([top])
  let level: readonly string[] = [top]
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MOST_LEVELS || manifests.size > MOST_MANIFESTS) return undefined
    const children = new Set<string>()
    if (!(await addLevel(readOutline, level, { sizes, children }))) return undefined
    level = [...children].filter((digest) => !manifests.has(digest))
    for (const digest of level) manifests.add(digest)
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0)
}

/** What cannot be read has no size; a list is not refused for it. */
async function orNone<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
}

const whenAborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })

/** @param left aborted when nobody waits for the page any more */
export function createMeter(
  { registry, reads }: MeterDeps,
  { repository, left }: { readonly repository: string; readonly left: AbortSignal },
): Meter {
  const budget = reads.openBudget()
  const closing = new AbortController()
  const signal = AbortSignal.any([left, closing.signal, reads.deadline()])
  const over = whenAborted(signal)
  const outlines = new Map<string, Promise<ManifestOutline | undefined>>()
  const reading = { signal, mostBytes: MANIFEST_BYTES, spend: budget.spend }
  const read: ReadOutline = async (digest) => {
    budget.spend(0)
    if (signal.aborted) return undefined
    const manifest = await registry.readManifest({ repository, reference: digest }, reading)
    return manifest && outlineManifest(manifest.content)
  }
  const readOutline: ReadOutline = (digest) => {
    const known = outlines.get(digest)
    if (known !== undefined) return known
    const outline = orNone(reads.gate.run(() => read(digest)))
    outlines.set(digest, outline)
    return outline
  }
  return {
    measure: (digest) => Promise.race([over, sumUp(readOutline, digest)]),
    close: () => {
      closing.abort()
      budget.close()
    },
  }
}

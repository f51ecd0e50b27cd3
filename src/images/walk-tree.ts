import type { RegistryClient } from '../registry/client.ts'
import { type ManifestContent, readManifestContent } from './manifest-content.ts'

/** Of one tree; more than any image has, and little enough to be held (R33). */
const MOST_MANIFESTS = 128
const MOST_LEVELS = 4
const MOST_BYTES = 16 * 1024 * 1024

/** A manifest as it was read. */
export interface ReadManifest {
  readonly digest: string
  readonly mediaType: string
  readonly contentBytes: number
  readonly content: ManifestContent
}

/** A manifest with all that it leads to, each digest once. */
export interface ManifestTree {
  readonly repository: string
  readonly root: string
  readonly manifests: ReadonlyMap<string, ReadManifest>
  readonly contentBytes: number
  /** False when a part is not there, or when it is more than is looked at. */
  readonly isWhole: boolean
}

export interface TreeReading {
  /** Ends the reading at once, with the signal's reason. */
  readonly signal?: AbortSignal
}

async function readOne(
  registry: RegistryClient,
  { repository, digest }: { readonly repository: string; readonly digest: string },
  reading?: TreeReading,
): Promise<ReadManifest | undefined> {
  const found = await registry.readManifest({ repository, reference: digest }, reading)
  if (found === undefined) return undefined
  return {
    digest,
    mediaType: found.mediaType.slice(0, 255),
    contentBytes: found.content.length,
    content: readManifestContent(found.content),
  }
}

interface Walk {
  readonly reading: TreeReading | undefined
  readonly manifests: Map<string, ReadManifest>
  contentBytes: number
  isWhole: boolean
}

/** @returns what the manifests of this level lead to */
async function readLevel(
  registry: RegistryClient,
  { repository, level }: { readonly repository: string; readonly level: readonly string[] },
  walk: Walk,
): Promise<readonly string[]> {
  const next: string[] = []
  for (const digest of level) {
    const read = await readOne(registry, { repository, digest }, walk.reading)
    walk.isWhole &&= read?.content.isWhole ?? false
    if (read === undefined) continue
    walk.manifests.set(digest, read)
    walk.contentBytes += read.contentBytes
    next.push(...read.content.children.map((child) => child.digest))
    if (walk.contentBytes <= MOST_BYTES) continue
    walk.isWhole = false
    return []
  }
  return next
}

/**
 * Reads a manifest and those that it leads to, level by level, one at a time. Each is visited once,
 * however many paths lead to it.
 *
 * @throws AppError UNAVAILABLE (503), REGISTRY_FAILED (502)
 */
export async function walkTree(
  registry: RegistryClient,
  { repository, root }: Pick<ManifestTree, 'repository' | 'root'>,
  reading?: TreeReading,
): Promise<ManifestTree> {
  const walk: Walk = { reading, manifests: new Map(), contentBytes: 0, isWhole: true }
  const visited = new Set([root])
  let level: readonly string[] = [root]
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MOST_LEVELS || visited.size > MOST_MANIFESTS) {
      walk.isWhole = false
      break
    }
    const next = await readLevel(registry, { repository, level }, walk)
    level = [...new Set(next)].filter((digest) => !visited.has(digest))
    for (const digest of level) visited.add(digest)
  }
  const { manifests, contentBytes, isWhole } = walk
  return { repository, root, manifests, contentBytes, isWhole }
}

/** @returns false when one has no proven size and should have one */
function measureBlobs(
  { content }: ReadManifest,
  blobBytes: ReadonlyMap<string, number>,
  sizes: Map<string, number>,
): boolean {
  for (const { digest, isForeign } of content.blobs) {
    const bytes = blobBytes.get(digest)
    if (bytes === undefined && !isForeign) return false
    sizes.set(digest, bytes ?? 0)
  }
  return content.isWhole
}

/**
 * Bytes of a manifest with all that it leads to, each digest once.
 *
 * @param blobBytes proven sizes of blobs (R32)
 * @returns undefined when a part is not there or was not read
 */
export function measureTree(
  manifests: ReadonlyMap<string, ReadManifest>,
  root: string,
  blobBytes: ReadonlyMap<string, number>,
): number | undefined {
  const sizes = new Map<string, number>()
  const visited = new Set([root])
  // A set goes on with what is added to it while it is walked.
  for (const digest of visited) {
    const manifest = manifests.get(digest)
    if (manifest === undefined || !measureBlobs(manifest, blobBytes, sizes)) return undefined
    sizes.set(digest, manifest.contentBytes)
    for (const child of manifest.content.children) visited.add(child.digest)
  }
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0)
  return Math.min(bytes, Number.MAX_SAFE_INTEGER)
}

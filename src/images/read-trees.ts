import pLimit from 'p-limit'
import type { Database } from '../database/open-database.ts'
import type { RegistryClient } from '../registry/client.ts'
import { blobKey, findBlobBytes } from './blob-queries.ts'
import { findDescribedManifests } from './digest-queries.ts'
import { type ImageConfig, readImageConfig } from './image-config.ts'
import type { ManifestRecord } from './manifest-queries.ts'
import { type ManifestTree, measureTree, walkTree } from './walk-tree.ts'

/** Of one batch; the rest of the registry's connections is for people. */
export const READS_AT_ONCE = 6
const CONFIG_BYTES = 4 * 1024 * 1024
/** Configs of one tree; when so much was read, the images that are left have none (R33). */
const TREE_CONFIG_BYTES = 4 * 1024 * 1024
/** Of each of manifests and configs of one batch; what would be more waits for the next one. */
const BATCH_BYTES = 16 * 1024 * 1024

export interface ReadTreesDeps {
  readonly database: Database
  readonly registry: RegistryClient
}

export interface SoughtTree {
  readonly repository: string
  readonly repositoryId: number
  readonly root: string
}

/** A tree with what belongs to it: its configs, and the sizes of its blobs. */
export interface TreeRecord extends SoughtTree {
  readonly manifests: readonly (ManifestRecord & { readonly treeBytes: number | undefined })[]
  readonly blobBytes: ReadonlyMap<string, number>
  /** Blobs that were not known to be in this repository before. */
  readonly newBlobs: readonly string[]
}

type Spend = (bytes: number) => void

export type TreeOutcome = TreeRecord | { readonly error: unknown } | 'deferred'

/** What the database knows of some trees, asked for all of them together. */
interface Known {
  /** Digests of those whose config is known, or who have none. */
  readonly described: ReadonlySet<string>
  /** By `blobKey`. */
  readonly blobBytes: ReadonlyMap<string, number>
}

const blobsOf = ({ manifests }: ManifestTree): readonly string[] => [
  ...new Set(
    [...manifests.values()].flatMap(({ content }) => content.blobs.map(({ digest }) => digest)),
  ),
]

interface WalkedTree {
  readonly sought: SoughtTree
  readonly tree: ManifestTree
}

async function findKnown(database: Database, walked: readonly WalkedTree[]): Promise<Known> {
  const digests = walked.flatMap(({ tree }) => [...tree.manifests.keys()])
  const blobs = walked.flatMap(({ sought: { repositoryId }, tree }) =>
    blobsOf(tree).map((digest) => ({ repositoryId, digest })),
  )
  return {
    described: await findDescribedManifests(database, digests),
    blobBytes: await findBlobBytes(database, blobs),
  }
}

/** One config may stand in as many manifests as its pusher likes: it is read for each, but not for ever. */
async function readConfigs(
  { registry }: ReadTreesDeps,
  { repository, manifests }: ManifestTree,
  { known, spend }: { readonly known: Known; readonly spend: Spend },
): Promise<ReadonlyMap<string, ImageConfig>> {
  const configs = new Map<string, ImageConfig>()
  let left = TREE_CONFIG_BYTES
  for (const [digest, { content }] of manifests) {
    const config = content.imageConfigDigest
    if (config === undefined || known.described.has(digest) || left <= 0) continue
    const blob = await registry.readBlob({ repository, digest: config, mostBytes: CONFIG_BYTES })
    if (blob === undefined) continue
    left -= blob.length
    spend(blob.length)
    const read = readImageConfig(blob)
    if (read !== undefined) configs.set(digest, read)
  }
  return configs
}

/** Sizes that an event told, or the registry when it is asked; never those that manifests declare. */
async function readBlobBytes(
  { registry }: ReadTreesDeps,
  { sought: { repository, repositoryId }, tree }: WalkedTree,
  known: Known,
): Promise<Pick<TreeRecord, 'blobBytes' | 'newBlobs'>> {
  const blobBytes = new Map<string, number>()
  const newBlobs: string[] = []
  for (const digest of blobsOf(tree)) {
    const knownBytes = known.blobBytes.get(blobKey({ repositoryId, digest }))
    const bytes = knownBytes ?? (await registry.findBlobSize({ repository, digest }))
    if (bytes === undefined) continue
    blobBytes.set(digest, bytes)
    if (knownBytes === undefined) newBlobs.push(digest)
  }
  return { blobBytes, newBlobs }
}

async function completeTree(
  deps: ReadTreesDeps,
  walked: WalkedTree,
  given: { readonly known: Known; readonly spend: Spend },
): Promise<TreeRecord> {
  const { sought, tree } = walked
  const configs = await readConfigs(deps, tree, given)
  const blobs = await readBlobBytes(deps, walked, given.known)
  const manifests = [...tree.manifests.values()].map((manifest) => {
    const isCut = manifest.digest === sought.root && !tree.isWhole
    const treeBytes = isCut
      ? undefined
      : measureTree(tree.manifests, manifest.digest, blobs.blobBytes)
    return { ...manifest, config: configs.get(manifest.digest), treeBytes }
  })
  return { ...sought, manifests, ...blobs }
}

/** Does the work for each, a few at a time, and keeps what it throws as the outcome of that one. */
const forEachTree = <T, R>(
  trees: readonly T[],
  work: (tree: T) => Promise<R>,
): Promise<readonly (R | { readonly error: unknown })[]> =>
  pLimit(READS_AT_ONCE).map(trees, async (tree) => {
    try {
      return await work(tree)
    } catch (error) {
      return { error }
    }
  })

/**
 * Reads trees of manifests, a few at a time, each with its own outcome: first their manifests, then,
 * when the database has said what is known of them, their configs and the sizes of their blobs.
 *
 * @returns in the order of `sought`; `deferred` for those that found the batch full
 */
export async function readTrees(
  deps: ReadTreesDeps,
  sought: readonly SoughtTree[],
): Promise<readonly TreeOutcome[]> {
  // Each for itself: what is read of manifests must not keep their configs from being read.
  const spent = { manifests: 0, configs: 0 }
  const spend: Spend = (bytes) => {
    spent.configs += bytes
  }
  const walks = await forEachTree(sought, async (one) => {
    if (spent.manifests > BATCH_BYTES) return 'deferred'
    const tree = await walkTree(deps.registry, one)
    spent.manifests += tree.contentBytes
    return { sought: one, tree }
  })
  const walked = walks.filter((walk) => walk !== 'deferred' && 'tree' in walk)
  const known = await findKnown(deps.database, walked)
  return forEachTree(walks, async (walk) => {
    if (walk === 'deferred' || 'error' in walk) return walk
    return spent.configs > BATCH_BYTES ? 'deferred' : completeTree(deps, walk, { known, spend })
  })
}

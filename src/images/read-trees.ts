import pLimit from 'p-limit'
import type { Database } from '../database/open-database.ts'
import type { RegistryClient } from '../registry/client.ts'
import { findBlobBytes } from './blob-queries.ts'
import { findManifestIds } from './digest-queries.ts'
import { type ImageConfig, readImageConfig } from './image-config.ts'
import type { ManifestRecord } from './manifest-queries.ts'
import { type ManifestTree, measureTree, walkTree } from './walk-tree.ts'

/** Of one batch; the rest of the registry's connections is for people. */
export const READS_AT_ONCE = 6
const CONFIG_BYTES = 4 * 1024 * 1024
/** Configs of one tree; when so much was read, the images that are left have none (R33). */
const TREE_CONFIG_BYTES = 4 * 1024 * 1024
/** Manifests and configs of one batch that are held; what would be more waits for the next one. */
const BATCH_BYTES = 32 * 1024 * 1024

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

/** One config may stand in as many manifests as its pusher likes: it is read for each, but not for ever. */
async function readConfigs(
  { database, registry }: ReadTreesDeps,
  { repository, manifests }: ManifestTree,
  spend: Spend,
): Promise<ReadonlyMap<string, ImageConfig>> {
  const known = await findManifestIds(database, [...manifests.keys()])
  const configs = new Map<string, ImageConfig>()
  let left = TREE_CONFIG_BYTES
  for (const [digest, { content }] of manifests) {
    const config = content.imageConfigDigest
    if (config === undefined || known.has(digest) || left <= 0) continue
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
  { database, registry }: ReadTreesDeps,
  { repository, repositoryId }: SoughtTree,
  digests: readonly string[],
): Promise<Pick<TreeRecord, 'blobBytes' | 'newBlobs'>> {
  const blobBytes = new Map(await findBlobBytes(database, repositoryId, digests))
  const newBlobs: string[] = []
  for (const digest of digests) {
    if (blobBytes.has(digest)) continue
    const bytes = await registry.findBlobSize({ repository, digest })
    if (bytes === undefined) continue
    blobBytes.set(digest, bytes)
    newBlobs.push(digest)
  }
  return { blobBytes, newBlobs }
}

const blobsOf = ({ manifests }: ManifestTree): readonly string[] => [
  ...new Set(
    [...manifests.values()].flatMap(({ content }) => content.blobs.map(({ digest }) => digest)),
  ),
]

async function readTree(
  deps: ReadTreesDeps,
  sought: SoughtTree,
  spend: Spend,
): Promise<TreeRecord> {
  const tree = await walkTree(deps.registry, sought)
  spend(tree.contentBytes)
  const configs = await readConfigs(deps, tree, spend)
  const blobs = await readBlobBytes(deps, sought, blobsOf(tree))
  const manifests = [...tree.manifests.values()].map((manifest) => {
    const isCut = manifest.digest === sought.root && !tree.isWhole
    const treeBytes = isCut
      ? undefined
      : measureTree(tree.manifests, manifest.digest, blobs.blobBytes)
    return { ...manifest, config: configs.get(manifest.digest), treeBytes }
  })
  return { ...sought, manifests, ...blobs }
}

/**
 * Reads trees of manifests, a few at a time, each with its own outcome.
 *
 * @returns in the order of `sought`; `deferred` for those that found the batch full
 */
export async function readTrees(
  deps: ReadTreesDeps,
  sought: readonly SoughtTree[],
): Promise<readonly TreeOutcome[]> {
  let spent = 0
  const spend: Spend = (bytes) => {
    spent += bytes
  }
  return pLimit(READS_AT_ONCE).map(sought, async (tree) => {
    if (spent > BATCH_BYTES) return 'deferred'
    try {
      return await readTree(deps, tree, spend)
    } catch (error) {
      return { error }
    }
  })
}

import pLimit from 'p-limit'
import type { Database } from '../../database/open-database.ts'
import type { ManifestContent } from '../../images/manifest-content.ts'
import { type ManifestTree, walkTree } from '../../images/walk-tree.ts'
import type { RegistryClient } from '../../registry/client.ts'
import {
  listIndexedPushes,
  listMarked,
  listToldPushes,
  type Recent,
  type RecentReference,
} from './recent-queries.ts'
import type { Gap } from './types.ts'

/** Far more than a minute of pushes; a busy registry sees the newest of them checked. */
const MOST_MANIFESTS = 5000
const LOOKS_AT_ONCE = 8

export interface CheckGapsDeps {
  readonly database: Database
  readonly registry: RegistryClient
}

export interface GapCheck {
  readonly gaps: readonly Gap[]
  readonly manifests: number
  /** A sentence each: what could not be looked at. */
  readonly notes: readonly string[]
}

async function listRecent({ database }: CheckGapsDeps, since: Date): Promise<Recent> {
  const asked = { since, most: MOST_MANIFESTS }
  const found = [
    await listToldPushes(database, asked),
    await listIndexedPushes(database, asked),
    await listMarked(database, MOST_MANIFESTS),
  ]
  const byName = new Map<string, RecentReference>()
  for (const one of found.flatMap(({ references }) => references)) {
    const name = `${one.repository} ${one.reference}`
    // What is told counts, and of that the newest: it says what came.
    if (!byName.has(name)) byName.set(name, one)
  }
  const references = [...byName.values()]
  const isFull = found.some((one) => one.isFull) || references.length > MOST_MANIFESTS
  return { references: references.slice(0, MOST_MANIFESTS), isFull }
}

/** What a manifest needs and nobody has. */
async function findMissing(
  { registry }: CheckGapsDeps,
  { repository, manifests }: ManifestTree,
  { content, signal }: { readonly content: ManifestContent; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const missing: string[] = []
  for (const { digest } of content.blobs.filter(({ isForeign }) => !isForeign)) {
    if (!(await registry.hasBlob({ repository, digest }, { signal }))) missing.push(digest)
  }
  for (const { digest } of content.children.filter((child) => !manifests.has(child.digest))) {
    const found = await registry.lookUpManifest({ repository, reference: digest }, { signal })
    if (found === 'unknown') missing.push(digest)
  }
  return missing
}

/** Digests of a tree that nobody has, each with the manifest that needs it. */
async function findGapsOf(
  deps: CheckGapsDeps,
  tree: ManifestTree,
  signal: AbortSignal,
): Promise<readonly Gap[]> {
  const gaps: Gap[] = []
  for (const [manifest, { content }] of tree.manifests) {
    const missing = await findMissing(deps, tree, { content, signal })
    gaps.push(...missing.map((blob) => ({ repository: tree.repository, manifest, blob })))
  }
  return gaps
}

async function checkOne(
  deps: CheckGapsDeps,
  { repository, reference, digest }: RecentReference,
  signal: AbortSignal,
): Promise<readonly Gap[]> {
  const found = await deps.registry.findManifest({ repository, reference }, { signal })
  if (found === undefined) {
    // The manifest itself was swept: nobody can tell any more what it needed.
    return digest === undefined ? [] : [{ repository, manifest: digest, blob: digest }]
  }
  const tree = await walkTree(deps.registry, { repository, root: found.digest }, { signal })
  return findGapsOf(deps, tree, signal)
}

const distinct = (gaps: readonly Gap[]): readonly Gap[] => [
  ...new Map(gaps.map((gap) => [`${gap.repository} ${gap.manifest} ${gap.blob}`, gap])).values(),
]

/**
 * Looks whether every blob of the manifests that came shortly before a collection is still there
 * (R26): a write that crossed the fence would have been answered and have lost a layer.
 */
export async function checkGaps(
  deps: CheckGapsDeps,
  { since, signal }: { readonly since: Date; readonly signal: AbortSignal },
): Promise<GapCheck> {
  const { references: recent, isFull } = await listRecent(deps, since)
  const limit = pLimit(LOOKS_AT_ONCE)
  let failures = 0
  const found = await Promise.all(
    recent.map((reference) =>
      limit(async () => {
        signal.throwIfAborted()
        return checkOne(deps, reference, signal).catch(() => {
          signal.throwIfAborted()
          failures++
          return []
        })
      }),
    ),
  )
  const notes = [
    ...(failures > 0
      ? [`${failures} of ${recent.length} manifests that came shortly before could not be checked`]
      : []),
    ...(isFull
      ? [`very much came shortly before; only the newest ${recent.length} manifests were checked`]
      : []),
  ]
  return { gaps: distinct(found.flat()), manifests: recent.length, notes }
}

import { inTransaction } from '../database/transaction.ts'
import { isDigest, projectOf } from '../protocol/reference.ts'
import type { Descriptor } from '../registry/manifests.ts'
import type { DirtyMark } from './dirty-queries.ts'
import { markFigures } from './figure-mark-queries.ts'
import { findTreeBytes } from './placement-queries.ts'
import { type ReadTreesDeps, readTrees, type SoughtTree, type TreeRecord } from './read-trees.ts'
import { outcomeOf, type RefreshOutcome } from './refresh-outcome.ts'
import { ensureRepositories } from './repository-queries.ts'
import type { FoundTag, TagKey } from './tag-queries.ts'
import { writeTags, writeTrees } from './write-findings.ts'

/** A reference with what it is on. */
export interface Present {
  readonly mark: DirtyMark
  readonly found: Descriptor
}

const treeKey = (repositoryId: number, digest: string): string => `${repositoryId} ${digest}`

const tagKey = ({ repositoryId, name }: TagKey): string => `${repositoryId} ${name}`

interface Trees {
  readonly sizes: ReadonlyMap<string, number | undefined>
  readonly records: readonly TreeRecord[]
  readonly failures: ReadonlyMap<string, unknown>
  readonly deferred: ReadonlySet<string>
}

/** Reads the trees that are not wholly known in their repository. */
async function readUnknownTrees(
  deps: ReadTreesDeps,
  sought: readonly SoughtTree[],
): Promise<Trees> {
  const keys = sought.map(({ repositoryId, root }) => ({ repositoryId, digest: root }))
  const sizes = new Map<string, number | undefined>(await findTreeBytes(deps.database, keys))
  const unknown = new Map(
    sought
      .map((tree) => [treeKey(tree.repositoryId, tree.root), tree] as const)
      .filter(([key]) => !sizes.has(key)),
  )
  const outcomes = await readTrees(deps, [...unknown.values()])
  const records: TreeRecord[] = []
  const failures = new Map<string, unknown>()
  const deferred = new Set<string>()
  for (const [index, key] of [...unknown.keys()].entries()) {
    const outcome = outcomes[index]
    if (outcome === undefined || outcome === 'deferred') deferred.add(key)
    else if ('error' in outcome) failures.set(key, outcome.error)
    else {
      records.push(outcome)
      sizes.set(key, outcome.manifests.find(({ digest }) => digest === outcome.root)?.treeBytes)
    }
  }
  return { sizes, records, failures, deferred }
}

const toTag = (
  { mark, found }: Present,
  repositoryId: number,
  sizeBytes: number | undefined,
): FoundTag => ({
  repositoryId,
  project: projectOf(mark.repository),
  name: mark.reference,
  ...found,
  sizeBytes,
  pushedAt: mark.pushedAt,
  actor: mark.actor,
})

const isWritable = (trees: Trees, key: string): boolean =>
  !trees.failures.has(key) && !trees.deferred.has(key)

/** Writes the manifests that were read, and the tags that are on them. */
export async function refreshPresent(
  deps: ReadTreesDeps,
  present: readonly Present[],
  ticket: number,
): Promise<readonly RefreshOutcome[]> {
  if (present.length === 0) return []
  const ids = await inTransaction(deps.database, (transaction) =>
    ensureRepositories(
      transaction,
      present.map(({ mark }) => mark.repository),
    ),
  )
  const idOf = ({ repository }: DirtyMark): number => ids.get(repository) ?? 0
  const keyOf = ({ mark, found }: Present): string => treeKey(idOf(mark), found.digest)
  const trees = await readUnknownTrees(
    deps,
    present.map(({ mark, found }) => ({
      repository: mark.repository,
      repositoryId: idOf(mark),
      root: found.digest,
    })),
  )
  const written = present.filter((one) => isWritable(trees, keyOf(one)))
  const tags = written
    .filter(({ mark }) => !isDigest(mark.reference))
    .map((one) => toTag(one, idOf(one.mark), trees.sizes.get(keyOf(one))))
  const changed = await inTransaction(deps.database, async (transaction) => {
    await writeTrees(transaction, trees.records)
    const changes = await writeTags(transaction, tags, ticket)
    const changedTags = new Map(changes.map(({ tag, change }) => [tagKey(tag), change]))
    const counted = new Set(trees.records.map(({ repositoryId }) => repositoryId))
    // What is as it was has its figures already; there may be tens of thousands of them.
    const isOther = ({ mark }: Present): boolean =>
      mark.pushedAt !== undefined ||
      counted.has(idOf(mark)) ||
      changedTags.has(tagKey({ repositoryId: idOf(mark), name: mark.reference }))
    const repositories = written.filter(isOther).map(({ mark }) => mark.repository)
    await markFigures(transaction, 'repository', repositories)
    return changedTags
  })
  return present.map((one) => {
    if (trees.deferred.has(keyOf(one))) return outcomeOf(one.mark, 'deferred')
    const error = trees.failures.get(keyOf(one))
    if (error !== undefined) return outcomeOf(one.mark, 'failed', error)
    const change = changed.get(tagKey({ repositoryId: idOf(one.mark), name: one.mark.reference }))
    return { ...outcomeOf(one.mark, 'read'), ...(change !== undefined && { change }) }
  })
}

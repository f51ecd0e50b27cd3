import type { Database } from '../database/open-database.ts'
import {
  findParents,
  touchManifests,
  touchRepositories,
  touchTags,
} from '../images/activity-queries.ts'
import type { DirtyMark } from '../images/dirty-queries.ts'
import { idOf, type RepositoryIds } from '../images/repository-queries.ts'
import { findTags, findTagsOn, type KnownTag, type TagKey } from '../images/tag-queries.ts'
import {
  countPulls,
  keysOf,
  type PullEvent,
  type ReadParents,
  WINDOW_SECONDS,
} from './count-pulls.ts'
import { findPullMarks, upsertPullMarks } from './mark-queries.ts'
import type { EventPlan } from './plan-events.ts'

/** Events may come late, and are then held against what was counted meanwhile. */
const KEEP_MARKS_SECONDS = 600
/** Indexes that a pull is held against; one image may be in as many as its pusher likes. */
const MOST_PARENTS = 100

const groupBy = <T>(items: readonly T[], keyOf: (item: T) => number): ReadonlyMap<number, T[]> => {
  const groups = new Map<number, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    groups.set(key, [...(groups.get(key) ?? []), item])
  }
  return groups
}

async function createReadParents(
  transaction: Database,
  pulls: readonly PullEvent[],
  ids: RepositoryIds,
): Promise<ReadParents> {
  const found = new Map<number, ReadonlyMap<string, readonly string[]>>()
  const untagged = pulls.filter(({ tag }) => tag === undefined)
  for (const [id, group] of groupBy(untagged, (pull) => idOf(ids, pull))) {
    const digests = [...new Set(group.map(({ digest }) => digest))]
    found.set(id, await findParents(transaction, id, digests))
  }
  return (pull) => found.get(idOf(ids, pull))?.get(pull.digest) ?? []
}

/** Tags that a pull by digest was of: those on it, and on the indexes that lead to it. */
async function findPulledTags(
  transaction: Database,
  pulls: readonly PullEvent[],
  { ids, parents }: { readonly ids: RepositoryIds; readonly parents: ReadParents },
): Promise<readonly TagKey[]> {
  const tags: TagKey[] = pulls.flatMap(({ tag, ...pull }) =>
    tag === undefined ? [] : [{ repositoryId: idOf(ids, pull), name: tag }],
  )
  const untagged = pulls.filter(({ tag }) => tag === undefined)
  for (const [id, group] of groupBy(untagged, (pull) => idOf(ids, pull))) {
    const pulled = new Map(group.map((pull) => [pull.digest, pull]))
    const digests = new Set([...pulled].flatMap(([digest, pull]) => [digest, ...parents(pull)]))
    tags.push(...(await findTagsOn(transaction, id, [...digests])))
  }
  return tags
}

/** A pull by tag says what the tag was on: where the index knows otherwise, it is to be read. */
export async function findDrift(
  transaction: Database,
  pulls: readonly PullEvent[],
  ids: RepositoryIds,
): Promise<readonly DirtyMark[]> {
  const tagged = pulls.filter(({ tag }) => tag !== undefined)
  const keys = tagged.map((pull) => ({ repositoryId: idOf(ids, pull), name: pull.tag ?? '' }))
  const keyOf = ({ repositoryId, name }: TagKey): string => `${repositoryId} ${name}`
  const known = new Map<string, KnownTag>(
    (keys.length === 0 ? [] : await findTags(transaction, keys)).map((tag) => [keyOf(tag), tag]),
  )
  return tagged.flatMap((pull, index) => {
    const key = keys[index]
    const tag = key && known.get(keyOf(key))
    if (tag?.isListed && tag.digest === pull.digest) return []
    return [{ repository: pull.repository, reference: pull.tag ?? '' }]
  })
}

/** Counts pulls and notes their time. @returns those that count */
export async function applyPulls(
  transaction: Database,
  { pulls }: EventPlan,
  ids: RepositoryIds,
): Promise<readonly PullEvent[]> {
  if (pulls.length === 0) return []
  const parents = await createReadParents(transaction, pulls, ids)
  const few: ReadParents = (pull) => parents(pull).slice(0, MOST_PARENTS)
  const known = await findPullMarks(transaction, keysOf(pulls, few))
  const counted = countPulls(pulls, known, few)
  await upsertPullMarks(transaction, counted.marks, WINDOW_SECONDS + KEEP_MARKS_SECONDS)
  // By our own clock: late is the safe side for who goes by it.
  const at = new Date(Math.max(...pulls.map(({ receivedAt }) => +receivedAt)))
  await touchTags(
    transaction,
    await findPulledTags(transaction, counted.pulls, { ids, parents }),
    at,
  )
  await touchManifests(
    transaction,
    pulls.map((pull) => ({ repositoryId: idOf(ids, pull), digest: pull.digest })),
    at,
  )
  await touchRepositories(transaction, [...new Set(pulls.map((pull) => idOf(ids, pull)))], at)
  return counted.pulls
}

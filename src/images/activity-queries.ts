import { inBatches, withAnyKey } from '../database/bulk.ts'
import type { Database } from '../database/open-database.ts'
import { findManifestIds } from './digest-queries.ts'
import type { TagKey } from './tag-queries.ts'

const latest = (database: Database, at: Date) => database.raw('GREATEST(pulled_at, ?)', [at])

/** Notes the time of the last pull; one that is noted already and later stays. */
export async function touchRepositories(
  database: Database,
  ids: readonly number[],
  at: Date,
): Promise<void> {
  for (const batch of inBatches(ids.toSorted((a, b) => a - b))) {
    await database('repositories')
      .whereIn('id', [...batch])
      .update({ pulled_at: latest(database, at) })
  }
}

export async function touchTags(
  database: Database,
  keys: readonly TagKey[],
  at: Date,
): Promise<void> {
  const rows = keys.map(({ repositoryId, name }) => ({ repository_id: repositoryId, name }))
  for (const batch of inBatches(rows)) {
    await database('tags')
      .where(withAnyKey(batch))
      .update({ pulled_at: latest(database, at) })
  }
}

/** A manifest in a repository. */
export interface DigestKey {
  readonly repositoryId: number
  readonly digest: string
}

export async function touchManifests(
  database: Database,
  keys: readonly DigestKey[],
  at: Date,
): Promise<void> {
  const ids = await findManifestIds(
    database,
    keys.map(({ digest }) => digest),
  )
  const rows = keys.flatMap(({ repositoryId, digest }) => {
    const id = ids.get(digest)
    return id === undefined ? [] : [{ repository_id: repositoryId, manifest_id: id }]
  })
  for (const batch of inBatches(rows)) {
    await database('repository_manifests')
      .where(withAnyKey(batch))
      .update({ pulled_at: latest(database, at) })
  }
}

/** Notes when manifests that are known were pushed again. */
export async function touchPushedManifests(
  database: Database,
  keys: readonly DigestKey[],
  at: Date,
): Promise<void> {
  const ids = await findManifestIds(
    database,
    keys.map(({ digest }) => digest),
  )
  const rows = keys.flatMap(({ repositoryId, digest }) => {
    const id = ids.get(digest)
    return id === undefined ? [] : [{ repository_id: repositoryId, manifest_id: id }]
  })
  for (const batch of inBatches(rows)) {
    await database('repository_manifests')
      .where(withAnyKey(batch))
      .update({ pushed_at: database.raw('GREATEST(COALESCE(pushed_at, created_at), ?)', [at]) })
  }
}

/** Digests of the indexes of a repository that lead to each of these manifests. */
export async function findParents(
  database: Database,
  repositoryId: number,
  digests: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const parents = new Map<string, string[]>()
  for (const batch of inBatches(digests)) {
    const rows: readonly { readonly child: string; readonly parent: string }[] = await database(
      'manifest_children as children',
    )
      .join('repository_manifests as placed', 'placed.manifest_id', 'children.manifest_id')
      .join('manifests', 'manifests.id', 'children.manifest_id')
      .where({ 'placed.repository_id': repositoryId })
      .whereIn('children.digest', [...batch])
      .select({ child: 'children.digest', parent: 'manifests.digest' })
    for (const { child, parent } of rows) {
      const known = parents.get(child)
      if (known === undefined) parents.set(child, [parent])
      else known.push(parent)
    }
  }
  return parents
}

/** What happened in one repository on one day. */
export interface Activity {
  readonly repositoryId: number
  readonly project: string
  /** `2026-11-27`, in UTC. */
  readonly day: string
  readonly pulls: number
  readonly pushes: number
  readonly pulledBytes: number
  readonly pushedBytes: number
}

/** What a registry says to be larger is no size; and no sum may be more than its column holds. */
const MOST = Number.MAX_SAFE_INTEGER

const SUMS = ['pulls', 'pushes', 'pulled_bytes', 'pushed_bytes'] as const

async function addRows(
  database: Database,
  table: 'repository_days' | 'project_days',
  rows: readonly Readonly<Record<string, unknown>>[],
): Promise<void> {
  const added = Object.fromEntries(
    SUMS.map((column) => [column, database.raw(`LEAST(${MOST}, ${column} + VALUES(${column}))`)]),
  )
  for (const batch of inBatches(rows)) {
    await database(table).insert(batch).onConflict().merge(added)
  }
}

const sumsOf = ({ day, pulls, pushes, pulledBytes, pushedBytes }: Activity) => ({
  day,
  pulls,
  pushes,
  pulled_bytes: Math.min(pulledBytes, MOST),
  pushed_bytes: Math.min(pushedBytes, MOST),
})

/** Adds to the days; two entries of the same day and repository are added both. */
export async function addActivity(
  transaction: Database,
  activity: readonly Activity[],
): Promise<void> {
  const sorted = activity.toSorted(
    (a, b) => a.repositoryId - b.repositoryId || (a.day < b.day ? -1 : 1),
  )
  const ofRepositories = sorted.map((one) => ({ repository_id: one.repositoryId, ...sumsOf(one) }))
  const ofProjects = sorted.map((one) => ({ project: one.project, ...sumsOf(one) }))
  await addRows(transaction, 'repository_days', ofRepositories)
  await addRows(transaction, 'project_days', ofProjects)
}

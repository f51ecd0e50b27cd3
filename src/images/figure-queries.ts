import type { Listing } from '../database/keyset.ts'
import type { Database } from '../database/open-database.ts'

/** Where events told of impossible sizes: no more than a column, or a number of ours, holds. */
const sumOf = (...bytes: readonly unknown[]): number =>
  Math.min(
    bytes.reduce<number>((sum, part) => sum + Number(part ?? 0), 0),
    Number.MAX_SAFE_INTEGER,
  )

interface RepositoryRow {
  readonly id: number
  readonly name: string
  readonly project: string
  readonly created_at: Date
}

interface Counted {
  readonly count: number
  readonly pushedAt: Date
}

async function countTags(
  database: Database,
  ids: readonly number[],
): Promise<ReadonlyMap<number, Counted>> {
  const rows: readonly (Counted & { readonly id: number })[] = await database('tags')
    .whereIn('repository_id', [...ids])
    .where({ is_listed: 1 })
    .groupBy('repository_id')
    .select({ id: 'repository_id' })
    .count({ count: '*' })
    .max({ pushedAt: 'pushed_at' })
  return new Map(rows.map((row) => [row.id, row]))
}

/** Sums of a column by repository, over rows that each repository has of its own. */
async function sumEach(
  query: Listing,
  ids: readonly number[],
  column: string,
): Promise<ReadonlyMap<number, unknown>> {
  const rows: readonly { readonly id: number; readonly sum: unknown }[] = await query
    .whereIn('repository_id', [...ids])
    .groupBy('repository_id')
    .select({ id: 'repository_id' })
    .sum({ sum: column })
  return new Map(rows.map(({ id, sum }) => [id, sum]))
}

/**
 * Counts the tags, bytes and pulls of some repositories anew: what is added up now and then goes
 * wrong for ever, what is counted again is right again.
 *
 * @returns their projects
 */
export async function recomputeRepositories(
  database: Database,
  names: readonly string[],
): Promise<readonly string[]> {
  const found: readonly RepositoryRow[] = await database('repositories')
    .whereIn('name', [...names])
    .orderBy('id')
    .select('id', 'name', 'project', 'created_at')
  if (found.length === 0) return []
  const ids = found.map(({ id }) => id)
  const tags = await countTags(database, ids)
  const blobs = await sumEach(
    database('repository_blobs').join('blobs', 'blobs.id', 'repository_blobs.blob_id'),
    ids,
    'size_bytes',
  )
  const manifests = await sumEach(
    database('repository_manifests').join(
      'manifests',
      'manifests.id',
      'repository_manifests.manifest_id',
    ),
    ids,
    'content_bytes',
  )
  const pulls = await sumEach(database('repository_days'), ids, 'pulls')
  const rows = found.map((row) => ({
    ...row,
    is_listed: (tags.get(row.id)?.count ?? 0) > 0 ? 1 : 0,
    tag_count: tags.get(row.id)?.count ?? 0,
    size_bytes: sumOf(blobs.get(row.id), manifests.get(row.id)),
    pull_count: sumOf(pulls.get(row.id)),
    pushed_at: tags.get(row.id)?.pushedAt ?? new Date(0),
  }))
  // They are all there: one statement changes them.
  await database('repositories')
    .insert(rows)
    .onConflict()
    .merge({
      ...valuesOf(database, ['is_listed', 'tag_count', 'size_bytes', 'pull_count']),
      pushed_at: database.raw('GREATEST(pushed_at, VALUES(pushed_at))'),
    })
  return [...new Set(found.map(({ project }) => project))]
}

const valuesOf = (database: Database, columns: readonly string[]) =>
  Object.fromEntries(columns.map((column) => [column, database.raw(`VALUES(${column})`)]))

const sumOfDistinct = async (
  database: Database,
  project: string,
  { link, part, bytes }: { readonly link: string; readonly part: string; readonly bytes: string },
): Promise<number> => {
  // What two repositories share is kept once, and counts once.
  const [[row]] = await database.raw(
    `SELECT SUM(??) AS bytes FROM ?? JOIN (
       SELECT DISTINCT l.?? AS id FROM repositories r JOIN ?? l ON l.repository_id = r.id
        WHERE r.project = ?
     ) AS kept ON kept.id = ??`,
    [
      `${part}.${bytes}`,
      part,
      link === 'repository_blobs' ? 'blob_id' : 'manifest_id',
      link,
      project,
      `${part}.id`,
    ],
  )
  return Number(row?.bytes ?? 0)
}

/** Counts a project anew: each blob and each manifest once, in how many repositories it may be. */
export async function recomputeProject(database: Database, project: string): Promise<void> {
  const listed = await database('repositories')
    .where({ project, is_listed: 1 })
    .count({ repositories: '*' })
    .sum({ tags: 'tag_count' })
    .first()
  const blobs = { link: 'repository_blobs', part: 'blobs', bytes: 'size_bytes' }
  const manifests = { link: 'repository_manifests', part: 'manifests', bytes: 'content_bytes' }
  const sizeBytes = sumOf(
    await sumOfDistinct(database, project, blobs),
    await sumOfDistinct(database, project, manifests),
  )
  await database('project_figures')
    .insert({
      project,
      repository_count: Number(listed?.repositories ?? 0),
      tag_count: Number(listed?.tags ?? 0),
      size_bytes: sizeBytes,
      computed_at: database.raw('UTC_TIMESTAMP(3)'),
    })
    .onConflict()
    .merge()
}

import { databaseNow } from '../database/clock.ts'
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

/** What a repository has, and what was done with it. */
export interface RepositoryFigures extends RepositoryRow {
  readonly is_listed: number
  readonly tag_count: number
  readonly size_bytes: number
  readonly pull_count: number
  readonly pushed_at: Date
}

/**
 * Counts the tags, bytes and pulls of some repositories anew: what is added up now and then goes
 * wrong for ever, what is counted again is right again.
 */
export async function countRepositories(
  database: Database,
  names: readonly string[],
): Promise<readonly RepositoryFigures[]> {
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
  return found.map((row) => ({
    ...row,
    is_listed: (tags.get(row.id)?.count ?? 0) > 0 ? 1 : 0,
    tag_count: tags.get(row.id)?.count ?? 0,
    size_bytes: sumOf(blobs.get(row.id), manifests.get(row.id)),
    pull_count: sumOf(pulls.get(row.id)),
    pushed_at: tags.get(row.id)?.pushedAt ?? new Date(0),
  }))
}

/** Holds repositories until the transaction ends, in the order in which others do. */
export async function lockRepositories(
  transaction: Database,
  ids: readonly number[],
): Promise<void> {
  await transaction('repositories')
    .whereIn('id', [...ids])
    .orderBy('id')
    .forUpdate()
    .select('id')
}

const valuesOf = (database: Database, columns: readonly string[]) =>
  Object.fromEntries(columns.map((column) => [column, database.raw(`VALUES(${column})`)]))

/** They are all there: one statement changes them. */
export async function writeRepositories(
  transaction: Database,
  figures: readonly RepositoryFigures[],
): Promise<void> {
  if (figures.length === 0) return
  await transaction('repositories')
    .insert(figures)
    .onConflict()
    .merge({
      ...valuesOf(transaction, ['is_listed', 'tag_count', 'size_bytes', 'pull_count']),
      pushed_at: transaction.raw('GREATEST(pushed_at, VALUES(pushed_at))'),
    })
}

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

/** What a project has; each blob and each manifest counts once, in how many repositories it may be. */
export interface ProjectFigures {
  readonly project: string
  readonly repository_count: number
  readonly tag_count: number
  readonly size_bytes: number
}

/** Counts a project anew. */
export async function countProject(database: Database, project: string): Promise<ProjectFigures> {
  const listed = await database('repositories')
    .where({ project, is_listed: 1 })
    .count({ repositories: '*' })
    .sum({ tags: 'tag_count' })
    .first()
  const blobs = { link: 'repository_blobs', part: 'blobs', bytes: 'size_bytes' }
  const manifests = { link: 'repository_manifests', part: 'manifests', bytes: 'content_bytes' }
  const size_bytes = sumOf(
    await sumOfDistinct(database, project, blobs),
    await sumOfDistinct(database, project, manifests),
  )
  return {
    project,
    repository_count: Number(listed?.repositories ?? 0),
    tag_count: Number(listed?.tags ?? 0),
    size_bytes,
  }
}

export async function writeProject(transaction: Database, figures: ProjectFigures): Promise<void> {
  await transaction('project_figures')
    .insert({ ...figures, computed_at: databaseNow(transaction) })
    .onConflict()
    .merge()
}

import type { Database } from '../database/open-database.ts'

/** Where events told of impossible sizes: no more than a column, or a number of ours, holds. */
const sumOf = (...bytes: readonly unknown[]): number =>
  Math.min(
    bytes.reduce<number>((sum, part) => sum + Number(part ?? 0), 0),
    Number.MAX_SAFE_INTEGER,
  )

/**
 * Counts a repository's tags, bytes and pulls anew: what is added up now and then goes wrong for
 * ever, what is counted again is right again.
 *
 * @returns its project; undefined when the index has no such repository
 */
export async function recomputeRepository(
  database: Database,
  name: string,
): Promise<string | undefined> {
  const row: { readonly id: number; readonly project: string } | undefined = await database(
    'repositories',
  )
    .where({ name })
    .first('id', 'project')
  if (row === undefined) return undefined
  const of = { repository_id: row.id }
  const tags = await database('tags')
    .where({ ...of, is_listed: 1 })
    .count({ count: '*' })
    .max({ pushedAt: 'pushed_at' })
    .first()
  const blobs = await database('repository_blobs')
    .join('blobs', 'blobs.id', 'repository_blobs.blob_id')
    .where(of)
    .sum({ bytes: 'size_bytes' })
    .first()
  const manifests = await database('repository_manifests')
    .join('manifests', 'manifests.id', 'repository_manifests.manifest_id')
    .where(of)
    .sum({ bytes: 'content_bytes' })
    .first()
  const days = await database('repository_days').where(of).sum({ pulls: 'pulls' }).first()
  const count = Number(tags?.count ?? 0)
  await database('repositories')
    .where({ id: row.id })
    .update({
      is_listed: count > 0 ? 1 : 0,
      tag_count: count,
      size_bytes: sumOf(blobs?.bytes, manifests?.bytes),
      pull_count: sumOf(days?.pulls),
      pushed_at: database.raw('GREATEST(pushed_at, ?)', [tags?.pushedAt ?? new Date(0)]),
    })
  return row.project
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

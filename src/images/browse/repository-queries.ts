import type { Database } from '../../database/open-database.ts'

/** A repository as the index knows it. */
export interface Repository {
  readonly id: number
  readonly name: string
  readonly project: string
  readonly tagCount: number
  readonly sizeBytes: number
  readonly pullCount: number
  readonly pushedAt: Date | undefined
  readonly pulledAt: Date | undefined
}

interface RepositoryRow {
  readonly id: number
  readonly name: string
  readonly project: string
  readonly tag_count: number
  readonly size_bytes: number | string
  readonly pull_count: number | string
  readonly pushed_at: Date
  readonly pulled_at: Date
}

const COLUMNS = [
  'id',
  'name',
  'project',
  'tag_count',
  'size_bytes',
  'pull_count',
  'pushed_at',
  'pulled_at',
] as const

/** The beginning of time stands for never. */
export const orNever = (time: Date): Date | undefined => (time.getTime() === 0 ? undefined : time)

const toRepository = (row: RepositoryRow): Repository => ({
  id: row.id,
  name: row.name,
  project: row.project,
  tagCount: row.tag_count,
  sizeBytes: Number(row.size_bytes),
  pullCount: Number(row.pull_count),
  pushedAt: orNever(row.pushed_at),
  pulledAt: orNever(row.pulled_at),
})

/** Undefined for one that has no tag, too: it is none to people. */
export async function findListedRepository(
  database: Database,
  name: string,
): Promise<Repository | undefined> {
  const row = await database('repositories')
    .where({ name, is_listed: 1 })
    .first<RepositoryRow | undefined>(...COLUMNS)
  return row && toRepository(row)
}

/** Those of the ids that have a tag, in the order of the ids. */
export async function listRepositoriesById(
  database: Database,
  ids: readonly number[],
): Promise<readonly Repository[]> {
  if (ids.length === 0) return []
  const rows = await database('repositories')
    .whereIn('id', [...ids])
    .where({ is_listed: 1 })
    .select<RepositoryRow[]>(...COLUMNS)
  const found = new Map(rows.map((row) => [row.id, toRepository(row)]))
  return ids.flatMap((id) => found.get(id) ?? [])
}

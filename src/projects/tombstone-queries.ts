import type { Database } from '../database/open-database.ts'

/** What is left of a deleted project. */
export interface Tombstone {
  readonly deletedAt: Date
  /** When the last token for it has ended. */
  readonly freeAt: Date
}

interface TombstoneRow {
  readonly deleted_at: Date
  readonly free_at: Date
}

export async function findTombstone(
  database: Database,
  name: string,
): Promise<Tombstone | undefined> {
  const row = await database('project_tombstones')
    .where({ name })
    .first<TombstoneRow | undefined>('deleted_at', 'free_at')
  return row && { deletedAt: row.deleted_at, freeAt: row.free_at }
}

export async function putTombstone(
  database: Database,
  name: string,
  { deletedAt, freeAt }: Tombstone,
): Promise<void> {
  await database('project_tombstones')
    .insert({ name, deleted_at: deletedAt, free_at: freeAt })
    .onConflict('name')
    .merge(['deleted_at', 'free_at'])
}

/** Days of the deleted project: the next one of its name did nothing then. */
export async function removeProjectDays(database: Database, project: string): Promise<void> {
  await database('project_days').where({ project }).delete()
}

export async function removeTombstone(database: Database, name: string): Promise<void> {
  await database('project_tombstones').where({ name }).delete()
}

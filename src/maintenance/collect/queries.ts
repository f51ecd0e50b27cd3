import type { Database } from '../../database/open-database.ts'
import {
  COLUMNS,
  type CollectionRow,
  LISTS,
  selectCollections,
  toCollection,
} from './collection-rows.ts'
import type { CollectionReading } from './types.ts'

export async function findCollection(
  database: Database,
  id: number,
): Promise<CollectionReading | undefined> {
  const row: CollectionRow | undefined = await selectCollections(database)
    .where({ 'collections.id': id })
    .first(...COLUMNS, ...LISTS)
  return row && toCollection(row)
}

export async function findCollectionOfJob(
  database: Database,
  jobId: number,
): Promise<CollectionReading | undefined> {
  const row: CollectionRow | undefined = await selectCollections(database)
    .where({ job_id: jobId })
    .first(...COLUMNS, ...LISTS)
  return row && toCollection(row)
}

/** The newest first, with ids below `before`; without their lists. */
export async function listCollections(
  database: Database,
  { before, most }: { readonly before: number | undefined; readonly most: number },
): Promise<readonly CollectionReading[]> {
  const query = selectCollections(database).orderBy('collections.id', 'desc').limit(most)
  if (before !== undefined) query.where('collections.id', '<', before)
  const rows: CollectionRow[] = await query.select(...COLUMNS)
  return rows.map(toCollection)
}

/** The collection under a fence. */
export async function findCollectionOfEpoch(
  database: Database,
  epoch: number,
): Promise<CollectionReading | undefined> {
  const row: CollectionRow | undefined = await selectCollections(database)
    .where({ epoch })
    .first(...COLUMNS, ...LISTS)
  return row && toCollection(row)
}

/** The last one that swept and came to its end, or to none. */
export async function findLastEnded(database: Database): Promise<CollectionReading | undefined> {
  const row: CollectionRow | undefined = await selectCollections(database)
    .whereNotNull('collections.ended_at')
    .where({ is_dry_run: 0 })
    .orderBy('collections.id', 'desc')
    .first(...COLUMNS)
  return row && toCollection(row)
}

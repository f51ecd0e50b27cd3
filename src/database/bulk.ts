import type { Knex } from 'knex'
import type { Database } from './open-database.ts'

/** A statement with more would be refused by some servers, and hold its locks for long. */
const AT_ONCE = 500

export type BulkRow = Readonly<Record<string, unknown>>

export const inBatches = <T>(rows: readonly T[], size = AT_ONCE): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(rows.length / size) }, (_, batch) =>
    rows.slice(batch * size, (batch + 1) * size),
  )

/** The same for rows that may be large: a batch weighs no more than `most`, or is one row. */
export function inBatchesOf<T>(
  rows: readonly T[],
  { weightOf, most }: { readonly weightOf: (row: T) => number; readonly most: number },
): readonly (readonly T[])[] {
  const batches: T[][] = []
  let weight = Number.POSITIVE_INFINITY
  for (const row of rows) {
    weight += weightOf(row)
    if (weight <= most) batches.at(-1)?.push(row)
    else {
      batches.push([row])
      weight = weightOf(row)
    }
  }
  return batches
}

/** Inserts the rows whose key is not there yet; the others stay as they are. */
export async function insertMissing(
  database: Database,
  table: string,
  rows: readonly BulkRow[],
): Promise<void> {
  for (const batch of inBatches(rows)) await database(table).insert(batch).onConflict().ignore()
}

/** Rows that have all columns of one of the keys. Servers use an index for this, for tuples not all. */
export const withAnyKey =
  (keys: readonly BulkRow[]) =>
  (query: Knex.QueryBuilder): void => {
    for (const key of keys) query.orWhere({ ...key })
  }

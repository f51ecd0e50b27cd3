import type { Database } from '../../src/database/open-database.ts'

/** Ids of filled rows begin above this, so that they are never those of rows made otherwise. */
export const FIRST_ID = 10_000_000

const AT_ONCE = 25_000

/**
 * Rows by the database's own numbers, in pieces: sent one by one they would take an hour, and one
 * statement for all would take longer than one may.
 */
export async function insertMany(
  database: Database,
  rows: number,
  statement: (from: number, to: number) => string,
): Promise<void> {
  for (let from = 1; from <= rows; from += AT_ONCE) {
    await database.raw(statement(from, Math.min(rows, from + AT_ONCE - 1)))
  }
}

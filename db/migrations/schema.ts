import type { Knex } from 'knex'

/**
 * One step, which may be run again after a process was killed in the middle: the server commits each
 * statement by itself. Names are never changed; columns and tables are added before they are used and
 * dropped only when no running version reads them.
 */
export type Migration = (database: Knex) => Promise<unknown>

export const statement =
  (sql: string): Migration =>
  (database) =>
    database.raw(sql)

/** Adds a column where it is not there yet: not every server knows `ADD COLUMN IF NOT EXISTS`. */
export const addColumn =
  (table: string, column: string, definition: string): Migration =>
  async (database) => {
    if (await database.schema.hasColumn(table, column)) return
    await database.raw(`ALTER TABLE ?? ADD COLUMN ?? ${definition}`, [table, column])
  }

// Every table says its character set: servers differ in their defaults. Identifiers are ascii_bin.
export const TEXT = 'CHARACTER SET utf8mb4 COLLATE utf8mb4_bin'
export const NAME = 'CHARACTER SET ascii COLLATE ascii_bin'

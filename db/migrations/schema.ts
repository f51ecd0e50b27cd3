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

/** Adds an index where it is not there yet. */
export const addIndex =
  (table: string, index: string, columns: readonly string[]): Migration =>
  async (database) => {
    const [found] = await database.raw('SHOW INDEX FROM ?? WHERE Key_name = ?', [table, index])
    if (found.length > 0) return
    const list = columns.map(() => '??').join(', ')
    await database.raw(`ALTER TABLE ?? ADD INDEX ?? (${list})`, [table, index, ...columns])
  }

/** Several steps under one name, each of which may be run again. */
export const inTurn =
  (...steps: readonly Migration[]): Migration =>
  async (database) => {
    for (const step of steps) await step(database)
  }

// Every table says its character set: servers differ in their defaults. Identifiers are ascii_bin.
export const TEXT = 'CHARACTER SET utf8mb4 COLLATE utf8mb4_bin'
export const NAME = 'CHARACTER SET ascii COLLATE ascii_bin'

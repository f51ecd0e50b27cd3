import { isKnownMigration } from '../../database/migrate.ts'
import { BackupError } from './backup-error.ts'
import type { BackupKey } from './header.ts'
import { readRecords } from './read-backup.ts'
import {
  type BackupAbout,
  type BackupFile,
  type BackupRecord,
  type BackupTable,
  isRow,
} from './records.ts'
import { BACKED_UP } from './tables.ts'

/** What a backup holds, without its rows. */
export interface BackupSummary {
  readonly about: BackupAbout
  readonly files: ReadonlyMap<BackupFile, string>
  readonly tables: readonly BackupTable[]
  readonly rows: number
}

const broken = (what: string): BackupError =>
  new BackupError(`${what} in this backup; nothing was restored`)

function refuseNewer({ schema }: BackupAbout, { header }: BackupKey): void {
  const unknown = schema.filter((name) => !isKnownMigration(name))
  if (unknown.length === 0) return
  throw new BackupError(
    `this backup is of version ${header.madeBy}, whose database has migrations that this version does not know (${unknown.at(-1)}); restore it with that version or a later one`,
  )
}

/** What of a backup was read so far. */
interface Reading {
  about: BackupAbout | undefined
  readonly files: Map<BackupFile, string>
  readonly tables: BackupTable[]
  rows: number
  told: number | undefined
}

function requireTable({ tables }: Reading, next: BackupTable): void {
  const isOurs = BACKED_UP.some(({ name }) => name === next.table)
  if (isOurs && !tables.some(({ table }) => table === next.table)) return
  throw broken(`the table ${next.table} has no place`)
}

function takeRow(reading: Reading, row: readonly unknown[]): void {
  if (row.length !== reading.tables.at(-1)?.columns.length) {
    throw broken('a row does not fit its table')
  }
  reading.rows++
}

function takeTable(reading: Reading, table: BackupTable): void {
  requireTable(reading, table)
  reading.tables.push(table)
}

function take(reading: Reading, record: BackupRecord, key: BackupKey): void {
  if (reading.told !== undefined) throw broken('something comes after the end')
  if (isRow(record)) takeRow(reading, record)
  else if ('table' in record) takeTable(reading, record)
  else if ('file' in record) reading.files.set(record.file, record.content)
  else if ('rows' in record) reading.told = record.rows
  else {
    refuseNewer(record, key)
    reading.about = record
  }
}

/**
 * Reads a backup to its end: whatever is wrong with it is found before anything is changed.
 *
 * @throws BackupError that says what is wrong
 */
export async function checkBackup(path: string, key: BackupKey): Promise<BackupSummary> {
  const reading: Reading = {
    about: undefined,
    files: new Map(),
    tables: [],
    rows: 0,
    told: undefined,
  }
  await readRecords(path, key, (record) => take(reading, record, key))
  const { about, files, tables, rows, told } = reading
  if (about === undefined || told !== rows) throw broken('something is missing')
  return { about, files, tables, rows }
}

import type { Knex } from 'knex'
import { databaseNow } from '../../database/clock.ts'
import type { Database } from '../../database/open-database.ts'
import type { BackupCell } from './records.ts'
import type { BackedUpTable } from './tables.ts'

/** Small enough for the undo log, large enough to be quick. */
const EMPTIED_AT_ONCE = 5000

type RawRow = Readonly<Record<string, Buffer | null>>

export interface TableShape {
  /** Without those that the server makes itself. */
  readonly columns: readonly string[]
  /** Of these, those that hold bytes and no text. */
  readonly binary: ReadonlySet<string>
  readonly nextId: string | null
}

interface ColumnRow {
  readonly name: string
  readonly type: string
  readonly extra: string
}

const GENERATED = /\b(?:STORED|VIRTUAL|PERSISTENT) GENERATED\b/i
const BINARY = /blob|binary/i

/** Says also what the next id is: the row of `information_schema` may be of yesterday. */
async function findNextId(database: Database, table: string): Promise<string | null> {
  const [[row]] = (await database.raw('SHOW CREATE TABLE ??', [table])) as [
    readonly Record<string, string>[],
  ]
  return /\bAUTO_INCREMENT=(\d+)/.exec(row?.['Create Table'] ?? '')?.[1] ?? null
}

export const hasTable = (database: Database, table: string): Promise<boolean> =>
  database.schema.hasTable(table)

/** @returns undefined when there is no such table */
export async function findShape(
  database: Database,
  table: string,
): Promise<TableShape | undefined> {
  const rows: readonly ColumnRow[] = await database('information_schema.columns')
    .where({ table_name: table })
    .where('table_schema', database.raw('DATABASE()'))
    .orderBy('ordinal_position')
    .select({ name: 'column_name', type: 'data_type', extra: 'extra' })
  if (rows.length === 0) return undefined
  const kept = rows.filter(({ extra }) => !GENERATED.test(extra))
  return {
    columns: kept.map(({ name }) => name),
    binary: new Set(kept.filter(({ type }) => BINARY.test(type)).map(({ name }) => name)),
    nextId: await findNextId(database, table),
  }
}

export async function countRows(
  database: Database,
  { name, only = {} }: BackedUpTable,
): Promise<number> {
  const row = await database(name).where(only).count({ rows: '*' }).first()
  return Number(row?.rows ?? 0)
}

/** The rows of a table one by one, each value as the server writes it. */
export async function* streamRows(
  transaction: Database,
  { name, only = {} }: BackedUpTable,
  { columns, binary }: TableShape,
): AsyncGenerator<BackupCell[]> {
  const rows = transaction(name)
    .where(only)
    .select(...columns)
    .options({ typeCast: false })
    .stream() as AsyncIterable<RawRow>
  const toCell = (row: RawRow, column: string): BackupCell => {
    const bytes = row[column] ?? null
    if (bytes === null) return null
    return binary.has(column) ? { base64: bytes.toString('base64') } : bytes.toString('utf8')
  }
  for await (const row of rows) yield columns.map((column) => toCell(row, column))
}

/**
 * Runs work on one state of the whole database, whatever is written meanwhile: the first read decides
 * which.
 */
export const inSnapshot = <T>(
  database: Database,
  work: (transaction: Database) => Promise<T>,
): Promise<T> => database.transaction(work, { isolationLevel: 'repeatable read' })

/** Nothing of a restore is there before all of it. It is not repeated: its rows come from a file. */
export const inRestore = <T>(
  database: Database,
  work: (transaction: Database) => Promise<T>,
): Promise<T> => database.transaction(work, { isolationLevel: 'read committed' })

/** Ids go on after those that the backup knew; a higher one stays. Outside of any transaction. */
export async function raiseNextId(
  database: Database,
  table: string,
  nextId: string,
): Promise<void> {
  const known = await findNextId(database, table)
  if (known !== null && BigInt(known) >= BigInt(nextId)) return
  await database.raw(`ALTER TABLE ?? AUTO_INCREMENT = ${BigInt(nextId)}`, [table])
}

/** Removes every row, in steps; a truncation could not be taken back. */
export async function emptyTable(transaction: Database, table: string): Promise<void> {
  for (;;) {
    const [{ affectedRows }] = await transaction.raw('DELETE FROM ?? LIMIT ?', [
      table,
      EMPTIED_AT_ONCE,
    ])
    if (affectedRows < EMPTIED_AT_ONCE) return
  }
}

const toValue = (cell: BackupCell): Knex.Value =>
  cell === null || typeof cell === 'string' ? cell : Buffer.from(cell.base64, 'base64')

export async function insertCells(
  transaction: Database,
  { table, columns }: { readonly table: string; readonly columns: readonly string[] },
  rows: readonly (readonly BackupCell[])[],
): Promise<void> {
  if (rows.length === 0) return
  const names = columns.map(() => '??').join(', ')
  const places = `(${columns.map(() => '?').join(', ')})`
  await transaction.raw(`INSERT INTO ?? (${names}) VALUES ${rows.map(() => places).join(', ')}`, [
    table,
    ...columns,
    ...rows.flatMap((row) => row.map(toValue)),
  ])
}

/** The database then says of itself what the backup's said: what came after is run once more. */
export async function forgetMigrations(
  transaction: Database,
  schema: readonly string[],
): Promise<void> {
  await transaction('migrations')
    .whereNotIn('name', [...schema])
    .delete()
}

export interface OldCredential {
  readonly kind: 'access token' | 'robot'
  readonly name: string
  readonly owner: string
  readonly createdAt: Date
}

interface CredentialRow {
  readonly name: string
  readonly owner: string
  readonly created_at: Date
}

const toCredential =
  (kind: OldCredential['kind']) =>
  ({ name, owner, created_at: createdAt }: CredentialRow): OldCredential => ({
    kind,
    name,
    owner,
    createdAt,
  })

/** Credentials that open something again, the newest of either kind first. */
export async function listCredentials(
  database: Database,
  most: number,
): Promise<readonly OldCredential[]> {
  const tokens: readonly CredentialRow[] = await database('access_tokens')
    .join('users', 'users.id', 'access_tokens.user_id')
    .where((still) => {
      still
        .whereNull('access_tokens.expires_at')
        .orWhere('access_tokens.expires_at', '>', databaseNow(database))
    })
    .orderBy('access_tokens.id', 'desc')
    .limit(most)
    .select('access_tokens.name', 'access_tokens.created_at', { owner: 'users.username' })
  const robots: readonly CredentialRow[] = await database('robots')
    .leftJoin('projects', 'projects.id', 'robots.project_id')
    .whereNull('robots.disabled_at')
    .orderBy('robots.id', 'desc')
    .limit(most)
    .select('robots.name', 'robots.created_at', {
      owner: database.raw("COALESCE(projects.name, 'system')"),
    })
  return [...tokens.map(toCredential('access token')), ...robots.map(toCredential('robot'))]
}

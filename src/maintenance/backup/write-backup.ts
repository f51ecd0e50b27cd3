import { recordActorAudit } from '../../audit/record.ts'
import type { Config } from '../../config/read-config.ts'
import { findInstallation, type Installation } from '../../database/installation.ts'
import {
  isKnownMigration,
  isMigrating,
  listMigrations,
  pendingMigrations,
} from '../../database/migrate.ts'
import type { Database } from '../../database/open-database.ts'
import { BackupError } from './backup-error.ts'
import { type BackupPlace, refuseTaken, writeBackupFile } from './backup-file.ts'
import { makeHeader } from './header.ts'
import { readKeyFiles } from './key-files.ts'
import { countRows, findShape, inSnapshot, streamRows } from './queries.ts'
import { type BackupFile, writeRecord } from './records.ts'
import { BACKED_UP, LEFT_OUT } from './tables.ts'

export interface WriteBackupDeps {
  readonly database: Database
  readonly config: Pick<Config, 'certs'>
  readonly now: () => Date
  readonly version: string
  /** @returns called for each row */
  readonly onTotal: (rows: number) => () => void
}

export interface WriteBackupInput extends BackupPlace {
  /** Without one the keys are left out. */
  readonly passphrase: string | undefined
}

export interface WrittenBackup {
  readonly path: string
  readonly createdAt: string
  readonly encrypted: boolean
  readonly files: readonly BackupFile[]
  readonly tables: number
  readonly rows: number
}

/** A migration under way would be half in a snapshot; one of a newer version is not known here. */
async function readSchema(database: Database): Promise<readonly string[]> {
  if (await isMigrating(database)) {
    throw new BackupError('the database is being migrated; back it up when that is over')
  }
  const pending = await pendingMigrations(database)
  if (pending.length > 0) {
    throw new BackupError(
      `the database lacks ${pending.length} migrations of this version; run warden migrate first`,
    )
  }
  const schema = await listMigrations(database)
  const unknown = schema.filter((name) => !isKnownMigration(name))
  if (unknown.length === 0) return schema
  throw new BackupError(
    `a newer version has migrated the database (${unknown.at(-1)}); back it up with that one`,
  )
}

interface Contents {
  readonly installation: Installation
  readonly schema: readonly string[]
  readonly files: ReadonlyMap<BackupFile, string>
  readonly step: () => void
}

/** What refers to a row that is left out must not be taken for one that comes later. */
async function findNextIds(transaction: Database): Promise<Record<string, string>> {
  const nextIds: Record<string, string> = {}
  for (const table of Object.keys(LEFT_OUT)) {
    const nextId = (await findShape(transaction, table))?.nextId
    if (nextId !== undefined && nextId !== null) nextIds[table] = nextId
  }
  return nextIds
}

/** Every line of a backup. @param count called for each row */
async function* writeLines(
  transaction: Database,
  { installation, schema, files, step }: Contents,
): AsyncGenerator<string> {
  const { installationId, caFingerprint } = installation
  const nextIds = await findNextIds(transaction)
  yield writeRecord({ schema: [...schema], installationId, caFingerprint, nextIds })
  for (const [file, content] of files) yield writeRecord({ file, content })
  let rows = 0
  for (const table of BACKED_UP) {
    const shape = await findShape(transaction, table.name)
    if (shape === undefined) throw new BackupError(`there is no table ${table.name}`)
    const { columns, nextId } = shape
    yield writeRecord({ table: table.name, columns: [...columns], nextId })
    for await (const row of streamRows(transaction, table, shape)) {
      yield writeRecord(row)
      rows++
      step()
    }
  }
  yield writeRecord({ rows })
}

async function requireInstallation(database: Database): Promise<Installation> {
  const installation = await findInstallation(database)
  if (installation !== undefined) return installation
  throw new BackupError('there is no installation to back up; start one with: warden serve')
}

async function countAll(database: Database): Promise<number> {
  let rows = 0
  for (const table of BACKED_UP) rows += await countRows(database, table)
  return rows
}

/**
 * Writes one consistent state of the database into a file, row by row, with the keys where it is
 * encrypted (R36).
 *
 * @throws BackupError while a migration runs, and where the file is there already
 */
export async function writeBackup(
  deps: WriteBackupDeps,
  { passphrase, ...place }: WriteBackupInput,
): Promise<WrittenBackup> {
  const { database, config, now, version, onTotal } = deps
  await refuseTaken(place)
  const schema = await readSchema(database)
  const key = await makeHeader({ passphrase, madeBy: version, now: now() })
  const rows = await inSnapshot(database, async (transaction) => {
    // The first read: from here on nothing that is written meanwhile is seen.
    const installation = await requireInstallation(transaction)
    const files =
      passphrase === undefined ? new Map() : await readKeyFiles(config.certs, installation)
    const total = await countAll(transaction)
    const contents = { installation, schema, files, step: onTotal(total) }
    const finish = async (): Promise<void> => {
      const after = await listMigrations(database)
      if (after.join() === schema.join()) return
      throw new BackupError('the database was migrated meanwhile; back it up once more')
    }
    await writeBackupFile(place, { key, lines: writeLines(transaction, contents), finish })
    return { total, files: [...files.keys()] }
  })
  const { createdAt, encrypted } = key.header
  await recordActorAudit(
    database,
    { actorName: 'warden$system' },
    { action: 'backup.create', target: encrypted ? 'encrypted' : 'not encrypted', outcome: 'done' },
  )
  const { total, files } = rows
  const tables = BACKED_UP.length
  return { path: place.path, createdAt, encrypted, files, tables, rows: total }
}

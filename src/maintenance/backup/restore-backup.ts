import { recordActorAudit } from '../../audit/record.ts'
import type { Config } from '../../config/read-config.ts'
import { insertChangeVersion } from '../../database/change-version.ts'
import { findInstallation } from '../../database/installation.ts'
import type { Lease } from '../../database/lease.ts'
import { type RunMigrations, whileMigrating } from '../../database/migrate.ts'
import type { Database } from '../../database/open-database.ts'
import { listReplicas } from '../../database/replicas.ts'
import { insertRestore } from '../../images/restore-queries.ts'
import { BackupError } from './backup-error.ts'
import { type BackupSummary, checkBackup } from './check-backup.ts'
import type { BackupKey } from './header.ts'
import { checkKeys, type KeyPlan, placeKeys, stageKeys, unstageKeys } from './key-files.ts'
import {
  emptyTable,
  findShape,
  forgetMigrations,
  hasTable,
  inRestore,
  listCredentials,
  type OldCredential,
  raiseNextId,
} from './queries.ts'
import { openBackup } from './read-backup.ts'
import { restoreRows } from './restore-rows.ts'
import { EMPTIED, LEFT_OUT } from './tables.ts'

/** More are told by `warden token list` and `warden robot list`. */
const MOST_CREDENTIALS = 1000

export interface RestoreBackupDeps {
  readonly database: Database
  readonly config: Pick<Config, 'certs' | 'database'>
  readonly now: () => Date
  readonly log: (message: string) => void
  /** @returns called for each row */
  readonly onTotal: (rows: number) => () => void
}

export interface RestoreBackupInput {
  readonly path: string
  readonly passphrase: string | undefined
  /** Name of the database whose content may go; undefined: it has to be empty. */
  readonly force: string | undefined
}

export interface RestoredBackup {
  readonly createdAt: string
  readonly rows: number
  /** Migrations that brought it to the schema of this version. */
  readonly migrated: readonly string[]
  readonly keys: 'restored' | 'present'
  /** They open what they opened when the backup was made, whatever became of them since. */
  readonly credentials: readonly OldCredential[]
}

/** @throws BackupError for a database that has something and was not named, or is being served */
async function requireFree(
  { database, config }: RestoreBackupDeps,
  { force }: RestoreBackupInput,
): Promise<void> {
  const { name } = config.database
  if (force !== undefined && force !== name) {
    throw new BackupError(`the database is ${name}, not ${force}; nothing was changed`)
  }
  if (!(await hasTable(database, 'installation'))) return
  if (force === undefined && (await findInstallation(database)) !== undefined) {
    throw new BackupError(
      `the database ${name} has an installation already; to put the backup in its place, say --force ${name}`,
    )
  }
  const serving = await listReplicas(database)
  if (serving.length === 0) return
  throw new BackupError(
    `${serving.length} of the processes that serve this database spoke within the last minute; stop them, or wait a minute where they were killed`,
  )
}

/** @throws BackupError when a column of the backup has no place any more */
async function requireColumns(database: Database, { tables }: BackupSummary): Promise<void> {
  for (const { table, columns } of tables) {
    const known = await findShape(database, table)
    const left = columns.filter((column) => !known?.columns.includes(column))
    if (left.length === 0) continue
    throw new BackupError(`the database has no column ${table}.${left[0]}, which the backup has`)
  }
}

/** Ids are never given twice, also of what is left out. */
async function raiseNextIds(database: Database, { about, tables }: BackupSummary): Promise<void> {
  const leftOut = Object.entries(about.nextIds).filter(([table]) => table in LEFT_OUT)
  for (const [table, nextId] of leftOut) await raiseNextId(database, table, nextId)
  for (const { table, nextId } of tables) {
    if (nextId !== null) await raiseNextId(database, table, nextId)
  }
}

interface Restoring {
  readonly key: BackupKey
  readonly summary: BackupSummary
  readonly input: RestoreBackupInput
  readonly plan: KeyPlan
}

/** All in one transaction: the database is as it was, or is the backup, with a new epoch (R5). */
async function replaceAll(
  { database, onTotal }: RestoreBackupDeps,
  { key, summary, input }: Restoring,
  lease: Lease,
): Promise<void> {
  await raiseNextIds(database, summary)
  await inRestore(database, async (transaction) => {
    for (const table of EMPTIED) await emptyTable(transaction, table)
    const rows = await restoreRows(transaction, {
      path: input.path,
      key,
      step: onTotal(summary.rows),
    })
    if (rows !== summary.rows) throw new BackupError('the backup was changed while it was read')
    await insertChangeVersion(transaction)
    await forgetMigrations(transaction, summary.about.schema)
    await insertRestore(transaction, new Date(key.header.createdAt))
    await recordActorAudit(
      transaction,
      { actorName: 'warden$system' },
      { action: 'backup.restore', target: key.header.createdAt, outcome: 'done' },
    )
    // Who has taken it since may have begun to serve.
    lease.check()
  })
}

async function restore(
  deps: RestoreBackupDeps,
  restoring: Restoring,
  { run, lease }: { readonly run: RunMigrations; readonly lease: Lease },
): Promise<RestoredBackup> {
  const { database, now } = deps
  const { key, summary, plan } = restoring
  await requireFree(deps, restoring.input)
  await checkKeys(plan)
  await run()
  await requireColumns(database, summary)
  const hadKeys = !summary.files.has('authority')
  const isStaged = await stageKeys(plan)
  await replaceAll(deps, restoring, lease).catch(async (error: unknown) => {
    if (isStaged) await unstageKeys(plan)
    throw error
  })
  const migrated = await run()
  await placeKeys(plan, now())
  return {
    createdAt: key.header.createdAt,
    rows: summary.rows,
    migrated,
    keys: hadKeys ? 'present' : 'restored',
    credentials: await listCredentials(database, MOST_CREDENTIALS),
  }
}

/**
 * Puts a backup in the place of an empty or named database, whole or not at all (R36). It is read to
 * its end before anything is changed. What destroys by itself waits for a reconcile and for the word of
 * an administrator (R28).
 *
 * @throws BackupError that says what is in the way; nothing was changed then
 */
export async function restoreBackup(
  deps: RestoreBackupDeps,
  input: RestoreBackupInput,
): Promise<RestoredBackup> {
  const { database, config, log } = deps
  const key = await openBackup(input.path, input.passphrase)
  const summary = await checkBackup(input.path, key)
  const { files, about } = summary
  const plan: KeyPlan = {
    certs: config.certs,
    files,
    caFingerprint: about.caFingerprint,
    replaces: input.force !== undefined,
  }
  return whileMigrating({ database, log }, (run, lease) =>
    restore(deps, { key, summary, input, plan }, { run, lease }),
  )
}

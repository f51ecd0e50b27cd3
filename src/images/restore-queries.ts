import { databaseNow } from '../database/clock.ts'
import type { Database } from '../database/open-database.ts'
import { COULD_BE_READ } from './trust-queries.ts'

/** A database that came from a backup. */
export interface Restore {
  readonly id: number
  readonly backupAt: Date
  readonly restoredAt: Date
  /** Undefined until an administrator said that all is well. */
  readonly confirmedAt: Date | undefined
  readonly confirmedBy: string | undefined
}

interface RestoreRow {
  readonly id: number
  readonly backup_at: Date
  readonly restored_at: Date
  readonly confirmed_at: Date | null
  readonly confirmed_by: string | null
}

export async function insertRestore(transaction: Database, backupAt: Date): Promise<void> {
  await transaction('restores').insert({
    backup_at: backupAt,
    restored_at: databaseNow(transaction),
  })
}

/** The last one; undefined where this database never came from a backup. */
export async function findLastRestore(database: Database): Promise<Restore | undefined> {
  const row = await database('restores')
    .orderBy('id', 'desc')
    .first<RestoreRow | undefined>('id', 'backup_at', 'restored_at', 'confirmed_at', 'confirmed_by')
  return (
    row && {
      id: row.id,
      backupAt: row.backup_at,
      restoredAt: row.restored_at,
      confirmedAt: row.confirmed_at ?? undefined,
      confirmedBy: row.confirmed_by ?? undefined,
    }
  )
}

/** Whether the whole index was held against the registry by a run that began after a moment. */
export async function isReconciledSince(database: Database, since: Date): Promise<boolean> {
  const row = await database
    .queryBuilder()
    .from(database.raw('reconcile_runs FORCE INDEX (reconcile_runs_ended)'))
    .where('ended_at', '>=', since)
    .where('started_at', '>=', since)
    .whereRaw(COULD_BE_READ)
    .first('id')
  return row !== undefined
}

/** @returns false where it was confirmed already */
export async function confirmRestore(
  transaction: Database,
  { id, by }: { readonly id: number; readonly by: string },
): Promise<boolean> {
  const confirmed = await transaction('restores')
    .where({ id, confirmed_at: null })
    .update({ confirmed_at: databaseNow(transaction), confirmed_by: by })
  return confirmed === 1
}

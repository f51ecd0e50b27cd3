import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import { findLastRestore, isReconciledSince, type Restore } from './restore-queries.ts'

export interface RestoreState {
  /** Undefined where this database never came from a backup. */
  readonly restore: Restore | undefined
  /** Whether the index was held against the registry as a whole since. */
  readonly isReconciled: boolean
}

export async function readRestoreState(database: Database): Promise<RestoreState> {
  const restore = await findLastRestore(database)
  if (restore === undefined) return { restore, isReconciled: false }
  return { restore, isReconciled: await isReconciledSince(database, restore.restoredAt) }
}

/**
 * Why nothing may be destroyed on the word of this database: it is as old as its backup, and nobody has
 * said yet that it fits the registry (R28, R36).
 *
 * @returns undefined where it may
 */
export async function findRestoreHold(database: Database): Promise<string | undefined> {
  const { restore, isReconciled } = await readRestoreState(database)
  if (restore === undefined || restore.confirmedAt !== undefined) return undefined
  const backup = `the database was restored from a backup of ${restore.backupAt.toISOString()}`
  return isReconciled
    ? `${backup}, and no administrator has confirmed it; look at what is there, then run warden maintenance confirm-restore`
    : `${backup}, and the index was not compared with the registry since; run warden reconcile --wait, then warden maintenance confirm-restore`
}

/** @throws AppError CONFLICT (409) where nothing may be destroyed in bulk */
export async function requireNoRestoreHold(database: Database): Promise<void> {
  const reason = await findRestoreHold(database)
  if (reason !== undefined) throw new AppError('CONFLICT', { detail: reason })
}

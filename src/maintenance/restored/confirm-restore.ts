import type { Database } from '../../database/open-database.ts'
import { inTransaction } from '../../database/transaction.ts'
import { AppError } from '../../errors.ts'
import type { Caller } from '../../http/caller.ts'
import { readRestoreState } from '../../images/restore-hold.ts'
import { confirmRestore as markConfirmed } from '../../images/restore-queries.ts'
import { actorName } from '../../protocol/subject.ts'

export interface ConfirmRestoreDeps {
  readonly database: Database
  /** @throws AppError UNAUTHORIZED (401) or DENIED (403) */
  readonly requireSystem: (caller: Caller, permission: 'job:read' | 'job:write') => void
  readonly refreshCaller: (transaction: Database, caller: Caller) => Promise<Caller>
  readonly recordAudit: (
    transaction: Database,
    caller: Caller,
    entry: {
      readonly action: 'restore.confirm'
      readonly target: string
      readonly outcome: 'done'
    },
  ) => Promise<void>
}

const conflict = (detail: string): AppError => new AppError('CONFLICT', { detail })

/**
 * An administrator's word that a restored database fits the registry: what destroys by itself goes on
 * (R28). Once it is given it stays.
 *
 * @throws AppError CONFLICT (409) where nothing was restored, or the index was not held against the
 *   registry since
 */
export async function confirmRestore(deps: ConfirmRestoreDeps, caller: Caller): Promise<void> {
  const { database, requireSystem, refreshCaller, recordAudit } = deps
  await inTransaction(database, async (transaction) => {
    const fresh = await refreshCaller(transaction, caller)
    requireSystem(fresh, 'job:write')
    const { restore, isReconciled } = await readRestoreState(transaction)
    if (restore === undefined) throw conflict('this database never came from a backup')
    if (restore.confirmedAt !== undefined) return
    if (!isReconciled) {
      throw conflict(
        'the index was not compared with the registry since the restore; run warden reconcile --wait first',
      )
    }
    const by = actorName(fresh.subject)
    if (!(await markConfirmed(transaction, { id: restore.id, by }))) return
    await recordAudit(transaction, fresh, {
      action: 'restore.confirm',
      target: restore.backupAt.toISOString(),
      outcome: 'done',
    })
  })
}

import { recordAudit } from '../../audit/record.ts'
import { inTransaction } from '../../database/transaction.ts'
import { AppError } from '../../errors.ts'
import type { Caller } from '../../http/caller.ts'
import { cancelWaitingJob, lockJob, requestCancel } from '../../jobs/queries.ts'
import { readRemoval } from './read-removal.ts'
import type { RequestRemovalDeps } from './request-removal.ts'
import { requireRemoval } from './require-removal.ts'
import type { RemovalReading } from './types.ts'

/**
 * Cancels a removal: what is removed stays so, what waits stays where it is.
 *
 * @throws AppError UNAUTHORIZED (401), PROJECT_UNKNOWN or REMOVAL_UNKNOWN (404), DENIED (403)
 * @throws AppError CONFLICT (409) when it has ended
 */
export function cancelRemoval(
  deps: RequestRemovalDeps,
  input: { readonly caller: Caller; readonly project: string; readonly id: number },
): Promise<RemovalReading> {
  const { project, id } = input
  return inTransaction(deps.database, async (transaction) => {
    const caller = await deps.refreshCaller(transaction, input.caller)
    const within = { ...deps, database: transaction }
    const { jobId } = await requireRemoval(within, { caller, project, id }, 'removal:write')
    const job = await lockJob(transaction, jobId)
    if (job?.state === 'waiting') await cancelWaitingJob(transaction, jobId)
    else if (job?.state === 'running') await requestCancel(transaction, jobId)
    else if (job?.state !== 'cancelled') {
      const detail = `the removal ${id} has ended; there is nothing to cancel`
      throw new AppError('CONFLICT', { detail })
    }
    const entry = { action: 'removal.cancel', target: `${project}/${id}`, project } as const
    await recordAudit(transaction, caller, { ...entry, outcome: 'done' })
    return readRemoval(transaction, { project, id })
  })
}

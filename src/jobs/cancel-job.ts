import type { Database } from '../database/open-database.ts'
import { inTransaction } from '../database/transaction.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import { cancelWaitingJob, findJob, lockJob, requestCancel } from './queries.ts'
import type { Job, JobWithLog } from './types.ts'

/** What stands in other rooms; handed over by `app.ts`. */
export interface CancelJobDeps {
  readonly database: Database
  /** @throws AppError UNAUTHORIZED (401) or DENIED (403) */
  readonly requireSystem: (caller: Caller, permission: 'job:read' | 'job:write') => void
  readonly refreshCaller: (transaction: Database, caller: Caller) => Promise<Caller>
  readonly recordAudit: (
    transaction: Database,
    caller: Caller,
    entry: { readonly action: 'job.cancel'; readonly target: string; readonly outcome: 'done' },
  ) => Promise<void>
}

export const unknownJob = (id: number): AppError =>
  new AppError('JOB_UNKNOWN', {
    detail: `there is no job ${id}; those that ended long ago are forgotten`,
  })

async function cancel(transaction: Database, { id, state }: Job): Promise<void> {
  if (state === 'waiting') await cancelWaitingJob(transaction, id)
  else if (state === 'running') await requestCancel(transaction, id)
  else {
    throw new AppError('CONFLICT', {
      detail: `the job ${id} is ${state}; there is nothing to cancel`,
    })
  }
}

/**
 * Cancels a job: one that waits at once; one that runs is told to stop, which takes its worker a
 * second, or as long as the step that it is in.
 *
 * @returns the job; one that was cancelled before stays as it is
 * @throws AppError JOB_UNKNOWN (404), CONFLICT (409) when it is done or has failed
 */
export function cancelJob(
  { database, requireSystem, refreshCaller, recordAudit }: CancelJobDeps,
  { caller, id }: { readonly caller: Caller; readonly id: number },
): Promise<JobWithLog> {
  return inTransaction(database, async (transaction) => {
    requireSystem(await refreshCaller(transaction, caller), 'job:write')
    const job = await lockJob(transaction, id)
    if (job === undefined) throw unknownJob(id)
    if (job.state !== 'cancelled' && !job.cancelRequested) {
      await cancel(transaction, job)
      const target = `${job.kind}/${id}`
      await recordAudit(transaction, caller, { action: 'job.cancel', target, outcome: 'done' })
    }
    const cancelled = await findJob(transaction, id)
    if (cancelled === undefined) throw unknownJob(id)
    return cancelled
  })
}

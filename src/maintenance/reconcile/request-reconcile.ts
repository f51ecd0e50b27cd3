import type { Database } from '../../database/open-database.ts'
import { inTransaction } from '../../database/transaction.ts'
import type { Caller } from '../../http/caller.ts'
import { enqueueJob } from '../../jobs/enqueue-job.ts'
import { hastenJob } from '../../jobs/hasten-queries.ts'
import { KIND } from './run-reconcile.ts'

export const SCHEDULE = 'reconcile'
/** That of the schedule: there is one run at a time, whoever asked for it. */
const DEDUPE_KEY = `schedule:${SCHEDULE}`
/** Of a run, whoever asked for it. */
export const MOST_ATTEMPTS = 12

/** Puts a run into the queue. @returns the job; that of the run that waits or runs already */
export const enqueueReconcile = (transaction: Database): Promise<number> =>
  enqueueJob(transaction, {
    kind: KIND,
    payload: {},
    dedupeKey: DEDUPE_KEY,
    mostAttempts: MOST_ATTEMPTS,
  })

export interface RequestReconcileDeps {
  readonly database: Database
  /** @throws AppError UNAUTHORIZED (401) or DENIED (403) */
  readonly requireSystem: (caller: Caller, permission: 'job:read' | 'job:write') => void
  readonly refreshCaller: (transaction: Database, caller: Caller) => Promise<Caller>
  readonly recordAudit: (
    transaction: Database,
    caller: Caller,
    entry: {
      readonly action: 'reconcile.start' | 'reconcile.brake.release'
      readonly target: string
      readonly outcome: 'done'
    },
  ) => Promise<void>
  /** Lets a worker of this process look at once. */
  readonly wake: () => void
}

/** Asks for a run now. @returns its job, or that of the one that waits or runs already */
export async function requestReconcile(
  deps: RequestReconcileDeps,
  caller: Caller,
): Promise<{ readonly jobId: number }> {
  const { database, requireSystem, refreshCaller, recordAudit, wake } = deps
  const jobId = await inTransaction(database, async (transaction) => {
    requireSystem(await refreshCaller(transaction, caller), 'job:write')
    const id = await enqueueReconcile(transaction)
    await hastenJob(transaction, id)
    const target = `${KIND}/${id}`
    await recordAudit(transaction, caller, { action: 'reconcile.start', target, outcome: 'done' })
    return id
  })
  wake()
  return { jobId }
}

import { inTransaction } from '../../database/transaction.ts'
import type { Caller } from '../../http/caller.ts'
import { disengageBrake, forgetVanished } from '../../images/brake-queries.ts'
import { hastenJob } from '../../jobs/hasten-queries.ts'
import { enqueueReconcile, type RequestReconcileDeps } from './request-reconcile.ts'

/**
 * Lets the brake go, begins the count of the week anew, and asks for a run that looks again at what
 * was held back. One that is not engaged stays so.
 */
export async function releaseBrake(deps: RequestReconcileDeps, caller: Caller): Promise<void> {
  const { database, requireSystem, refreshCaller, recordAudit, wake } = deps
  await inTransaction(database, async (transaction) => {
    requireSystem(await refreshCaller(transaction, caller), 'job:write')
    if (!(await disengageBrake(transaction))) return
    await forgetVanished(transaction)
    // One that failed may wait for a quarter of an hour.
    await hastenJob(transaction, await enqueueReconcile(transaction))
    await recordAudit(transaction, caller, {
      action: 'reconcile.brake.release',
      target: 'index',
      outcome: 'done',
    })
  })
  wake()
}

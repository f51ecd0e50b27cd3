import type { Database } from '../../database/open-database.ts'
import { inTransaction } from '../../database/transaction.ts'
import { JobStopped, type RunningJob } from '../../jobs/types.ts'
import { lockCollection } from './change-queries.ts'

/** The right to go on with a collection under one fence; another attempt has another one. */
export interface EpochDeps {
  readonly database: Database
  readonly job: Pick<RunningJob<unknown>, 'signal'>
  readonly collectionId: number
  /** Undefined for a dry run. */
  readonly epoch: number | undefined
}

const isLost = ({ signal }: EpochDeps['job']): boolean =>
  signal.reason instanceof JobStopped && signal.reason.why === 'lost'

/** Whether the collection is still that of this epoch; holds it until the transaction ends (R24). */
export async function isOwn(
  { job, collectionId: id, epoch }: EpochDeps,
  transaction: Database,
): Promise<boolean> {
  if (isLost(job)) return false
  const found = await lockCollection(transaction, id)
  return found !== undefined && found.endedAt === undefined && found.epoch === epoch
}

/**
 * A transaction that happens only while the collection is still ours, also where the job was told to
 * stop: what the collector did is written down all the same. A worker that lost its lease writes
 * nothing.
 *
 * @throws JobStopped when it is ours no more
 */
export const inEpoch = (
  deps: EpochDeps,
  work: (transaction: Database) => Promise<unknown>,
): Promise<void> =>
  inTransaction(deps.database, async (transaction) => {
    if (!(await isOwn(deps, transaction))) throw new JobStopped('lost')
    await work(transaction)
  })

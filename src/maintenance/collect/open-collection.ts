import { findCollectingFence } from '../../holds/collecting-queries.ts'
import type { RunningJob } from '../../jobs/types.ts'
import { insertCollection, removeOldCollections } from './change-queries.ts'
import type { CollectDeps } from './collect-deps.ts'
import { ACTOR, openFence } from './open-fence.ts'
import { findCollection, findCollectionOfJob } from './queries.ts'
import type { Collection } from './types.ts'

const KEEP = { keepDays: 365, most: 100 }

export type CollectJob = RunningJob<{ readonly isDryRun: boolean }>

/**
 * Finds the collection of a job, or makes it where a schedule asked for it.
 *
 * @returns undefined where it has ended
 */
export async function openCollection(
  { database }: CollectDeps,
  job: CollectJob,
): Promise<Collection | undefined> {
  await removeOldCollections(database, KEEP)
  const found = await job.inLease(async (transaction) => {
    const known = await findCollectionOfJob(transaction, job.id)
    if (known !== undefined) return known
    const { isDryRun } = job.payload
    const id = await insertCollection(transaction, { jobId: job.id, isDryRun, actor: ACTOR })
    return findCollection(transaction, id)
  })
  return found?.endedAt === undefined ? found : undefined
}

/**
 * Opens the fence of an attempt that was cut off, where that is known to be safe: it had begun no
 * collector, or had seen its end.
 */
export async function dropOldFence(
  { database }: CollectDeps,
  { epoch, phase }: Collection,
): Promise<void> {
  if (epoch === undefined || phase === 'collecting') return
  const fence = await findCollectingFence(database)
  if (fence?.hold.epoch === epoch) await openFence(database, fence.hold)
}

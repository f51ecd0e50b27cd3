import { z } from 'zod'
import { inTransaction } from '../../database/transaction.ts'
import { AppError } from '../../errors.ts'
import { defineJobKind, JobGaveUp, type JobKind, JobStopped } from '../../jobs/types.ts'
import { saveCollection } from './change-queries.ts'
import type { CollectDeps } from './collect-deps.ts'
import { collectHeld } from './collect-held.ts'
import type { Collector } from './collector.ts'
import { inEpoch } from './epoch.ts'
import { findObstacles, NOT_CONFIGURED } from './find-obstacles.ts'
import { checkAfter, endCollection } from './finish-collection.ts'
import { dealWithUntagged, type Work } from './list-untagged.ts'
import { type CollectJob, dropOldFence, openCollection } from './open-collection.ts'
import { openFence } from './open-fence.ts'
import { runCollector } from './run-collector.ts'
import { takeFence } from './take-fence.ts'
import { findUntaggedPlaces } from './untagged/find-untagged.ts'

const RETRY = { firstSeconds: 5, longestSeconds: 60 }
const CUT_OFF =
  'its worker went away while the collector ran; writes stay held until the lock of the collector is free'

async function collectDry(work: Work): Promise<void> {
  const { deps, job } = work
  const search = await findUntaggedPlaces(deps, job.checkLease)
  const listed = await dealWithUntagged(work, search)
  const { collection, own, collector } = listed
  const { limitSeconds } = deps.config.collect
  const before = { blobs: 0, bytes: 0, unknownBlobs: 0 }
  const run = { deps, collector, job, own, isDryRun: true, limitSeconds, before }
  const { swept, error } = await runCollector(run)
  job.signal.throwIfAborted()
  await inEpoch(own, (transaction) => saveCollection(transaction, collection.id, swept))
  const phase = error === undefined ? 'done' : 'failed'
  await endCollection(own, collection, { phase, error })
  if (error !== undefined) throw new JobGaveUp(error)
}

/** Who waits is told at once of a collector that does not answer, and begins again when it does. */
async function isFree(collector: Collector): Promise<boolean> {
  try {
    return await collector.isFree()
  } catch (error) {
    throw error instanceof AppError ? new JobGaveUp(error.message) : error
  }
}

/** @throws JobGaveUp with every reason why not now (R28) */
async function requireNoObstacle({ deps, collector }: Work): Promise<void> {
  const obstacles = await findObstacles(deps)
  if (obstacles.length > 0) throw new JobGaveUp(obstacles.join('; '))
  // Before anybody is held up: what an operator runs by hand keeps the same lock.
  if (await isFree(collector)) return
  throw new JobGaveUp('a collector is running on this storage already; wait until it has ended')
}

async function collect(work: Work): Promise<void> {
  const { deps, job, collection } = work
  await requireNoObstacle(work)
  const search = await findUntaggedPlaces(deps, job.checkLease)
  const hold = await takeFence(deps, { job, collectionId: collection.id })
  job.tell('writes are held')
  const held = { ...work, own: { ...work.own, epoch: hold.epoch } }
  try {
    await collectHeld(held, hold, search)
  } catch (error) {
    if (!work.mark.mayHaveBegun) await openFence(deps.database, hold)
    throw error
  }
}

/** What an attempt before could not do any more; it had seen the end of the collector. */
async function checkAgain({ deps, job, collection, own }: Work): Promise<void> {
  const { heldAt = collection.createdAt } = collection
  const checked = await checkAfter(deps, { heldAt, samples: [], signal: job.signal })
  await endCollection(own, collection, { phase: 'done', ...checked })
}

async function goOn(work: Work): Promise<void> {
  const { deps, collection } = work
  const { isDryRun, phase } = collection
  if (isDryRun) return collectDry(work)
  // It may still run: a second one is begun by nobody.
  if (phase === 'collecting') throw new JobGaveUp(CUT_OFF)
  await dropOldFence(deps, collection)
  return phase === 'checking' ? checkAgain(work) : collect(work)
}

/** The collection has a word of its own about how it ended, beside its job. */
async function tellEnd({ deps, collection }: Work, error: unknown): Promise<void> {
  const isCancelled = error instanceof JobStopped && error.why === 'cancelled'
  if (!isCancelled && !(error instanceof JobGaveUp)) return
  const end = isCancelled
    ? ({ phase: 'cancelled' } as const)
    : ({ phase: 'failed', error: error.message } as const)
  await inTransaction(deps.database, (transaction) =>
    saveCollection(transaction, collection.id, end),
  )
}

async function runCollection(
  deps: CollectDeps,
  collector: Collector,
  job: CollectJob,
): Promise<void> {
  const collection = await openCollection(deps, job)
  if (collection === undefined) return
  const { id: collectionId, epoch } = collection
  const own = { database: deps.database, job, collectionId, epoch }
  const work: Work = { deps, collector, job, collection, own, mark: { mayHaveBegun: false } }
  try {
    await goOn(work)
  } catch (error) {
    await tellEnd(work, error)
    throw error
  }
}

/** Collections of garbage, as a kind of job; one at a time over all replicas. */
export const createCollectKind = (deps: CollectDeps): JobKind =>
  defineJobKind({
    payload: z.strictObject({ isDryRun: z.boolean() }),
    retry: RETRY,
    atOnce: 1,
    run: async (job) => {
      const { collector } = deps
      if (collector === undefined) throw new JobGaveUp(NOT_CONFIGURED)
      await runCollection(deps, collector, job)
    },
  })

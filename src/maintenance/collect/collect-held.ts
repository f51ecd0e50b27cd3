import { prolongHold, type TakenHold } from '../../holds/take-hold.ts'
import { JobGaveUp, JobStopped } from '../../jobs/types.ts'
import { saveCollection } from './change-queries.ts'
import { KILL_AFTER_SECONDS } from './command-line.ts'
import { inEpoch } from './epoch.ts'
import { findObstacles } from './find-obstacles.ts'
import { checkAfter, endCollection } from './finish-collection.ts'
import { dealWithUntagged, type Work } from './list-untagged.ts'
import { openFence } from './open-fence.ts'
import { type CollectorOutcome, runCollector } from './run-collector.ts'
import type { UntaggedSearch } from './untagged/find-untagged.ts'

/** Between the end of the collector by its limit and the deadline of the fence (R25). */
const SPARE_SECONDS = 60

/** The last step before the collector: what follows from here is opened by nobody who was cut off. */
async function beginCollecting(
  { deps, job, collection, mark }: Work,
  hold: TakenHold,
): Promise<void> {
  const { limitSeconds } = deps.config.collect
  await prolongHold(deps, hold, limitSeconds + KILL_AFTER_SECONDS + SPARE_SECONDS)
  mark.mayHaveBegun = true
  try {
    await job.inLease((transaction) =>
      saveCollection(transaction, collection.id, { phase: 'collecting' }),
    )
  } catch (error) {
    // Then nothing was written, and nobody takes it for begun.
    if (error instanceof JobStopped) mark.mayHaveBegun = false
    throw error
  }
}

/** Opens what may be opened, together with writing down what was swept. */
async function settle(
  { deps, job, collection, own }: Work,
  hold: TakenHold,
  { end, swept }: CollectorOutcome,
): Promise<void> {
  const isOver = end === 'unbegun' || end.sawExit
  await inEpoch(own, (transaction) =>
    saveCollection(transaction, collection.id, {
      ...swept,
      ...(isOver && { phase: 'checking' }),
    }),
  )
  if (!isOver) return
  await openFence(deps.database, hold)
  job.tell(`${swept.blobs} blobs swept; writes go on`)
}

/** A service that stops lets another one begin again; who was cancelled has come to an end. */
async function stopEarly({ job, collection, own }: Work): Promise<void> {
  const { reason } = job.signal
  if (!job.signal.aborted || !(reason instanceof JobStopped)) return
  if (reason.why === 'cancelled') {
    await endCollection(own, collection, { phase: 'cancelled' })
  } else {
    await inEpoch(own, (transaction) =>
      saveCollection(transaction, collection.id, { phase: 'waiting' }),
    )
  }
  throw reason
}

/** All that is done while writes are held, and what is looked at after. */
export async function collectHeld(
  begun: Work,
  hold: TakenHold,
  search: UntaggedSearch,
): Promise<void> {
  const heldAt = hold.takenAt
  const work = await dealWithUntagged(begun, search)
  const { deps, job, own, collector, collection } = work
  const obstacles = await findObstacles(deps, hold.epoch)
  if (obstacles.length > 0) throw new JobGaveUp(obstacles.join('; '))
  await beginCollecting(work, hold)
  const { limitSeconds } = deps.config.collect
  const run = { deps, collector, job, own, isDryRun: false, limitSeconds, before: collection }
  const outcome = await runCollector(run)
  if (outcome.end === 'unbegun') work.mark.mayHaveBegun = false
  await settle(work, hold, outcome)
  const { error, samples, end } = outcome
  if (end !== 'unbegun' && !end.sawExit) {
    await endCollection(own, collection, { phase: 'failed', error })
    throw new JobGaveUp(error)
  }
  await stopEarly(work)
  const { gaps, notes } = await checkAfter(deps, { heldAt, samples, signal: job.signal })
  const phase = error === undefined ? 'done' : 'failed'
  await endCollection(own, collection, {
    phase,
    error,
    gaps,
    notes: [...outcome.notes, ...notes],
  })
  if (error !== undefined) throw new JobGaveUp(error)
}

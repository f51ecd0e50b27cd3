import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../errors.ts'
import { type TakenHold, takeHold } from '../../holds/take-hold.ts'
import { EVERYTHING } from '../../holds/types.ts'
import { JobGaveUp, type RunningJob } from '../../jobs/types.ts'
import { saveCollection } from './change-queries.ts'
import type { CollectDeps } from './collect-deps.ts'
import { openFence } from './open-fence.ts'

/** For all that comes before the collector; whoever goes on prolongs it. */
export const PREPARE_SECONDS = 420
const MOST_TRIES = 30
const PAUSE_MS = 2000

const REASON = 'garbage is being collected'

/** Removals hold a tag or a repository for moments: they are waited for. */
async function take({ database }: CollectDeps, signal: AbortSignal): Promise<TakenHold> {
  for (let tries = 1; ; tries++) {
    try {
      return await takeHold(
        { database },
        {
          target: { repository: EVERYTHING },
          kind: 'collecting',
          holder: randomUUID(),
          reason: REASON,
          seconds: PREPARE_SECONDS,
        },
      )
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'CONFLICT')) throw error
      if (tries === MOST_TRIES) throw new JobGaveUp(error.message)
      await sleep(PAUSE_MS, undefined, { signal })
    }
  }
}

/**
 * Holds every write, and waits until those before have ended.
 *
 * @throws JobGaveUp while others hold something for a minute
 */
export async function takeFence(
  deps: CollectDeps,
  { job, collectionId }: { readonly job: RunningJob<unknown>; readonly collectionId: number },
): Promise<TakenHold> {
  const hold = await take(deps, job.signal)
  try {
    await job.inLease((transaction) =>
      saveCollection(transaction, collectionId, { phase: 'holding', epoch: hold.epoch }),
    )
    if (deps.config.door === 'required') await deps.waitDrained(hold, { signal: job.signal })
    return hold
  } catch (error) {
    await openFence(deps.database, hold).catch(() => false)
    throw error
  }
}

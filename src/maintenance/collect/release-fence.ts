import { refreshCaller } from '../../accounts/refresh-caller.ts'
import { actorOf, recordAudit } from '../../audit/record.ts'
import { AppError } from '../../errors.ts'
import { type CollectingFence, findCollectingFence } from '../../holds/collecting-queries.ts'
import type { Caller } from '../../http/caller.ts'
import { requireSystem } from '../../projects/require-permission.ts'
import { setNotes } from './change-queries.ts'
import type { CollectDeps } from './collect-deps.ts'
import { endOfEpoch, openFence } from './open-fence.ts'
import { findCollectionOfEpoch } from './queries.ts'
import { KIND } from './request-collection.ts'
import type { Collection } from './types.ts'

export type ReleaseDeps = Pick<CollectDeps, 'database' | 'collector' | 'log'>

const conflict = (detail: string): AppError => new AppError('CONFLICT', { detail })

/** Where nobody can tell, the word of a person counts. */
async function isRunning({ collector, log }: ReleaseDeps): Promise<boolean> {
  try {
    return collector !== undefined && !(await collector.isFree())
  } catch (error) {
    log.warn({ error }, 'the lock of the collector cannot be looked at')
    return false
  }
}

/** After its deadline a collector may have the lock: that is what the word of a person is for. */
async function requireNoneInTime(
  deps: ReleaseDeps,
  { overdueSeconds }: CollectingFence,
  collection?: Collection,
): Promise<void> {
  const isRunningInTime = (await isRunning(deps)) && overdueSeconds < 0
  if (!isRunningInTime) return
  throw conflict(
    collection?.phase === 'collecting'
      ? `the collector is running; cancel the job ${collection.jobId}, or wait until it has ended`
      : 'a collector is running; wait until it has ended',
  )
}

async function requireOver(deps: ReleaseDeps, fence: CollectingFence): Promise<void> {
  const collection = await findCollectionOfEpoch(deps.database, fence.hold.epoch)
  const isUnderWay = collection?.jobState === 'waiting' || collection?.jobState === 'running'
  if (collection?.phase === 'holding' && isUnderWay) {
    throw conflict(`the collection is under way; cancel its job ${collection.jobId} instead`)
  }
  if (fence.overdueSeconds < 0) await requireNoneInTime(deps, fence, collection)
}

/**
 * Opens the fence of a collection on the word of a person, who has seen that no collector runs: where
 * one does, a push may be answered and lose a layer.
 *
 * @throws AppError UNAUTHORIZED (401), DENIED (403)
 * @throws AppError CONFLICT (409) where no fence is closed, and while a collector runs in its time
 */
export async function releaseFence(deps: ReleaseDeps, caller: Caller): Promise<void> {
  const { database } = deps
  requireSystem(caller, 'job:write')
  const fence = await findCollectingFence(database)
  const nothing = conflict('no collection holds writes now')
  if (fence === undefined) throw nothing
  await requireOver(deps, fence)
  const { epoch } = fence.hold
  const told = `writes were let go on by ${actorOf(caller.subject).actorName}`
  await endOfEpoch(database, epoch, told)
  // Whoever has not begun by now begins no more; who began since the first look has the lock.
  await requireNoneInTime(deps, fence)
  const wasThere = await openFence(database, fence.hold, async (transaction) => {
    const fresh = await refreshCaller(transaction, caller)
    requireSystem(fresh, 'job:write')
    const collection = await findCollectionOfEpoch(transaction, epoch)
    if (collection !== undefined) {
      await setNotes(transaction, collection.id, [...collection.notes, told])
    }
    const target = `${KIND}/${collection?.id ?? `epoch ${epoch}`}`
    await recordAudit(transaction, fresh, { action: 'gc.release', target, outcome: 'done' })
  })
  if (!wasThere) throw nothing
}

import { recordActorAudit } from '../../audit/record.ts'
import { repeat } from '../../database/repeat.ts'
import { type CollectingFence, findCollectingFence } from '../../holds/collecting-queries.ts'
import { setNotes } from './change-queries.ts'
import type { CollectDeps } from './collect-deps.ts'
import { ACTOR, endOfEpoch, openFence } from './open-fence.ts'
import { findCollectionOfEpoch } from './queries.ts'
import { KIND } from './request-collection.ts'

const LOOK_EVERY_MS = 5000
/** So long after its deadline others may open a fence, with the lock in hand (R25). */
const GRACE_SECONDS = 60

export interface FenceTender {
  /** Looks once. */
  readonly look: () => Promise<void>
  /** Why writes stay held though nobody sees to it any more; undefined: they do not. */
  readonly findStuck: () => string | undefined
  /** @returns stops it */
  readonly start: () => () => Promise<void>
}

const OPENED =
  'writes went on after the deadline, with the lock of the collector in hand: nobody had seen its end'

type Deps = Pick<CollectDeps, 'database' | 'collector' | 'log'>

async function openOverdue({ database, log }: Deps, { hold }: CollectingFence): Promise<void> {
  const { epoch } = hold
  const wasThere = await openFence(database, hold, async (transaction) => {
    const collection = await findCollectionOfEpoch(transaction, epoch)
    if (collection !== undefined) {
      await setNotes(transaction, collection.id, [...collection.notes, OPENED])
    }
    const target = `${KIND}/${collection?.id ?? `epoch ${epoch}`}`
    await recordActorAudit(transaction, ACTOR, { action: 'gc.open', target, outcome: 'done' })
  })
  if (wasThere) log.warn({ epoch }, OPENED)
}

/** @returns why it cannot be opened; undefined: it was */
async function tryOpen(deps: Deps, fence: CollectingFence): Promise<string | undefined> {
  const held = `writes are held by collection of garbage since ${fence.hold.takenAt.toISOString()}`
  const how = 'see that no collector runs, then release it with `warden gc release`'
  if (deps.collector === undefined) {
    return `${held}, and no collector is configured here whose lock could be looked at; ${how}`
  }
  try {
    await endOfEpoch(deps.database, fence.hold.epoch, 'the end of the collector was seen by nobody')
    if (!(await deps.collector.isFree())) {
      return `${held}, past the deadline, and a collector still has the lock; end that collector, or ${how}`
    }
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    return `${held}, past the deadline, and its lock cannot be looked at (${words}); ${how}`
  }
  await openOverdue(deps, fence)
  return undefined
}

/**
 * Watches over the fence of a collector that said nothing more: a minute after its deadline, whoever
 * gets the collector's lock opens it, and where nobody gets that it stays closed, and is told (R25).
 */
export function createFenceTender(deps: Deps): FenceTender {
  const { database, log } = deps
  let stuck: string | undefined
  const look = async (): Promise<void> => {
    const fence = await findCollectingFence(database)
    const isOverdue = fence !== undefined && fence.overdueSeconds > GRACE_SECONDS
    const before = stuck
    stuck = isOverdue ? await tryOpen(deps, fence) : undefined
    if (stuck !== undefined && before === undefined) log.error({ reason: stuck }, 'writes are held')
    if (stuck === undefined && before !== undefined) log.info({}, 'writes go on')
  }
  const onFailure = (error: unknown): void =>
    log.warn({ error }, 'the fence of collections cannot be looked at now')
  return {
    look,
    findStuck: () => stuck,
    start: () => repeat({ everyMs: LOOK_EVERY_MS, work: look, onFailure }),
  }
}

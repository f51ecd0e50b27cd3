import { type Actor, recordActorAudit } from '../../audit/record.ts'
import type { Database } from '../../database/open-database.ts'
import { inTransaction } from '../../database/transaction.ts'
import { deleteHold } from '../../holds/queries.ts'
import { inHoldChange } from '../../holds/take-hold.ts'
import { EVERYTHING, type Hold } from '../../holds/types.ts'
import { noteOpened, saveCollection } from './change-queries.ts'
import { findCollectionOfEpoch } from './queries.ts'

/** The service itself, where it acts for nobody. */
export const ACTOR: Actor = { actorId: undefined, actorName: 'warden$gc', onBehalfOf: undefined }

/**
 * Opens a collecting fence. Who calls it saw the collector exit, began none, has its lock in hand, or
 * is told by a person (R25).
 *
 * @param also in the same transaction, when the fence was still there
 * @returns whether it was still there
 */
export const openFence = (
  database: Database,
  hold: Pick<Hold, 'epoch' | 'holder'>,
  also?: (transaction: Database) => Promise<void>,
): Promise<boolean> =>
  inHoldChange(database, { repository: EVERYTHING }, async (transaction) => {
    const wasThere = await deleteHold(transaction, hold)
    if (!wasThere) return false
    await noteOpened(transaction, hold.epoch)
    await also?.(transaction)
    return true
  })

/**
 * Ends the collection under a fence, where it may still begin or run a collector: to be done before the
 * lock is asked for, so that whoever has not begun by then begins no more.
 */
export async function endOfEpoch(database: Database, epoch: number, error: string): Promise<void> {
  const collection = await findCollectionOfEpoch(database, epoch)
  if (collection?.phase !== 'holding' && collection?.phase !== 'collecting') return
  await inTransaction(database, (transaction) =>
    saveCollection(transaction, collection.id, { phase: 'failed', error }),
  )
}

/** Tells of the end of a collection. */
export const auditEnd = (
  transaction: Database,
  { actor, target, isDone }: { readonly actor: Actor; target: string; isDone: boolean },
): Promise<void> =>
  recordActorAudit(transaction, actor, {
    action: 'gc.collect',
    target,
    outcome: isDone ? 'done' : 'failed',
  })

import { setTimeout as sleep } from 'node:timers/promises'
import { isLockWait, isRepeatable } from './database-error.ts'
import type { Database } from './open-database.ts'

/**
 * On a cluster two nodes that write the same row may both go on until they commit, and the one that is
 * behind loses again and again: so it is by time that a transaction gives up.
 */
const TRY_FOR_MS = 8000
const LONGEST_PAUSE_MS = 400
/** Each try may wait for the lock as long as the server lets it. */
const MOST_LOCK_WAITS = 2

interface Tries {
  readonly count: number
  readonly untilMs: number
}

function isToBeRepeated(error: unknown, { count, untilMs }: Tries): boolean {
  if (isLockWait(error)) return count < MOST_LOCK_WAITS
  return isRepeatable(error) && performance.now() < untilMs
}

/**
 * Runs `work` in one READ COMMITTED transaction, and once more from its start when the server lost
 * it to a conflict, also where it says so only when it is to commit. So `work` may touch nothing but
 * the transaction that it is given.
 */
export async function inTransaction<T>(
  database: Database,
  work: (transaction: Database) => Promise<T>,
): Promise<T> {
  const untilMs = performance.now() + TRY_FOR_MS
  for (let count = 1; ; count++) {
    try {
      return await database.transaction(work, { isolationLevel: 'read committed' })
    } catch (error) {
      if (!isToBeRepeated(error, { count, untilMs })) throw error
      // Random, so that two that met do not meet again.
      await sleep(Math.random() * Math.min(2 ** count * 5, LONGEST_PAUSE_MS))
    }
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { isLockWait, isRepeatable } from './database-error.ts'
import type { Database } from './open-database.ts'

const MOST_TRIES = 6
/** Each try may wait for the lock as long as the server lets it. */
const MOST_LOCK_WAITS = 2

/**
 * Runs `work` in one READ COMMITTED transaction, and once more from its start when the server lost
 * it to a conflict. So `work` may touch nothing but the transaction that it is given.
 */
export async function inTransaction<T>(
  database: Database,
  work: (transaction: Database) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await database.transaction(work, { isolationLevel: 'read committed' })
    } catch (error) {
      const most = isLockWait(error) ? MOST_LOCK_WAITS : MOST_TRIES
      if (tries >= most || !isRepeatable(error)) throw error
      // Random, so that two that met do not meet again.
      await sleep(Math.random() * 2 ** tries * 5)
    }
  }
}

import { databaseNow } from '../database/clock.ts'
import type { Database } from '../database/open-database.ts'

/** Lets a job that waits for its time, or for its next attempt, be begun now. */
export async function hastenJob(transaction: Database, id: number): Promise<void> {
  const now = databaseNow(transaction)
  await transaction('jobs')
    .where({ id, state: 'waiting' })
    .where('run_at', '>', now)
    .update({ run_at: now })
}

import type { Database } from '../database/open-database.ts'
import { listRestlessTags, removeOldHistory, trimTagHistory } from './history-queries.ts'

const KEEP_DAYS = 366
/** Of each tag: one that moves every hour is known for six weeks. */
const KEEP_ENTRIES = 1000
/** A tag that has too many moves often, and so is soon among those that moved last. */
const LOOKED_AT = 100
const AT_ONCE = 2000
const MOST_BATCHES = 200

async function inBatches(remove: () => Promise<number>): Promise<void> {
  for (let batch = 0; batch < MOST_BATCHES && (await remove()) === AT_ONCE; batch++);
}

/** Lets go what tags were on long ago, and what the most restless of them were on many moves ago. */
export async function trimHistory(database: Database): Promise<void> {
  await inBatches(() => removeOldHistory(database, { days: KEEP_DAYS, most: AT_ONCE }))
  const bounds = { keep: KEEP_ENTRIES, most: AT_ONCE }
  for (const key of await listRestlessTags(database, { entries: LOOKED_AT, ...bounds })) {
    await inBatches(() => trimTagHistory(database, key, bounds))
  }
}

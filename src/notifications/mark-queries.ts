import { inBatches } from '../database/bulk.ts'
import { databaseNow, inSeconds } from '../database/clock.ts'
import type { Database } from '../database/open-database.ts'

/** When a pull of this key was last counted, by the clock of its registry. */
export type PullMarks = ReadonlyMap<string, Date>

export async function findPullMarks(
  database: Database,
  keys: readonly string[],
): Promise<PullMarks> {
  const marks = new Map<string, Date>()
  for (const batch of inBatches(keys)) {
    const rows: readonly { readonly key_hash: string; readonly pulled_at: Date }[] = await database(
      'pull_marks',
    )
      .whereIn('key_hash', [...batch])
      .select('key_hash', 'pulled_at')
    for (const { key_hash, pulled_at } of rows) marks.set(key_hash, pulled_at)
  }
  return marks
}

export async function upsertPullMarks(
  database: Database,
  marks: PullMarks,
  keepSeconds: number,
): Promise<void> {
  const expires_at = inSeconds(database, keepSeconds)
  const rows = [...marks]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key_hash, pulled_at]) => ({ key_hash, pulled_at, expires_at }))
  for (const batch of inBatches(rows)) {
    await database('pull_marks')
      .insert(batch)
      .onConflict()
      .merge({
        pulled_at: database.raw('GREATEST(pulled_at, VALUES(pulled_at))'),
        expires_at: database.raw('VALUES(expires_at)'),
      })
  }
}

export async function removeExpiredPullMarks(database: Database, most: number): Promise<number> {
  return database('pull_marks').where('expires_at', '<', databaseNow(database)).limit(most).delete()
}

import { withAnyKey } from '../database/bulk.ts'
import { daysAgo } from '../database/clock.ts'
import { byIndex, type Listing } from '../database/keyset.ts'
import type { Database } from '../database/open-database.ts'
import type { TagKey } from './tag-queries.ts'

const toHistoryKey = ({ repositoryId, name }: TagKey) => ({
  repository_id: repositoryId,
  tag: name,
})

/** @returns how many went */
export async function removeOldHistory(
  database: Database,
  { days, most }: { readonly days: number; readonly most: number },
): Promise<number> {
  const limit = daysAgo(database, days)
  return database('tag_history').where('time', '<', limit).limit(most).delete()
}

/** Tags among the last entries of the history that have more of them than are kept. */
export async function listRestlessTags(
  database: Database,
  { entries, keep }: { readonly entries: number; readonly keep: number },
): Promise<readonly TagKey[]> {
  const last: Listing = database
    .queryBuilder()
    .from(byIndex(database, 'tag_history', 'tag_history_time'))
    .orderBy('time', 'desc')
    .limit(entries)
    .select({ repositoryId: 'repository_id', name: 'tag' })
  const found: readonly TagKey[] = await last
  if (found.length === 0) return []
  const keys = new Map(found.map((key) => [`${key.repositoryId} ${key.name}`, toHistoryKey(key)]))
  const rows: readonly TagKey[] = await database('tag_history')
    .where(withAnyKey([...keys.values()]))
    .groupBy('repository_id', 'tag')
    .having(database.raw('COUNT(*)'), '>', keep)
    .select({ repositoryId: 'repository_id', name: 'tag' })
  return rows
}

/** Takes the oldest entries of a tag away, but for so many. @returns how many went */
export async function trimTagHistory(
  database: Database,
  key: TagKey,
  { keep, most }: { readonly keep: number; readonly most: number },
): Promise<number> {
  const entries = database('tag_history').where(toHistoryKey(key))
  const last = await entries.clone().orderBy('ticket', 'desc').offset(keep).first('ticket')
  if (last === undefined) return 0
  return entries.clone().where('ticket', '<=', last.ticket).limit(most).delete()
}

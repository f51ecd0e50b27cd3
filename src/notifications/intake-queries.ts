import { insertMissing } from '../database/bulk.ts'
import { databaseNow, daysAgo } from '../database/clock.ts'
import type { Database } from '../database/open-database.ts'
import type { UnreadableEvent } from '../protocol/event.ts'

/** Keeps what could not be read, for people to look at. */
export async function insertUnreadable(
  database: Database,
  events: readonly UnreadableEvent[],
  now: Date,
): Promise<void> {
  const rows = events.map(({ reason, text }) => ({ received_at: now, reason, body: text }))
  await insertMissing(database, 'unreadable_events', rows)
}

export async function removeOldUnreadable(
  database: Database,
  { days, most }: { readonly days: number; readonly most: number },
): Promise<number> {
  const limit = daysAgo(database, days)
  return database('unreadable_events').where('received_at', '<', limit).limit(most).delete()
}

/** Takes the oldest away, but for so many. @returns how many went */
export async function removeManyUnreadable(
  database: Database,
  { keep, most }: { readonly keep: number; readonly most: number },
): Promise<number> {
  const rows = database('unreadable_events')
  const last = await rows.clone().orderBy('id', 'desc').offset(keep).first('id')
  if (last === undefined) return 0
  return rows.clone().where('id', '<=', last.id).limit(most).delete()
}

/** Notes that a registry process was heard of. */
export async function noteSource(database: Database, address: string): Promise<void> {
  const seen_at = databaseNow(database)
  await database('event_sources').insert({ address, seen_at }).onConflict().merge({ seen_at })
}

/** @returns how long ago any registry was last heard of; undefined when none ever was */
export async function findSourceAgeSeconds(database: Database): Promise<number | undefined> {
  const row = await database('event_sources')
    .orderBy('seen_at', 'desc')
    .first(database.raw('TIMESTAMPDIFF(MICROSECOND, seen_at, UTC_TIMESTAMP(3)) AS microseconds'))
  return row === undefined ? undefined : Number(row.microseconds) / 1e6
}

export async function removeOldSources(
  database: Database,
  { days, most }: { readonly days: number; readonly most: number },
): Promise<number> {
  const limit = daysAgo(database, days)
  return database('event_sources').where('seen_at', '<', limit).limit(most).delete()
}

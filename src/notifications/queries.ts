import { databaseNow, secondsAgo } from '../database/clock.ts'
import type { Database } from '../database/open-database.ts'
import type { EventAction, EventContent, RegistryEvent } from '../protocol/event.ts'

/** An event in the inbox. */
export interface WaitingEvent extends Omit<RegistryEvent, 'id' | 'happenedAt' | 'source'> {
  readonly id: number
  readonly receivedAt: Date
  /** By the registry's clock; when it came, where that could not be read. */
  readonly happenedAt: Date
}

interface EventRow {
  readonly id: number
  readonly received_at: Date
  readonly happened_at: Date
  readonly action: EventAction
  readonly content: EventContent
  readonly repository: string
  readonly tag: string | null
  readonly digest: string | null
  readonly size_bytes: number | null
  readonly method: string
  readonly actor: string
  readonly address: string
}

/** All in one statement; an event that came before is the same again. */
export async function insertEvents(
  database: Database,
  events: readonly RegistryEvent[],
  now: Date,
): Promise<void> {
  await database('events')
    .insert(
      events.map((event) => ({
        event_id: event.id,
        received_at: now,
        happened_at: event.happenedAt ?? now,
        action: event.action,
        content: event.content,
        repository: event.repository,
        tag: event.tag ?? null,
        digest: event.digest ?? null,
        size_bytes: event.sizeBytes ?? null,
        method: event.method,
        actor: event.actor,
        address: event.address,
      })),
    )
    .onConflict()
    .ignore()
}

const COLUMNS = [
  'id',
  'received_at',
  'happened_at',
  'action',
  'content',
  'repository',
  'tag',
  'digest',
  'size_bytes',
  'method',
  'actor',
  'address',
] as const

const toWaiting = (row: EventRow): WaitingEvent => ({
  id: row.id,
  receivedAt: row.received_at,
  happenedAt: row.happened_at,
  action: row.action,
  content: row.content,
  repository: row.repository,
  tag: row.tag ?? undefined,
  digest: row.digest ?? undefined,
  sizeBytes: row.size_bytes ?? undefined,
  method: row.method,
  actor: row.actor,
  address: row.address,
})

const waitingRows = (database: Database, most: number) =>
  database
    .queryBuilder()
    .from(database.raw('events FORCE INDEX (events_applied)'))
    .whereNull('applied_at')
    .orderBy('id')
    .limit(most)

/** The longest waiting first, as good as always: any order will do. */
export async function listWaitingEvents(
  database: Database,
  most: number,
): Promise<readonly WaitingEvent[]> {
  const rows: EventRow[] = await waitingRows(database, most).select(...COLUMNS)
  return rows.map(toWaiting)
}

/** The same, held against other appliers until the transaction ends. */
export async function lockWaitingEvents(
  transaction: Database,
  most: number,
): Promise<readonly WaitingEvent[]> {
  const rows: EventRow[] = await waitingRows(transaction, most)
    .forUpdate()
    .select(...COLUMNS)
  return rows.map(toWaiting)
}

/** @returns how many of them nobody had applied before */
export async function claimEvents(transaction: Database, ids: readonly number[]): Promise<number> {
  return transaction('events')
    .whereIn('id', [...ids])
    .whereNull('applied_at')
    .update({ applied_at: databaseNow(transaction) })
}

/** @returns how many went; applied ones are kept for a while, to know them when they come again */
export async function removeAppliedEvents(
  database: Database,
  { seconds, most }: { readonly seconds: number; readonly most: number },
): Promise<number> {
  const limit = secondsAgo(database, seconds)
  return database('events').where('applied_at', '<', limit).limit(most).delete()
}

/** The inbox as it is now. */
export interface Inbox {
  /** At most as many as were asked for. */
  readonly waiting: number
  readonly oldestSeconds: number
}

export async function readInbox(database: Database, most: number): Promise<Inbox> {
  const waiting = waitingRows(database, most).select('id')
  const counted = await database.count({ count: '*' }).from(waiting.as('waiting')).first()
  const [oldest] = await waitingRows(database, 1).select(
    database.raw('TIMESTAMPDIFF(MICROSECOND, received_at, UTC_TIMESTAMP(3)) AS microseconds'),
  )
  return {
    waiting: Number(counted?.count ?? 0),
    oldestSeconds: Math.max(0, Number(oldest?.microseconds ?? 0) / 1e6),
  }
}

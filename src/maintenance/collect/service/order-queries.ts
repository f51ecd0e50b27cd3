import { databaseNow, daysAgo, secondsAgo } from '../../../database/clock.ts'
import type { Database } from '../../../database/open-database.ts'

/** `look`: only says that the lock is in hand. */
export type OrderKind = 'collect' | 'dryRun' | 'look'

/**
 * `written`: not to be given out yet. `open`: for the collector that asks next. `taken`: by one that has
 * the lock. `ended`: it said so. `withdrawn`: never begun.
 */
export type OrderState = 'written' | 'open' | 'taken' | 'ended' | 'withdrawn'

/** A collector that took an order and said nothing for so long does not begin it any more. */
export const BEGIN_WITHIN_SECONDS = 120

export interface NewOrder {
  readonly kind: OrderKind
  /** That of the fence; 0 where there is none. */
  readonly epoch: number
  readonly limitSeconds: number
}

export interface OpenOrder {
  readonly id: number
  readonly kind: OrderKind
  readonly limitSeconds: number
}

export interface OrderReading {
  readonly state: OrderState
  /** Null where it was ended by a signal, or has not ended. */
  readonly exitCode: number | null
  /** Since the collector was heard last, or took it. */
  readonly silentSeconds: number
}

/** @returns its id */
export async function insertOrder(
  database: Database,
  { kind, epoch, limitSeconds }: NewOrder,
): Promise<number> {
  const [id] = await database('collector_orders').insert({
    kind,
    epoch,
    limit_seconds: limitSeconds,
    state: 'written',
    created_at: databaseNow(database),
  })
  return Number(id)
}

/** Gives it out. @returns false when it was withdrawn meanwhile */
export const openOrder = async (database: Database, id: number): Promise<boolean> =>
  (await database('collector_orders').where({ id, state: 'written' }).update({ state: 'open' })) ===
  1

/** @returns whether it was withdrawn before any collector took it */
export const withdrawOrder = async (database: Database, id: number): Promise<boolean> =>
  (await database('collector_orders')
    .where({ id })
    .whereIn('state', ['written', 'open'])
    .update({ state: 'withdrawn', ended_at: databaseNow(database) })) === 1

/** @returns whether it was withdrawn since whoever took it never began, and will not (R24) */
export const withdrawUnheard = async (database: Database, id: number): Promise<boolean> =>
  (await database('collector_orders')
    .where({ id, state: 'taken', heard_at: null })
    .where('taken_at', '<', secondsAgo(database, BEGIN_WITHIN_SECONDS))
    .update({ state: 'withdrawn', ended_at: databaseNow(database) })) === 1

/** Withdraws every collection that no collector took; ids need not rise with time. */
export async function withdrawOrdersBeside(database: Database, id: number): Promise<void> {
  await database('collector_orders')
    .whereIn('state', ['written', 'open'])
    .whereNot({ id })
    .whereNot({ kind: 'look' })
    .update({ state: 'withdrawn', ended_at: databaseNow(database) })
}

/** The oldest that is open, for a collector that has the lock; it is nobody else's then. */
export async function takeOrder(database: Database): Promise<OpenOrder | undefined> {
  const row = await database('collector_orders')
    .where({ state: 'open' })
    .orderBy('id')
    .first('id', 'kind', 'limit_seconds')
  if (row === undefined) return undefined
  const taken = await database('collector_orders')
    .where({ id: row.id, state: 'open' })
    .update({ state: 'taken', taken_at: databaseNow(database) })
  return taken === 1 ? { id: row.id, kind: row.kind, limitSeconds: row.limit_seconds } : undefined
}

export async function findOrder(database: Database, id: number): Promise<OrderReading | undefined> {
  const row = await database('collector_orders')
    .where({ id })
    .first(
      'state',
      'exit_code',
      database.raw(
        'TIMESTAMPDIFF(SECOND, COALESCE(heard_at, taken_at, created_at), UTC_TIMESTAMP(3)) AS silent',
      ),
    )
  return row && { state: row.state, exitCode: row.exit_code, silentSeconds: Number(row.silent) }
}

/** Whether a collector is at an order, as far as it was heard lately. */
export async function isSomeHeard(database: Database, withinSeconds: number): Promise<boolean> {
  const row = await database('collector_orders')
    .where({ state: 'taken' })
    .whereNot({ kind: 'look' })
    .where('heard_at', '>', secondsAgo(database, withinSeconds))
    .first('id')
  return row !== undefined
}

/** Tells the collector, when it is heard next, to end what it runs. */
export async function stopOrder(database: Database, id: number): Promise<void> {
  await database('collector_orders').where({ id }).update({ is_stopped: 1 })
}

/** Orders of more than a day ago, with what nobody read of them, bit by bit. */
export async function forgetOldOrders(database: Database): Promise<void> {
  const rows: readonly { readonly id: number }[] = await database('collector_orders')
    .where('created_at', '<', daysAgo(database, 1))
    .orderBy('created_at')
    .limit(20)
    .select('id')
  if (rows.length === 0) return
  const ids = rows.map(({ id }) => id)
  await database('collector_output').whereIn('order_id', ids).delete()
  await database('collector_orders').whereIn('id', ids).delete()
}

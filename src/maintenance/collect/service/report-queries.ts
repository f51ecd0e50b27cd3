import { databaseNow } from '../../../database/clock.ts'
import type { Database } from '../../../database/open-database.ts'
import { lockCollectingFence } from '../../../holds/collecting-queries.ts'
import { BEGIN_WITHIN_SECONDS, type OrderKind, type OrderState } from './order-queries.ts'

/** What is stored of an order that nobody reads; its end is taken in all the same. */
const MOST_PIECES = 1000

export interface Report {
  readonly id: number
  /** Where the output begins, in bytes. */
  readonly from: number
  readonly output: Buffer
  /** How it ended: a code, or `none` where a signal ended it; undefined: it goes on. */
  readonly exit: number | 'none' | undefined
}

interface HeardRow {
  readonly kind: OrderKind
  readonly epoch: number
  readonly heard_at: Date | null
  readonly state: OrderState
  readonly is_stopped: number
  readonly is_late: number
}

async function keepOutput(transaction: Database, { id, from, output }: Report): Promise<void> {
  if (output.length === 0) return
  const rows = await transaction('collector_output')
    .where({ order_id: id })
    .count<{ count: number }[]>({ count: '*' })
  if (Number(rows[0]?.count ?? 0) >= MOST_PIECES) return
  await transaction('collector_output')
    .insert({ order_id: id, position: from, content: output })
    .onConflict()
    .ignore()
}

/**
 * Whether a collector that is heard for the first time is not to begin: it slept too long, or its
 * order was left by a dead worker, and the fence was opened since (R24).
 */
async function isTooLate(
  transaction: Database,
  { kind, epoch, heard_at, is_late }: HeardRow,
): Promise<boolean> {
  if (heard_at !== null) return false
  if (is_late === 1) return true
  return kind === 'collect' && !(await lockCollectingFence(transaction, epoch))
}

/**
 * Takes in what a collector says of an order; the same may be said again.
 *
 * @returns what it is to do; `unknown` where the order is not its own
 */
export async function hearOrder(
  transaction: Database,
  report: Report,
): Promise<'go' | 'stop' | 'unknown'> {
  const { id, exit } = report
  const row: HeardRow | undefined = await transaction('collector_orders')
    .where({ id })
    .forUpdate()
    .first(
      'kind',
      'epoch',
      'state',
      'is_stopped',
      'heard_at',
      transaction.raw(
        `taken_at < UTC_TIMESTAMP(3) - INTERVAL ${BEGIN_WITHIN_SECONDS} SECOND AS is_late`,
      ),
    )
  if (row?.state === 'ended') return 'stop'
  if (row?.state !== 'taken') return 'unknown'
  if (exit === undefined && (await isTooLate(transaction, row))) return 'unknown'
  await keepOutput(transaction, report)
  await transaction('collector_orders')
    .where({ id })
    .update({
      heard_at: databaseNow(transaction),
      ...(exit !== undefined && {
        state: 'ended',
        ended_at: databaseNow(transaction),
        exit_code: exit === 'none' ? null : exit,
      }),
    })
  return row.is_stopped === 1 ? 'stop' : 'go'
}

export interface Piece {
  readonly position: number
  readonly content: Buffer
}

export const listOutput = (
  database: Database,
  { id, most }: { readonly id: number; readonly most: number },
): Promise<readonly Piece[]> =>
  database('collector_output')
    .where({ order_id: id })
    .orderBy('position')
    .limit(most)
    .select<Piece[]>('position', 'content')

/** What was read is not kept. */
export async function deleteOutput(database: Database, id: number, upTo: number): Promise<void> {
  await database('collector_output').where({ order_id: id }).where('position', '<=', upTo).delete()
}

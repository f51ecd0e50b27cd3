import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '../../../database/open-database.ts'
import { AppError } from '../../../errors.ts'
import type { CollectOrder, Collector, CollectorEnd } from '../collector.ts'
import { KILL_AFTER_SECONDS } from '../command-line.ts'
import { type LineSplitter, splitLines } from '../split-lines.ts'
import {
  BEGIN_WITHIN_SECONDS,
  findOrder,
  forgetOldOrders,
  insertOrder,
  isSomeHeard,
  type OrderReading,
  openOrder,
  stopOrder,
  withdrawOrder,
  withdrawOrdersBeside,
  withdrawUnheard,
} from './order-queries.ts'
import { deleteOutput, listOutput } from './report-queries.ts'

const LOOK_EVERY_MS = 500
const PIECES_AT_ONCE = 20

export interface ServiceCollectorDeps {
  readonly database: Database
  /** So long an order waits for a collector that asks; less in tests alone. */
  readonly takeWithinMs?: number
  /** A collector that is heard no more for so long has ended, or not: nobody knows. */
  readonly silentAfterSeconds?: number
}

const TAKE_WITHIN_MS = 20_000
const SILENT_AFTER_SECONDS = 180
const HEARD_WITHIN_SECONDS = 60

const notBegun = (why: string): AppError =>
  new AppError('UNAVAILABLE', { detail: `the collector cannot be begun: ${why}` })

const SILENT =
  'the collector service does not ask for orders; see that it runs and has the secret, and that the lock beside the storage is free'

/** The database may be away for a moment; the collector goes on all the same. */
const lookAt = (database: Database, id: number): Promise<OrderReading | undefined> =>
  findOrder(database, id).catch(() => ({ state: 'taken', exitCode: null, silentSeconds: 0 }))

async function readOutput(database: Database, id: number, lines: LineSplitter): Promise<void> {
  for (;;) {
    const pieces = await listOutput(database, { id, most: PIECES_AT_ONCE })
    for (const { content } of pieces) lines.write(content)
    const last = pieces.at(-1)
    if (last === undefined) return
    await deleteOutput(database, id, last.position)
  }
}

/** @returns undefined while it is not known how it ended */
function endOf(
  reading: OrderReading | undefined,
  { silentAfterSeconds = SILENT_AFTER_SECONDS }: ServiceCollectorDeps,
): CollectorEnd | undefined {
  if (reading?.state === 'ended') return { exitCode: reading.exitCode, sawExit: true }
  const isUnseen = reading === undefined || reading.silentSeconds > silentAfterSeconds
  return isUnseen ? { exitCode: null, sawExit: false } : undefined
}

/** @returns undefined while it is open yet */
async function becameOf(database: Database, id: number): Promise<'taken' | undefined> {
  const { state } = (await lookAt(database, id)) ?? { state: 'withdrawn' }
  if (state === 'withdrawn') throw notBegun('the order was withdrawn')
  return state === 'open' ? undefined : 'taken'
}

/** @throws AppError UNAVAILABLE (503) where no collector took it; then it was withdrawn */
async function untilTaken(
  { database, takeWithinMs = TAKE_WITHIN_MS }: ServiceCollectorDeps,
  id: number,
  signal: AbortSignal,
): Promise<'taken' | 'withdrawn'> {
  const deadlineMs = performance.now() + takeWithinMs
  for (;;) {
    if ((await becameOf(database, id)) === 'taken') return 'taken'
    const isOver = performance.now() > deadlineMs
    if ((isOver || signal.aborted) && (await withdrawOrder(database, id))) {
      if (signal.aborted) return 'withdrawn'
      throw notBegun(SILENT)
    }
    await sleep(LOOK_EVERY_MS)
  }
}

/** @throws AppError UNAVAILABLE (503) where the poll that took it died: then it was withdrawn */
async function requireHeard(
  database: Database,
  id: number,
  reading: OrderReading | undefined,
): Promise<void> {
  const isSilent = reading?.state === 'taken' && reading.silentSeconds >= BEGIN_WITHIN_SECONDS
  if (!isSilent || !(await withdrawUnheard(database, id).catch(() => false))) return
  throw notBegun('the collector service took the order and was not heard any more')
}

async function untilEnded(
  deps: ServiceCollectorDeps,
  id: number,
  { limitSeconds, signal, onLine }: CollectOrder,
): Promise<CollectorEnd> {
  const { database, silentAfterSeconds = SILENT_AFTER_SECONDS } = deps
  const lines = splitLines(onLine)
  const longestMs = (limitSeconds + KILL_AFTER_SECONDS + silentAfterSeconds) * 1000
  const startedAtMs = performance.now()
  let isStopped = false
  for (;;) {
    const reading = await lookAt(database, id)
    await requireHeard(database, id, reading)
    const end = endOf(reading, deps)
    await readOutput(database, id, lines).catch(() => undefined)
    if (end !== undefined) {
      lines.end()
      return end
    }
    if (performance.now() - startedAtMs > longestMs) return { exitCode: null, sawExit: false }
    if (signal.aborted && !isStopped) {
      isStopped = await stopOrder(database, id).then(
        () => true,
        () => false,
      )
    }
    await sleep(LOOK_EVERY_MS)
  }
}

async function run(deps: ServiceCollectorDeps, order: CollectOrder): Promise<CollectorEnd> {
  const { database } = deps
  const { dryRun, epoch, limitSeconds } = order
  await forgetOldOrders(database)
  const kind = dryRun ? 'dryRun' : 'collect'
  const id = await insertOrder(database, { kind, epoch, limitSeconds })
  try {
    await order.confirm()
  } catch (error) {
    await withdrawOrder(database, id)
    throw error
  }
  // A worker that slept since then finds it withdrawn by who opened the fence (R24).
  if (!(await openOrder(database, id))) throw notBegun('the order was withdrawn')
  // What no collector has taken never began: nothing of it can be under way.
  const became = await untilTaken(deps, id, order.signal)
  if (became === 'withdrawn') return { exitCode: null, sawExit: true }
  return untilEnded(deps, id, order)
}

/**
 * A collector asks only with the lock in hand, and ends what it took before it asks again. So whoever
 * answers this order, which was made after all those before, proves that none of them runs.
 */
async function isFree(deps: ServiceCollectorDeps): Promise<boolean> {
  const { database } = deps
  // Those who look again and again while it is stuck leave one each.
  await forgetOldOrders(database)
  const id = await insertOrder(database, { kind: 'look', epoch: 0, limitSeconds: 0 })
  await withdrawOrdersBeside(database, id)
  await openOrder(database, id)
  const deadlineMs = performance.now() + (deps.takeWithinMs ?? TAKE_WITHIN_MS)
  while (performance.now() < deadlineMs) {
    const reading = await findOrder(database, id)
    if (reading?.state === 'ended') return true
    await sleep(LOOK_EVERY_MS)
  }
  await withdrawOrder(database, id)
  if (await isSomeHeard(database, HEARD_WITHIN_SECONDS)) return false
  throw new AppError('UNAVAILABLE', { detail: SILENT, retryAfterSeconds: 30 })
}

/** A collector that is a service of its own, which asks the private listener for orders (R27). */
export const createServiceCollector = (deps: ServiceCollectorDeps): Collector => ({
  describe: 'the collector service, which asks the private listener for orders',
  run: (order) => run(deps, order),
  isFree: () => isFree(deps),
})

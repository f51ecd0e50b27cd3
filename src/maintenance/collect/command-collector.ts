import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../errors.ts'
import type { CollectOrder, Collector, CollectorEnd } from './collector.ts'
import {
  type CommandPlace,
  collectCommand,
  KILL_AFTER_SECONDS,
  LOCKED,
  NO_FILE,
  ordersOf,
  withdrawCommand,
} from './command-line.ts'
import { type CommandEnd, runCommand } from './run-command.ts'

/** The programs around the collector have ended this long after it. */
const GRACE_MS = 5000
const WITHDRAW_MS = 20_000

const notBegun = (detail: string, cause?: unknown): AppError =>
  new AppError('UNAVAILABLE', { detail: `the collector cannot be begun: ${detail}`, cause })

/** @throws AppError where the collector was not begun */
function requireBegun(end: CommandEnd, lastLine: string): void {
  if (end?.code === LOCKED) {
    throw new AppError('CONFLICT', {
      detail: 'a collector is running on this storage already; wait until it has ended',
    })
  }
  if (end?.code === NO_FILE) throw notBegun(lastLine)
}

async function isFree(place: CommandPlace): Promise<boolean> {
  let lastLine = ''
  const end = await runCommand({
    command: withdrawCommand(place),
    onLine: (line) => {
      lastLine = line
    },
    signal: new AbortController().signal,
    longestMs: WITHDRAW_MS,
    graceMs: WITHDRAW_MS,
  })
  if (end?.code === 0) return true
  if (end?.code === LOCKED) return false
  throw new AppError('UNAVAILABLE', {
    detail: `the lock ${place.lock} cannot be taken: ${lastLine || 'it was not answered'}`,
  })
}

/** Who was killed by force may have left the collector behind; the lock tells whether it did. */
async function hasEnded(place: CommandPlace, end: CommandEnd): Promise<boolean> {
  if (end === undefined || end.signal === 'SIGKILL') return false
  return isFree(place).catch(() => false)
}

async function makeOrder(place: CommandPlace, epoch: number): Promise<string> {
  const dir = join(ordersOf(place), `${epoch}-${randomUUID()}`)
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    return dir
  } catch (error) {
    throw notBegun(error instanceof Error ? error.message : String(error), error)
  }
}

async function run(place: CommandPlace, order: CollectOrder): Promise<CollectorEnd> {
  const orderDir = await makeOrder(place, order.epoch)
  try {
    await order.confirm()
  } catch (error) {
    await rm(orderDir, { recursive: true, force: true })
    throw error
  }
  let lastLine = ''
  let hasBegun = false
  const onLine = (line: string): void => {
    lastLine = line
    hasBegun ||= !line.startsWith('flock: ')
    order.onLine(line)
  }
  const limitMs = (order.limitSeconds + KILL_AFTER_SECONDS) * 1000
  const end = await runCommand({
    command: collectCommand(place, { ...order, orderDir }),
    onLine,
    signal: order.signal,
    longestMs: limitMs + GRACE_MS,
    graceMs: KILL_AFTER_SECONDS * 1000 + GRACE_MS,
  }).catch((error: Error) => {
    throw notBegun(error.message, error)
  })
  if (!hasBegun) requireBegun(end, lastLine)
  const sawExit = await hasEnded(place, end)
  if (sawExit) await rm(orderDir, { recursive: true, force: true })
  return { exitCode: end?.code ?? null, sawExit }
}

/** A collector that is a program on this machine, with the storage at hand. */
export const createCommandCollector = (place: CommandPlace): Collector => ({
  describe: `${place.words.join(' ')} (lock ${place.lock})`,
  run: (order) => run(place, order),
  isFree: () => isFree(place),
})

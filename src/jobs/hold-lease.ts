import type { Database } from '../database/open-database.ts'
import { repeat } from '../database/repeat.ts'
import { inTransaction } from '../database/transaction.ts'
import { isCancelRequested, lockHeldJob, renewLease } from './claim-queries.ts'
import type { NoteBook } from './take-notes.ts'
import { type JobKey, JobStopped, type StopReason } from './types.ts'

/** How often a worker looks whether its job was cancelled, and writes down what is new. */
const LOOK_EVERY_MS = 1000
/** Beats in one lease: some may fail before it is lost. */
const BEATS = 4
/** We call a lease lost before the database does: who takes over never meets us. */
const SAFE_PART = 0.9

export interface HoldLeaseDeps {
  readonly database: Database
  readonly leaseSeconds: number
  readonly monotonicMs: () => number
}

/** The right to go on with one attempt. */
export interface HeldLease {
  readonly signal: AbortSignal
  /** By this process's clock: the last good heartbeat is too long ago. */
  readonly isOver: () => boolean
  readonly stopBecause: (why: StopReason) => void
  /** @throws JobStopped */
  readonly check: () => void
  /** @throws JobStopped */
  readonly inLease: <T>(work: (transaction: Database) => Promise<T>) => Promise<T>
  /** Ends the heartbeats, after the one that may be under way. */
  readonly end: () => Promise<void>
}

/**
 * Keeps a job for this process: a heartbeat four times in each lease, with what the attempt has to say.
 * A process that was stopped, or was without the database for too long, finds that its lease is over
 * before it does anything else.
 *
 * @param takenAtMs when the claim was sent
 */
export function holdLease(
  { database, leaseSeconds, monotonicMs }: HoldLeaseDeps,
  { key, notes, takenAtMs }: JobHold,
): HeldLease {
  const controller = new AbortController()
  const { signal } = controller
  const safeMs = leaseSeconds * 1000 * SAFE_PART
  let renewedAtMs = takenAtMs
  let written = 0
  const stopBecause = (why: StopReason): void => controller.abort(new JobStopped(why))
  const isOver = (): boolean => monotonicMs() - renewedAtMs >= safeMs
  const check = (): void => {
    if (isOver()) stopBecause('lost')
    signal.throwIfAborted()
  }
  const renew = async (): Promise<void> => {
    const beganAtMs = monotonicMs()
    const edition = notes.edition()
    const isHeld = await renewLease(database, key, { leaseSeconds, notes: notes.read() })
    if (!isHeld) return stopBecause('lost')
    renewedAtMs = beganAtMs
    written = edition
  }
  const look = async (): Promise<void> => {
    if (isOver()) return stopBecause('lost')
    const isDue = monotonicMs() - renewedAtMs >= (leaseSeconds * 1000) / BEATS
    if (isDue || notes.edition() > written) await renew()
    if (await isCancelRequested(database, key)) stopBecause('cancelled')
  }
  const everyMs = Math.min(LOOK_EVERY_MS, (leaseSeconds * 1000) / (2 * BEATS))
  // The database may come back in time.
  const end = repeat({ everyMs, work: look, onFailure: () => undefined })
  const inLease: HeldLease['inLease'] = async (work) => {
    check()
    return inTransaction(database, async (transaction) => {
      if (!(await lockHeldJob(transaction, key))) stopBecause('lost')
      signal.throwIfAborted()
      return work(transaction)
    })
  }
  return { signal, isOver, stopBecause, check, inLease, end }
}

export interface JobHold {
  readonly key: JobKey
  readonly notes: NoteBook
  readonly takenAtMs: number
}

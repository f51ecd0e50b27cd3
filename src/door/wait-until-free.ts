import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import { describeHold } from '../holds/describe-hold.ts'
import type { Hold } from '../holds/types.ts'
import type { UnderWay } from '../holds/under-way.ts'
import { type Clocks, startStopwatch } from './stopwatch.ts'

/** Clients wait in silence for longer than this; proxies in front of us may not. */
const LONGEST_WAIT_MS = 55_000
const LOOK_EVERY_MS = 250
/** Where the database does not answer, nobody is helped by asking it more often. */
const LOOK_AGAIN_MS = 1000

export interface WaitUntilFreeDeps extends Clocks {
  readonly database: Database
  readonly underWay: Pick<UnderWay, 'begin'>
  /** Less than that in tests alone. */
  readonly longestWaitMs?: number | undefined
}

export const denied = (detail: string): AppError => new AppError('DENIED', { detail })

const DATABASE_AWAY =
  'the database of the token service does not answer, so no manifest can be written now; push again in a moment'

/** Nobody reads what is said to a client that is gone; its write ends here. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal })
  } catch (cause) {
    throw new AppError('REQUEST_INVALID', { detail: 'the client left before its turn', cause })
  }
}

type Look = () => Promise<Hold | undefined>

/** @returns why it has to wait, and for how long before the next look; undefined: it has not */
async function lookOnce(
  look: Look,
): Promise<
  { readonly reason: string; readonly pauseMs: number; readonly isFinal: boolean } | undefined
> {
  try {
    const hold = await look()
    if (hold === undefined) return undefined
    const isFinal = hold.kind === 'read-only'
    return { reason: describeHold(hold), pauseMs: LOOK_EVERY_MS, isFinal }
  } catch {
    // A hold that cannot be seen may be there (R25).
    return { reason: DATABASE_AWAY, pauseMs: LOOK_AGAIN_MS, isFinal: false }
  }
}

/** A write that may go on. */
export interface Free {
  /** Time since the look began that saw no hold. */
  readonly sinceLook: () => number
  /** To be called when it has ended, whatever became of it: whoever takes a hold waits for that. */
  readonly end: () => void
}

/**
 * Waits until nothing holds a write. What a person has set does not pass by itself, so it is told at
 * once.
 *
 * @param signal aborted when nobody waits for the answer any more
 * @returns what the look that saw no hold lets through
 * @throws AppError DENIED (403) with the reason, after 55 seconds
 */
export async function waitUntilFree(
  deps: WaitUntilFreeDeps,
  look: Look,
  signal: AbortSignal,
): Promise<Free> {
  const waited = startStopwatch(deps)
  for (;;) {
    const end = deps.underWay.begin()
    const sinceLook = startStopwatch(deps)
    const held = await lookOnce(look)
    if (held === undefined) return { sinceLook, end }
    end()
    if (held.isFinal || waited() >= (deps.longestWaitMs ?? LONGEST_WAIT_MS)) {
      throw denied(held.reason)
    }
    await pause(held.pauseMs, signal)
  }
}

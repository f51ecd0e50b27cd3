import { setTimeout as setTimer } from 'node:timers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '../database/open-database.ts'
import { listReplicaIds } from '../database/replicas.ts'
import type { TakenHold } from './take-hold.ts'
import type { UnderWay } from './under-way.ts'

/** The door ends what it sends this long after it began to look for holds. */
export const FORWARD_MS = 10_000
/** That, and what a registry may still have to write down of what reached it at the last moment. */
const DRAIN_MS = 15_000

/**
 * For a write that was given up without an answer: the registry may still be at it, so it counts as
 * under way for the time that whoever waits by the clock alone gives it.
 */
export const endLater = (end: () => void): void => {
  setTimer(end, DRAIN_MS - FORWARD_MS).unref()
}

export interface WaitDrainedDeps {
  readonly database: Database
  readonly underWay: UnderWay
  /** This process, as it tells others of itself. */
  readonly replicaId: string
}

export type WaitDrained = (
  hold: Pick<TakenHold, 'takenAtMs'>,
  options?: { readonly signal?: AbortSignal | undefined },
) => Promise<void>

const isAlone = async ({ database, replicaId }: WaitDrainedDeps): Promise<boolean> => {
  // A process that died may have sent something right before; it is listed for an hour.
  const ids = await listReplicaIds(database, 2)
  return ids.length === 1 && ids[0] === replicaId
}

/**
 * Waits until nothing that was let through before the hold is under way any more, at any door.
 *
 * A door that saw no hold began to look before the hold was committed, so what it sends ends ten
 * seconds after that. No door has to be asked, and none that died leaves anything behind. Where this
 * process is the only one it knows of each, and waits no longer than they take.
 */
export const createWaitDrained =
  (deps: WaitDrainedDeps): WaitDrained =>
  async ({ takenAtMs }, { signal } = {}) => {
    const leftMs = Math.max(takenAtMs + DRAIN_MS - performance.now(), 0)
    const timeout = sleep(leftMs, undefined, signal && { signal })
    if (!(await isAlone(deps))) return timeout
    await Promise.race([timeout, deps.underWay.ended(signal)])
    timeout.catch(() => undefined)
  }

import { repeat } from '../database/repeat.ts'
import { createRecomputeFigures } from './recompute-figures.ts'
import { AT_ONCE, refreshDirty } from './refresh-dirty.ts'
import { isRegistryAway, type RefreshDeps } from './refresh-outcome.ts'
import { trimHistory } from './trim-history.ts'

const EVERY_MS = 200
const MOST_BATCHES = 100
const TRIM_EVERY_MS = 30_000

export interface KeepIndexDeps extends RefreshDeps {
  /** Whether this process is the one that keeps the index now. */
  readonly isLeader: () => Promise<boolean>
  readonly onRead: (count: number) => void
  /** Told of every reading that failed. */
  readonly onReadFailure: (error: unknown) => void
  /** Told when the work itself begins to fail. */
  readonly onFailure: (error: unknown) => void
  readonly monotonicMs: () => number
}

/**
 * Reads what was marked and counts what changed, batch after batch while there is some, and lets go
 * of history that is too long.
 */
export function keepIndex(deps: KeepIndexDeps): () => Promise<void> {
  const { isLeader, onRead, onReadFailure, onFailure } = deps
  const recompute = createRecomputeFigures(deps)
  const refresh = async (): Promise<void> => {
    for (let batch = 0; batch < MOST_BATCHES && (await isLeader()); batch++) {
      const { read, failures } = await refreshDirty(deps)
      onRead(read)
      for (const error of failures) onReadFailure(error)
      // What comes in meanwhile waits for the next round, so that it is read together.
      if (read < AT_ONCE || failures.some(isRegistryAway)) return
    }
  }
  const count = async (): Promise<void> => {
    for (let batch = 0; batch < MOST_BATCHES && (await isLeader()); batch++) {
      if (!(await recompute())) return
    }
  }
  const trim = async (): Promise<void> => {
    if (await isLeader()) await trimHistory(deps.database)
  }
  const stops = [
    repeat({ everyMs: EVERY_MS, work: refresh, onFailure }),
    repeat({ everyMs: EVERY_MS, work: count, onFailure }),
    repeat({ everyMs: TRIM_EVERY_MS, work: trim, onFailure }),
  ]
  return async () => {
    await Promise.all(stops.map((stop) => stop()))
  }
}

import { setTimeout as sleep } from 'node:timers/promises'

const LOOK_EVERY_MS = 20

/** The writes of this process that found no hold in their way and have not ended yet. */
export interface UnderWay {
  /**
   * To be called before a look for holds.
   *
   * @returns to be called when the write was not let through, or when what was sent has ended
   */
  readonly begin: () => () => void
  /** Waits for those that began before this; later ones see every hold that was there before it. */
  readonly ended: (signal?: AbortSignal) => Promise<void>
  readonly count: () => number
}

export function createUnderWay(): UnderWay {
  const writes = new Set<symbol>()
  return {
    begin: () => {
      const write = Symbol('write')
      writes.add(write)
      return () => void writes.delete(write)
    },
    ended: async (signal) => {
      const earlier = [...writes]
      while (earlier.some((write) => writes.has(write))) {
        await sleep(LOOK_EVERY_MS, undefined, signal && { signal })
      }
    },
    count: () => writes.size,
  }
}

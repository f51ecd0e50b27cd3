import pLimit from 'p-limit'
import { AppError } from '../errors.ts'

/** Lets so many calls run at once; the others wait for their turn, first come first served. */
export interface Gate {
  /** @throws AppError UNAVAILABLE (503) when the turn came too late; the call is not made then */
  readonly run: <T>(call: () => Promise<T>) => Promise<T>
}

/** @param longestWaitMs who waited longer is refused, so that a slow registry gathers no crowd */
export function createGate({
  atOnce,
  longestWaitMs,
  monotonicMs = () => performance.now(),
}: {
  readonly atOnce: number
  readonly longestWaitMs: number
  readonly monotonicMs?: () => number
}): Gate {
  const limit = pLimit(atOnce)
  return {
    run: (call) => {
      const askedAtMs = monotonicMs()
      return limit(() => {
        if (monotonicMs() - askedAtMs <= longestWaitMs) return call()
        throw new AppError('UNAVAILABLE', {
          detail: 'the registry is too slow for all that is asked of it; try again in a moment',
          retryAfterSeconds: 5,
        })
      })
    },
  }
}

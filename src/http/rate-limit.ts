import { LRUCache } from 'lru-cache'
import { AppError } from '../errors.ts'
import { type Caller, ownerOf } from './caller.ts'

const WINDOW_SECONDS = 60
/** Beyond these the longest silent ones begin anew: what callers can make us remember is bounded. */
const MOST_CALLERS = 100_000

/** What a caller has left. */
export interface Allowance {
  readonly headers: Readonly<Record<string, string>>
  /** Set when nothing is left: when to come again. */
  readonly retryAfterSeconds: number | undefined
}

/** Counts one request of a caller. */
export type RateLimit = (caller: Caller) => Allowance

export interface RateLimitInput {
  /** Requests of one caller within a minute; 0 counts nothing. */
  readonly perMinute: number
  /** The network that an anonymous caller's address is counted under. */
  readonly networkOf: (address: string) => string
  readonly monotonicMs: () => number
}

const UNLIMITED: Allowance = { headers: {}, retryAfterSeconds: undefined }

/**
 * Makes the count of requests of the API, per caller and process. Everybody has a minute of their
 * own, which begins with their first request.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 */
export function createRateLimit({ perMinute, networkOf, monotonicMs }: RateLimitInput): RateLimit {
  if (perMinute === 0) return () => UNLIMITED
  // By size: with `max` the room for all that it may hold is taken at once.
  const windows = new LRUCache<string, { readonly endsAtMs: number; count: number }>({
    maxSize: MOST_CALLERS,
    sizeCalculation: () => 1,
  })
  const policy = `"api";q=${perMinute};w=${WINDOW_SECONDS}`
  const windowOf = (key: string, nowMs: number) => {
    const known = windows.get(key)
    if (known !== undefined && known.endsAtMs > nowMs) return known
    const begun = { endsAtMs: nowMs + WINDOW_SECONDS * 1000, count: 0 }
    windows.set(key, begun)
    return begun
  }
  return (caller) => {
    const { subject, origin } = caller
    const key = subject.kind === 'anonymous' ? networkOf(origin.address) : ownerOf(caller)
    const nowMs = monotonicMs()
    const window = windowOf(key, nowMs)
    window.count++
    const left = Math.max(0, perMinute - window.count)
    const resetSeconds = Math.ceil((window.endsAtMs - nowMs) / 1000)
    return {
      retryAfterSeconds: window.count > perMinute ? resetSeconds : undefined,
      headers: {
        'RateLimit-Policy': policy,
        RateLimit: `"api";r=${left};t=${resetSeconds}`,
        // The form of the draft's earlier versions, which more programs read.
        'RateLimit-Limit': String(perMinute),
        'RateLimit-Remaining': String(left),
        'RateLimit-Reset': String(resetSeconds),
      },
    }
  }
}

/** @throws AppError RATE_LIMITED (429) when nothing is left */
export function requireAllowance({ retryAfterSeconds }: Allowance): void {
  if (retryAfterSeconds === undefined) return
  throw new AppError('RATE_LIMITED', {
    detail: `that are too many requests within a minute; go on in ${retryAfterSeconds} seconds`,
    retryAfterSeconds,
  })
}

import type { IncomingMessage } from 'node:http'
import { LRUCache } from 'lru-cache'
import type { ChangeVersion } from '../database/change-version.ts'
import type { VersionWatch } from '../database/version-watch.ts'
import type { CacheStats } from '../metrics/cache-stats.ts'
import type { IssuedToken } from './issue-token.ts'

/** A whole answer is repeated for this share of its token's life at most. */
const REPEAT_SHARE = 0.1

/** One moment on the clock that only goes forward, and on that of the wall. */
interface Moment {
  readonly ms: number
  readonly wallMs: number
}

interface KeptAnswer {
  readonly token: string
  readonly endsAtMs: number
  readonly keptAt: Moment
  readonly repeatForMs: number
  readonly version: ChangeVersion
}

/** A request that was not answered from here: its key, and the version when it came. */
interface Asked {
  readonly key: string
  readonly since: ChangeVersion
}

export interface AnswerCache {
  /** Undefined when it has to be worked out: never seen, too long ago, or something has changed. */
  readonly find: (request: IncomingMessage) => IssuedToken | undefined
  /**
   * Keeps the answer to a request that was looked for here before anything was read for it.
   *
   * @param until the end of the earliest right in it; it is not repeated after that (R3)
   */
  readonly keep: (request: IncomingMessage, issued: IssuedToken, until?: Date | undefined) => void
  readonly stats: () => CacheStats
}

export interface AnswerCacheDeps {
  readonly watch: VersionWatch
  readonly most: number
  readonly fingerprint: (...parts: readonly string[]) => string
  /** A renewed leaf is used at once. */
  readonly leafFingerprint: () => string
  readonly monotonicMs: () => number
  readonly now: () => Date
}

const isSame = (a: ChangeVersion, b: ChangeVersion): boolean =>
  a.counter === b.counter && a.epoch === b.epoch

/** A machine that sleeps stops the one clock, and who sets the time moves the other. */
const passedMs = (from: Moment, to: Moment): number =>
  Math.max(to.ms - from.ms, Math.abs(to.wallMs - from.wallMs))

/**
 * Keeps whole answers of the realm under the change version: any change of accounts or rights makes
 * all of them old (decision 3). Its keys are HMACs of credentials and query, so no secret lies in
 * memory.
 */
export function createAnswerCache(deps: AnswerCacheDeps): AnswerCache {
  const { watch, fingerprint, monotonicMs } = deps
  const kept = new LRUCache<string, KeptAnswer>({ max: deps.most })
  const asked = new WeakMap<IncomingMessage, Asked>()
  const lookUps = { hit: 0, miss: 0 }
  const readClocks = (): Moment => ({ ms: monotonicMs(), wallMs: deps.now().getTime() })
  const look: AnswerCache['find'] = (request) => {
    const version = watch.version()
    if (version === undefined || watch.freshness() !== 'fresh') return undefined
    const { headers, url = '' } = request
    const key = fingerprint(headers.authorization ?? '', url, deps.leafFingerprint())
    const answer = kept.get(key)
    const now = readClocks()
    const isGood = answer && passedMs(answer.keptAt, now) < answer.repeatForMs
    if (!isGood || !isSame(answer.version, version)) {
      asked.set(request, { key, since: version })
      return undefined
    }
    const expiresInSeconds = Math.floor((answer.endsAtMs - now.ms) / 1000)
    return { token: answer.token, expiresInSeconds }
  }
  const find: AnswerCache['find'] = (request) => {
    const found = look(request)
    lookUps[found === undefined ? 'miss' : 'hit']++
    return found
  }
  const keep: AnswerCache['keep'] = (request, { token, expiresInSeconds }, until) => {
    const question = asked.get(request)
    const version = watch.version()
    // What changed since it was asked may not be in this answer.
    if (!question || !version || !isSame(question.since, version)) return
    const keptAt = readClocks()
    const lifeMs = expiresInSeconds * 1000
    const rightMs = until ? until.getTime() - keptAt.wallMs : Number.POSITIVE_INFINITY
    const repeatForMs = Math.min(lifeMs * REPEAT_SHARE, rightMs)
    kept.set(question.key, { token, endsAtMs: keptAt.ms + lifeMs, keptAt, repeatForMs, version })
  }
  return { find, keep, stats: () => ({ entries: kept.size, lookUps }) }
}

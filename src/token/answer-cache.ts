import type { IncomingMessage } from 'node:http'
import { LRUCache } from 'lru-cache'
import type { ChangeVersion } from '../database/change-version.ts'
import type { VersionWatch } from '../database/version-watch.ts'
import type { CacheStats } from '../metrics/cache-stats.ts'
import type { Subject } from '../protocol/subject.ts'
import type { IssuedToken } from './issue-token.ts'

/** A whole answer is repeated for this share of its token's life at most. */
const REPEAT_SHARE = 0.1

/** One moment on the clock that only goes forward, and on that of the wall. */
interface Moment {
  readonly ms: number
  readonly wallMs: number
}

/** An answer, and whose it is. */
export interface AnswerOf {
  readonly issued: IssuedToken
  readonly subject: Subject
}

interface KeptAnswer {
  readonly token: string
  readonly subject: Subject
  readonly endsAtMs: number
  readonly keptAt: Moment
  readonly repeatForMs: number
  readonly version: ChangeVersion
}

/** A request that was not answered from here: its key, and the version when it came. */
export interface Asked {
  readonly key: string
  readonly since: ChangeVersion
}

export interface AnswerCache {
  /**
   * The kept answer; else what has to be known to keep one. Neither while nothing may be repeated:
   * never seen, too long ago, or something has changed.
   */
  readonly find: (request: IncomingMessage) => {
    readonly answer?: AnswerOf
    readonly asked?: Asked
  }
  /** Hands over, to whoever answers the same request the whole way, what `find` has said. */
  readonly remember: (request: IncomingMessage, asked: Asked) => void
  /**
   * Keeps the answer to a request that took the whole way.
   *
   * @param until the end of the earliest right in it; it is not repeated after that (R3)
   */
  readonly keep: (request: IncomingMessage, answer: AnswerOf, until?: Date | undefined) => void
  /**
   * The same for one that was worked out from memory, but only when it is asked for again: most are
   * not, and keeping those would cost more than it saves.
   */
  readonly keepAsked: (asked: Asked, answer: AnswerOf, until?: Date | undefined) => void
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

const KEY_BEGINNING = 12

/** Tells whether a key was there before, not too long ago; two generations bound what it holds. */
function createSecondTime(most: number): (key: string) => boolean {
  let young = new Set<string>()
  let old = new Set<string>()
  return (key) => {
    const beginning = key.slice(0, KEY_BEGINNING)
    if (young.has(beginning) || old.has(beginning)) return true
    if (young.size >= most) {
      old = young
      young = new Set()
    }
    young.add(beginning)
    return false
  }
}

/**
 * Keeps whole answers of the realm under the change version: any change of accounts or rights makes
 * all of them old (decision 3). Its keys are HMACs of credentials and query, so no secret lies in
 * memory.
 */
export function createAnswerCache(deps: AnswerCacheDeps): AnswerCache {
  const { watch, fingerprint, monotonicMs } = deps
  // By size: with `max` the room for all that it may hold is taken at once.
  const kept = new LRUCache<string, KeptAnswer>({ maxSize: deps.most, sizeCalculation: () => 1 })
  const onTheirWay = new WeakMap<IncomingMessage, Asked>()
  const isSecondTime = createSecondTime(deps.most)
  const lookUps = { hit: 0, miss: 0 }
  const readClocks = (): Moment => ({ ms: monotonicMs(), wallMs: deps.now().getTime() })
  const look: AnswerCache['find'] = ({ headers, url = '' }) => {
    const version = watch.version()
    if (version === undefined || watch.freshness() !== 'fresh') return {}
    const key = fingerprint(headers.authorization ?? '', url, deps.leafFingerprint())
    const answer = kept.get(key)
    const now = readClocks()
    const isGood = answer && passedMs(answer.keptAt, now) < answer.repeatForMs
    if (!isGood || !isSame(answer.version, version)) return { asked: { key, since: version } }
    const expiresInSeconds = Math.floor((answer.endsAtMs - now.ms) / 1000)
    const issued = { token: answer.token, expiresInSeconds }
    return { answer: { issued, subject: answer.subject } }
  }
  const find: AnswerCache['find'] = (request) => {
    const found = look(request)
    lookUps[found.answer === undefined ? 'miss' : 'hit']++
    return found
  }
  const store = (asked: Asked, { issued, subject }: AnswerOf, until: Date | undefined): void => {
    const version = watch.version()
    // What changed since it was asked may not be in this answer.
    if (!version || !isSame(asked.since, version)) return
    const keptAt = readClocks()
    const lifeMs = issued.expiresInSeconds * 1000
    const rightMs = until ? until.getTime() - keptAt.wallMs : Number.POSITIVE_INFINITY
    const repeatForMs = Math.min(lifeMs * REPEAT_SHARE, rightMs)
    const endsAtMs = keptAt.ms + lifeMs
    const { token } = issued
    kept.set(asked.key, { token, subject, endsAtMs, keptAt, repeatForMs, version })
  }
  return {
    find,
    remember: (request, asked) => void onTheirWay.set(request, asked),
    keep: (request, answer, until) => {
      const asked = onTheirWay.get(request)
      if (asked !== undefined) store(asked, answer, until)
    },
    keepAsked: (asked, answer, until) => {
      if (isSecondTime(asked.key)) store(asked, answer, until)
    },
    stats: () => ({ entries: kept.size, lookUps }),
  }
}

import type { Change, ChangeVersion, VersionNews } from './change-version.ts'

const POLL_EVERY_MS = 400
/** A version that was read longer ago says nothing about now. */
const FRESH_MS = 1000

export interface VersionWatchDeps {
  /** Reads the newest version over a connection of its own, within 800 ms, or throws. */
  readonly readNews: (since: ChangeVersion | undefined) => Promise<VersionNews>
  readonly graceSeconds: number
  /** Milliseconds that only go forward. */
  readonly monotonicMs: () => number
  readonly now: () => Date
}

/**
 * `fresh`: the version is that of this second. `grace`: the database is away, for no longer than was
 * configured; who is known goes on. `closed`: it has been away for too long.
 */
export type Freshness = 'fresh' | 'grace' | 'closed'

export interface WatchStats {
  /** What freshness is judged by; infinite before the first good poll. */
  readonly ageSeconds: number
  /** Since the start, by outcome. */
  readonly polls: Readonly<Record<'ok' | 'failed', number>>
}

/** What this process knows of the change version, and how long ago it was true. */
export interface VersionWatch {
  readonly version: () => ChangeVersion | undefined
  /** By the start of the last good poll, on the clock that only goes forward and on that of the wall. */
  readonly freshness: () => Freshness
  /**
   * Freshness after a look at the database, where one is due: a process that was too busy to poll
   * looks now, one whose last look failed says so at once. Never throws.
   */
  readonly settle: () => Promise<Freshness>
  /** Looks once more, from now on: who has just changed something sees it here at once. Never throws. */
  readonly lookAgain: () => Promise<void>
  /** `undefined` means: anything may have changed. */
  readonly onChange: (listener: (changes: readonly Change[] | undefined) => void) => void
  readonly stats: () => WatchStats
  /** @returns stops it */
  readonly start: () => () => Promise<void>
}

const isSame = (a: ChangeVersion | undefined, b: ChangeVersion): boolean =>
  a?.epoch === b.epoch && a.counter === b.counter

function freshnessAt(ageMs: number, graceSeconds: number): Freshness {
  if (ageMs <= FRESH_MS) return 'fresh'
  return ageMs <= FRESH_MS + graceSeconds * 1000 ? 'grace' : 'closed'
}

interface LastLook {
  /** When the last good poll began, on either clock. */
  goodAtMs: number
  goodAtWallMs: number
  hasFailed: boolean
  readonly polls: { ok: number; failed: number }
}

const neverLooked = (): LastLook => ({
  goodAtMs: Number.NEGATIVE_INFINITY,
  goodAtWallMs: Number.NEGATIVE_INFINITY,
  hasFailed: false,
  polls: { ok: 0, failed: 0 },
})

type Begun = Pick<LastLook, 'goodAtMs' | 'goodAtWallMs'>

function noteGood(last: LastLook, begun: Begun): void {
  Object.assign(last, begun, { hasFailed: false })
  last.polls.ok++
}

/**
 * A look that took longer than it may says nothing about the database: it is the process that was held
 * up (SIGSTOP, a machine that slept), and the answer may lie unread beside the deadline that passed.
 */
function noteFailed(last: LastLook, tookMs: number): void {
  last.hasFailed = tookMs <= FRESH_MS
  last.polls.failed++
}

/** On the clock on which it is older. */
function ageMsOf(last: LastLook, { monotonicMs, now }: VersionWatchDeps): number {
  const wallMs = Math.abs(now().getTime() - last.goodAtWallMs)
  return Math.max(monotonicMs() - last.goodAtMs, wallMs)
}

/** Watches the change version (R6). Whoever caches rows serves them only while it is fresh. */
export function createVersionWatch(deps: VersionWatchDeps): VersionWatch {
  const { readNews, graceSeconds, monotonicMs, now } = deps
  const last = neverLooked()
  const listeners: ((changes: readonly Change[] | undefined) => void)[] = []
  let version: ChangeVersion | undefined
  let running: Promise<void> | undefined

  const look = async (): Promise<void> => {
    const begun = { goodAtMs: monotonicMs(), goodAtWallMs: now().getTime() }
    const news = await readNews(version)
    if (!isSame(version, news.version)) {
      version = news.version
      for (const listener of listeners) listener(news.changes)
    }
    noteGood(last, begun)
  }
  const poll = (): Promise<void> => {
    const begunAtMs = monotonicMs()
    running ??= look()
      .catch(() => noteFailed(last, monotonicMs() - begunAtMs))
      .finally(() => {
        running = undefined
      })
    return running
  }
  const freshness = (): Freshness => freshnessAt(ageMsOf(last, deps), graceSeconds)
  const settle = async (): Promise<Freshness> => {
    const before = freshness()
    if (before === 'fresh' || last.hasFailed) return before
    await running
    // That look may have begun before the clock was set, or too long ago.
    if (freshness() !== 'fresh' && !last.hasFailed) await poll()
    return freshness()
  }
  const lookAgain = async (): Promise<void> => {
    // The look that is under way may have begun before the change.
    await running
    await poll()
  }
  const start = (): (() => Promise<void>) => {
    void poll()
    const timer = setInterval(() => void poll(), POLL_EVERY_MS)
    return async () => {
      clearInterval(timer)
      await running
    }
  }
  const onChange: VersionWatch['onChange'] = (listener) => void listeners.push(listener)
  const stats = (): WatchStats => ({ ageSeconds: ageMsOf(last, deps) / 1000, polls: last.polls })
  return { version: () => version, freshness, settle, lookAgain, onChange, stats, start }
}

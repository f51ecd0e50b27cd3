import { type EventLoopUtilization, performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

/** Fewer requests in a second are no traffic that anything would give way to. */
const FEW = 20
const SECOND_MS = 1000
/** What is left of the thread to work that nobody waits for, and to all that requests do. */
const MOST_UTILIZATION = 0.4
const LOOK_EVERY_MS = 10
/** So that such work goes on, however much is asked. */
const LONGEST_WAIT_MS = 100
/**
 * Between two pieces of such work, for each request in a second: the thread may have room while the
 * machine has none, since registry and database work for it too. 200 requests keep them 10 ms apart.
 */
const APART_MS = 0.05
const MOST_APART_MS = 20

export interface TrafficDeps {
  /** Milliseconds that only go forward. */
  readonly monotonicMs: () => number
  /** How busy the thread was between two looks; that of `node:perf_hooks`. */
  readonly utilization?: (
    now?: EventLoopUtilization,
    before?: EventLoopUtilization,
  ) => EventLoopUtilization
}

/** How much is asked of this process, so that work which nobody waits for can give way to it. */
export interface Traffic {
  /** A request came in. */
  readonly note: () => void
  /**
   * Returns at once while little is asked; else one caller after the other, some milliseconds apart,
   * and each when the thread has room, 100 ms later at most.
   */
  readonly giveWay: () => Promise<void>
}

export function createTraffic({
  monotonicMs,
  utilization = performance.eventLoopUtilization,
}: TrafficDeps): Traffic {
  const second = { startedAtMs: Number.NEGATIVE_INFINITY, requests: 0, before: 0 }
  let nextTurnAtMs = Number.NEGATIVE_INFINITY
  const look = { atMs: Number.NEGATIVE_INFINITY, seen: utilization(), busy: 0 }

  const roll = (nowMs: number): void => {
    const ageMs = nowMs - second.startedAtMs
    if (ageMs < SECOND_MS) return
    second.before = ageMs < 2 * SECOND_MS ? second.requests : 0
    second.requests = 0
    second.startedAtMs = nowMs
  }
  const note = (): void => {
    roll(monotonicMs())
    second.requests++
  }
  /** Requests in a second, by now or by the last one; 0 when they are few. */
  const readRate = (nowMs: number): number => {
    roll(nowMs)
    const rate = Math.max(second.requests, second.before)
    return rate < FEW ? 0 : rate
  }
  const takeTurn = (nowMs: number): number => {
    const turnAtMs = Math.max(nowMs, nextTurnAtMs)
    nextTurnAtMs = turnAtMs + Math.min(MOST_APART_MS, readRate(nowMs) * APART_MS)
    return turnAtMs
  }
  const isFull = (nowMs: number): boolean => {
    if (readRate(nowMs) === 0) return false
    if (nowMs - look.atMs >= LOOK_EVERY_MS) {
      const seen = utilization()
      Object.assign(look, { atMs: nowMs, seen, busy: utilization(seen, look.seen).utilization })
    }
    return look.busy > MOST_UTILIZATION
  }
  const giveWay = async (): Promise<void> => {
    const turnAtMs = takeTurn(monotonicMs())
    const mustWait = (nowMs: number): boolean =>
      nowMs < turnAtMs || (nowMs < turnAtMs + LONGEST_WAIT_MS && isFull(nowMs))
    for (let nowMs = monotonicMs(); mustWait(nowMs); nowMs = monotonicMs()) {
      await sleep(Math.max(LOOK_EVERY_MS, turnAtMs - nowMs))
    }
  }
  return { note, giveWay }
}

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
  /** Returns at once while little is asked; else when the thread has room again, 100 ms later at most. */
  readonly giveWay: () => Promise<void>
}

export function createTraffic({
  monotonicMs,
  utilization = performance.eventLoopUtilization,
}: TrafficDeps): Traffic {
  const second = { startedAtMs: Number.NEGATIVE_INFINITY, requests: 0, before: 0 }
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
  const isFull = (nowMs: number): boolean => {
    roll(nowMs)
    if (Math.max(second.requests, second.before) < FEW) return false
    if (nowMs - look.atMs >= LOOK_EVERY_MS) {
      const seen = utilization()
      Object.assign(look, { atMs: nowMs, seen, busy: utilization(seen, look.seen).utilization })
    }
    return look.busy > MOST_UTILIZATION
  }
  const giveWay = async (): Promise<void> => {
    const giveUpAtMs = monotonicMs() + LONGEST_WAIT_MS
    for (let nowMs = monotonicMs(); isFull(nowMs) && nowMs < giveUpAtMs; nowMs = monotonicMs()) {
      await sleep(LOOK_EVERY_MS)
    }
  }
  return { note, giveWay }
}

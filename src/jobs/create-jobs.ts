import { randomInt } from 'node:crypto'
import type { Database } from '../database/open-database.ts'
import { repeat } from '../database/repeat.ts'
import type { Log } from '../http/middleware.ts'
import type { Route } from '../http/route.ts'
import type { Metrics } from '../metrics/create-metrics.ts'
import type { CancelJobDeps } from './cancel-job.ts'
import { keepSchedules, type Schedule, type ScheduleFamily } from './keep-schedules.ts'
import { countWaiting, removeEndedJobs } from './queries.ts'
import { createJobRoutes } from './routes.ts'
import type { Outcome } from './run-job.ts'
import type { JobKinds } from './types.ts'
import { type JobWorker, workJobs } from './work-jobs.ts'

const LEASE_SECONDS = 30
const COUNT_EVERY_MS = 10_000
const TRIM_EVERY_MS = 60_000
const TRIM = { keepDays: 14, keepMost: 5000, atOnce: 1000 }
const MILLION = 1_000_000

export interface JobsDeps {
  readonly database: Database
  readonly log: Log
  readonly now: () => Date
  readonly metrics: Pick<Metrics, 'read' | 'countJobs'>
  readonly kinds: JobKinds
  readonly schedules: readonly Schedule[]
  readonly families?: readonly ScheduleFamily[]
  /** Jobs that this process runs at once. */
  readonly concurrency: number
  readonly leaseSeconds?: number
}

export interface Jobs {
  /** To be called after the commit of what enqueued a job: its worker looks at once. */
  readonly wake: () => void
  readonly createRoutes: (deps: Omit<CancelJobDeps, 'database'>) => readonly Route[]
  /** @returns stops it: running jobs are told to stop and handed back */
  readonly start: () => () => Promise<void>
}

const by = (counts: readonly (readonly [string, number])[]) =>
  counts.map(([kind, value]) => ({ labels: { kind }, value }))

/** The metrics of jobs; kinds are few and known beforehand. */
function observe({ metrics, kinds }: JobsDeps, countRunning: (kind: string) => number) {
  const names = Object.keys(kinds)
  let waiting: ReadonlyMap<string, number> = new Map()
  metrics.read('warden_jobs_waiting', () => by(names.map((kind) => [kind, waiting.get(kind) ?? 0])))
  metrics.read('warden_jobs_running', () => by(names.map((kind) => [kind, countRunning(kind)])))
  const tallies = new Map(names.map((kind) => [kind, metrics.countJobs(kind)]))
  return {
    count: (kind: string, outcome: Outcome): void => tallies.get(kind)?.(outcome),
    noteWaiting: (counts: ReadonlyMap<string, number>): void => {
      waiting = counts
    },
  }
}

/**
 * Makes the queue of this process: other rooms bring their kinds of work, `app.ts` hands them over.
 * Whoever wants something done calls `enqueueJob` in a transaction of their own.
 */
export function createJobs(deps: JobsDeps): Jobs {
  const { database, kinds, log } = deps
  let worker: JobWorker | undefined
  const wake = (): void => worker?.wake()
  const observed = observe(deps, (kind) => worker?.countRunning(kind) ?? 0)
  const start = (): (() => Promise<void>) => {
    if (Object.keys(kinds).length === 0) return async () => undefined
    const running = workJobs({
      ...deps,
      leaseSeconds: deps.leaseSeconds ?? LEASE_SECONDS,
      monotonicMs: () => performance.now(),
      random: () => randomInt(MILLION) / MILLION,
      onEnd: observed.count,
    })
    worker = running
    const onFailure = (message: string) => (error: unknown) => log.warn({ error }, message)
    const stops = [
      keepSchedules({ ...deps, wake }),
      repeat({
        everyMs: COUNT_EVERY_MS,
        work: async () => observed.noteWaiting(await countWaiting(database)),
        onFailure: onFailure('jobs cannot be counted now'),
      }),
      repeat({
        everyMs: TRIM_EVERY_MS,
        work: () => removeEndedJobs(database, TRIM),
        onFailure: onFailure('ended jobs cannot be removed now'),
      }),
      running.stop,
    ]
    return async () => {
      await Promise.all(stops.map((stop) => stop()))
    }
  }
  const createRoutes: Jobs['createRoutes'] = (upper) => createJobRoutes({ ...upper, database })
  return { wake, createRoutes, start }
}

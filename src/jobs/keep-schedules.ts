import { Cron } from 'croner'
import type { Database } from '../database/open-database.ts'
import { repeat } from '../database/repeat.ts'
import { inTransaction } from '../database/transaction.ts'
import type { Log } from '../http/middleware.ts'
import { enqueueJob } from './enqueue-job.ts'
import {
  listDueSchedules,
  moveSchedule,
  putSchedule,
  readDatabaseTime,
  type StoredSchedule,
} from './schedule-queries.ts'

const LOOK_EVERY_MS = 1000

/** Work that comes back. */
export interface Schedule {
  /** At most 64 characters, for ever the same. */
  readonly name: string
  /** Of cron, such as `15 3 * * *`, in UTC; with six fields the first is seconds. */
  readonly pattern: string
  readonly kind: string
  readonly payload: unknown
  /** How often each of its jobs is begun at most; as of any job by default. */
  readonly mostAttempts?: number
}

export interface KeepSchedulesDeps {
  readonly database: Database
  readonly schedules: readonly Schedule[]
  readonly log: Pick<Log, 'warn'>
  /** Called after something was put into the queue. */
  readonly wake: () => void
}

/** @throws Error when the pattern never comes again */
export function nextRun(pattern: string, after: Date): Date {
  const next = new Cron(pattern, { timezone: 'UTC', paused: true }).nextRun(after)
  if (next === null) throw new Error(`the schedule ${pattern} never comes again`)
  return next
}

/**
 * Puts the job of a schedule whose time has come into the queue. The row of a schedule is moved on in
 * the same transaction, so that one of many replicas does it, once; what was missed while none ran is
 * made up for once.
 */
async function enqueueDue(
  { database }: KeepSchedulesDeps,
  { name, pattern, ...job }: Schedule,
  stored: StoredSchedule,
): Promise<void> {
  const next = nextRun(pattern, await readDatabaseTime(database))
  await inTransaction(database, async (transaction) => {
    if (!(await moveSchedule(transaction, stored, next))) return
    await enqueueJob(transaction, { ...job, dedupeKey: `schedule:${name}` })
  })
}

/**
 * Keeps every schedule, together with the other replicas.
 *
 * @returns stops it
 */
export function keepSchedules(deps: KeepSchedulesDeps): () => Promise<void> {
  const { database, schedules, log, wake } = deps
  if (schedules.length === 0) return async () => undefined
  const known = new Map(schedules.map((schedule) => [schedule.name, schedule]))
  let isPrepared = false
  const prepare = async (): Promise<void> => {
    const time = await readDatabaseTime(database)
    for (const { name, pattern } of schedules) {
      await putSchedule(database, { name, pattern, nextAt: nextRun(pattern, time) })
    }
    isPrepared = true
  }
  const work = async (): Promise<void> => {
    if (!isPrepared) await prepare()
    for (const stored of await listDueSchedules(database)) {
      const schedule = known.get(stored.name)
      // A newer version may have schedules that this one does not know.
      if (schedule === undefined) continue
      await enqueueDue(deps, schedule, stored)
      wake()
    }
  }
  const onFailure = (error: unknown): void => log.warn({ error }, 'schedules cannot be kept now')
  return repeat({ everyMs: LOOK_EVERY_MS, work, onFailure })
}

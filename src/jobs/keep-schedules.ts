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

/**
 * Schedules that people make, one for each thing of theirs: whoever keeps the thing writes them, by
 * `putSchedule` and `removeSchedule`, under names that begin alike.
 */
export interface ScheduleFamily extends Pick<Schedule, 'kind' | 'mostAttempts'> {
  /** Beginning of their names, such as `retention/`. */
  readonly prefix: string
  /** @param rest of the name, behind the prefix */
  readonly payloadOf: (rest: string) => unknown
}

export interface KeepSchedulesDeps {
  readonly database: Database
  readonly schedules: readonly Schedule[]
  readonly families?: readonly ScheduleFamily[]
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

/** The schedule of a row; a newer version may have some that this one does not know. */
function scheduleOf(
  { schedules, families = [] }: KeepSchedulesDeps,
  { name, pattern }: StoredSchedule,
): Schedule | undefined {
  const known = schedules.find((schedule) => schedule.name === name)
  const family = families.find(({ prefix }) => name.startsWith(prefix))
  if (known !== undefined || family === undefined) return known
  const { prefix, payloadOf, ...job } = family
  return { ...job, name, pattern, payload: payloadOf(name.slice(prefix.length)) }
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
  const { database, schedules, families = [], log, wake } = deps
  if (schedules.length + families.length === 0) return async () => undefined
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
    const failures: unknown[] = []
    for (const stored of await listDueSchedules(database)) {
      const schedule = scheduleOf(deps, stored)
      if (schedule === undefined) continue
      // One that fails holds up none of the others.
      await enqueueDue(deps, schedule, stored).then(wake, (error) => failures.push(error))
    }
    if (failures.length > 0) throw failures[0]
  }
  const onFailure = (error: unknown): void => log.warn({ error }, 'schedules cannot be kept now')
  return repeat({ everyMs: LOOK_EVERY_MS, work, onFailure })
}

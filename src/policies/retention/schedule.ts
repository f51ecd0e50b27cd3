import type { Database } from '../../database/open-database.ts'
import { nextRun, type ScheduleFamily } from '../../jobs/keep-schedules.ts'
import {
  findNextAt,
  putSchedule,
  readDatabaseTime,
  removeSchedule,
} from '../../jobs/schedule-queries.ts'

export const KIND = 'retention'

const PREFIX = 'retention/'
const LONGEST = 64
/** A number for the minute: a run may be long, and none comes more often than once an hour. */
const FORM = /^\d{1,2}( [0-9A-Za-z*,/#?+-]+){4}$/

/** Schedules of projects by their ids: a later project of the same name has another one (R4). */
const nameOf = (projectId: number): string => `${PREFIX}${projectId}`

/** All of them, for the jobs to keep. */
export const RETENTION_SCHEDULES: ScheduleFamily = {
  prefix: PREFIX,
  kind: KIND,
  payloadOf: (rest) => ({ projectId: Number(rest) }),
}

/** Whether a text is a cron pattern of five fields, that comes again, and not every minute. */
export function isSchedule(text: string): boolean {
  if (text.length > LONGEST || !FORM.test(text)) return false
  try {
    nextRun(text, new Date())
    return true
  } catch {
    return false
  }
}

/** Lets retention of a project run by a cron pattern, or by none. */
export async function keepSchedule(
  transaction: Database,
  projectId: number,
  pattern: string | undefined,
): Promise<void> {
  const name = nameOf(projectId)
  if (pattern === undefined) return removeSchedule(transaction, name)
  const nextAt = nextRun(pattern, await readDatabaseTime(transaction))
  await putSchedule(transaction, { name, pattern, nextAt })
}

export const findNextRun = (database: Database, projectId: number): Promise<Date | undefined> =>
  findNextAt(database, nameOf(projectId))

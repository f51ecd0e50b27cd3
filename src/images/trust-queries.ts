import type { Database } from '../database/open-database.ts'

const secondsSince = (database: Database, column: string) =>
  database.raw(`TIMESTAMPDIFF(MICROSECOND, ??, UTC_TIMESTAMP(3)) / 1000000 AS seconds`, [column])

const toSeconds = (row: { readonly seconds: unknown } | undefined): number =>
  Math.max(0, Number(row?.seconds ?? 0))

/** For how long the event has waited that waits the longest; 0 where none does. */
export async function findInboxLagSeconds(database: Database): Promise<number> {
  const row = await database
    .queryBuilder()
    .from(database.raw('events FORCE INDEX (events_applied)'))
    .whereNull('applied_at')
    .orderBy('id')
    .first(secondsSince(database, 'received_at'))
  return toSeconds(row)
}

/** For how long a reference has been due that is to be read again; 0 where none is. */
export async function findReadingLagSeconds(database: Database): Promise<number> {
  const row = await database('dirty_references')
    .orderBy('due_at')
    .first(secondsSince(database, 'due_at'))
  return toSeconds(row)
}

/** One of so many may be unreadable at the registry, and the index is compared all the same. */
const FAILURES_IN = 20

/** What a run could compare, as a condition on its row: where much could not be read it compared nothing. */
export const COULD_BE_READ = `failures * ${FAILURES_IN} <= repositories + tags`

/** The last whole comparison with the registry. */
export interface LastComparison {
  readonly ageSeconds: number
  readonly failures: number
  readonly couldBeRead: boolean
}

/** @returns undefined where none ever ended */
export async function findLastComparison(database: Database): Promise<LastComparison | undefined> {
  const row = await database('reconcile_runs')
    .whereNotNull('ended_at')
    .orderBy([
      { column: 'ended_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .first(
      secondsSince(database, 'ended_at'),
      'failures',
      database.raw(`${COULD_BE_READ} AS could_be_read`),
    )
  return (
    row && {
      ageSeconds: toSeconds(row),
      failures: row.failures,
      couldBeRead: row.could_be_read === 1,
    }
  )
}

/** The end of the last comparison that found something which no event had told of. */
export async function findLastLoss(database: Database): Promise<Date | undefined> {
  const row: { readonly ended_at: Date } | undefined = await database('reconcile_runs')
    .whereNotNull('ended_at')
    .where('untold', '>', 0)
    .orderBy([
      { column: 'ended_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .first('ended_at')
  return row?.ended_at
}

/** The first whole day after events began to come; undefined where none ever came. */
export async function findDayAfterFirstEvent(database: Database): Promise<Date | undefined> {
  const row: { readonly next_day: Date } | undefined = await database('project_days')
    .orderBy('day')
    .first(database.raw('CAST(day + INTERVAL 1 DAY AS DATETIME(3)) AS next_day'))
  return row?.next_day
}

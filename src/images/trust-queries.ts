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

/** How long ago the last whole comparison with the registry ended; undefined where none ever did. */
export async function findReconcileAgeSeconds(database: Database): Promise<number | undefined> {
  const row = await database('reconcile_runs')
    .whereNotNull('ended_at')
    .orderBy([
      { column: 'ended_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .first(secondsSince(database, 'ended_at'))
  return row && toSeconds(row)
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

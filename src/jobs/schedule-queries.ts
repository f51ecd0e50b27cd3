import { databaseNow } from '../database/clock.ts'
import type { Database } from '../database/open-database.ts'

export interface StoredSchedule {
  readonly name: string
  readonly pattern: string
  readonly nextAt: Date
}

/** The time by which all schedules go. */
export async function readDatabaseTime(database: Database): Promise<Date> {
  const [[row]] = await database.raw('SELECT UTC_TIMESTAMP(3) AS time')
  return row.time
}

/** Makes the row, or gives it another pattern; one with this pattern stays as it is. */
export async function putSchedule(
  database: Database,
  { name, pattern, nextAt }: StoredSchedule,
): Promise<void> {
  await database('job_schedules')
    .insert({ name, pattern, next_at: nextAt })
    .onConflict('name')
    .ignore()
  await database('job_schedules')
    .where({ name })
    .whereNot({ pattern })
    .update({ pattern, next_at: nextAt })
}

export async function listDueSchedules(database: Database): Promise<readonly StoredSchedule[]> {
  const rows = await database('job_schedules')
    .where('next_at', '<=', databaseNow(database))
    .select<{ name: string; pattern: string; next_at: Date }[]>('name', 'pattern', 'next_at')
  return rows.map(({ name, pattern, next_at }) => ({ name, pattern, nextAt: next_at }))
}

/** When a schedule comes next; undefined where there is none of that name. */
export async function findNextAt(database: Database, name: string): Promise<Date | undefined> {
  const row = await database('job_schedules').where({ name }).first('next_at')
  return row?.next_at
}

export async function removeSchedule(database: Database, name: string): Promise<void> {
  await database('job_schedules').where({ name }).delete()
}

/** @returns false when another process has moved it on already */
export async function moveSchedule(
  transaction: Database,
  { name, nextAt }: StoredSchedule,
  to: Date,
): Promise<boolean> {
  const moved = await transaction('job_schedules')
    .where({ name, next_at: nextAt })
    .update({ next_at: to })
  return moved === 1
}

import type { Database } from '../database/open-database.ts'

export interface StoredSchedule {
  readonly name: string
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
  { name, pattern, nextAt }: StoredSchedule & { readonly pattern: string },
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
    .where('next_at', '<=', database.raw('UTC_TIMESTAMP(3)'))
    .select<{ name: string; next_at: Date }[]>('name', 'next_at')
  return rows.map(({ name, next_at }) => ({ name, nextAt: next_at }))
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

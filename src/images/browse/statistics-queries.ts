import { byIndex, inKeyOrder } from '../../database/keyset.ts'
import type { Database } from '../../database/open-database.ts'

/** What happened on one day, in UTC, in a project or in one repository of it. */
export interface DayFigures {
  /** `2026-11-27`. */
  readonly day: string
  readonly project: string
  readonly pulls: number
  readonly pushes: number
  readonly pulledBytes: number
  readonly pushedBytes: number
}

/** Days, both included, in the order of days, and the place that the rows come after. */
export interface DaysAsked {
  readonly from: string
  readonly until: string
  readonly after: Pick<DayFigures, 'day' | 'project'> | undefined
  readonly most: number
}

interface DayRow {
  readonly day: Date
  readonly project: string
  readonly pulls: number | string
  readonly pushes: number | string
  readonly pulled_bytes: number | string
  readonly pushed_bytes: number | string
}

const SUMS = ['pulls', 'pushes', 'pulled_bytes', 'pushed_bytes'] as const

const toFigures = (row: DayRow): DayFigures => ({
  day: row.day.toISOString().slice(0, 10),
  project: row.project,
  pulls: Number(row.pulls),
  pushes: Number(row.pushes),
  pulledBytes: Number(row.pulled_bytes),
  pushedBytes: Number(row.pushed_bytes),
})

/** @param projects undefined for all that there are */
export async function listProjectDays(
  database: Database,
  projects: readonly string[] | undefined,
  { from, until, after, most }: DaysAsked,
): Promise<readonly DayFigures[]> {
  const index = projects === undefined ? 'project_days_day' : 'PRIMARY'
  const query = database
    .queryBuilder()
    .from(byIndex(database, 'project_days', index))
    .whereBetween('day', [after?.day ?? from, until])
    .limit(most)
    .select('day', 'project', ...SUMS)
  if (projects !== undefined) query.whereIn('project', [...projects])
  const rows: readonly DayRow[] = await inKeyOrder(query, {
    columns: ['day', 'project'],
    descending: false,
    after: after && [after.day, after.project],
  })
  return rows.map(toFigures)
}

export async function listRepositoryDays(
  database: Database,
  { id, project }: { readonly id: number; readonly project: string },
  { from, until, after, most }: DaysAsked,
): Promise<readonly DayFigures[]> {
  const query = database('repository_days')
    .where({ repository_id: id })
    .whereBetween('day', [from, until])
    .limit(most)
    .select('day', ...SUMS)
  const rows: readonly Omit<DayRow, 'project'>[] = await inKeyOrder(query, {
    columns: ['day'],
    descending: false,
    after: after && [after.day],
  })
  return rows.map((row) => toFigures({ ...row, project }))
}

import { AppError } from '../../errors.ts'
import { findReach, type ReachDeps, type RightsByName } from '../../projects/find-reach.ts'
import { mayPullAllOf } from '../../projects/may-pull-all.ts'
import { findProjectRights } from '../../projects/queries.ts'
import { userIdOf } from '../../projects/require-permission.ts'
import type { Subject } from '../../protocol/subject.ts'
import type { PageAt } from './list-repositories.ts'
import { readRepository } from './read-manifest.ts'
import {
  type DayFigures,
  type DaysAsked,
  listProjectDays,
  listRepositoryDays,
} from './statistics-queries.ts'

/** Rows that are looked at for one page where some may not be the caller's. */
const ROWS_AT_ONCE = 1000
const MOST_ROWS = 5000
const DAY_MS = 86_400_000
const MOST_DAYS = 366

export type DayPlace = NonNullable<DaysAsked['after']>
export type DayPage = PageAt<DayFigures, DayPlace>

export interface StatisticsInput extends Omit<DaysAsked, 'most'> {
  readonly subject: Subject
  readonly limit: number
}

/** @throws AppError REQUEST_INVALID (400) when the days are too many, or end before they begin */
export function requireDays({ from, until }: Pick<DaysAsked, 'from' | 'until'>): void {
  const days = (Date.parse(until) - Date.parse(from)) / DAY_MS + 1
  if (days >= 1 && days <= MOST_DAYS) return
  const detail = `from ${from} until ${until} must be 1 to ${MOST_DAYS} days`
  throw new AppError('REQUEST_INVALID', { detail, faults: [{ pointer: 'from', detail }] })
}

const placeOf = ({ day, project }: DayFigures): DayPlace => ({ day, project })

function cut(rows: readonly DayFigures[], limit: number): DayPage {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, next: rows.length > limit && last ? placeOf(last) : undefined }
}

/** @throws AppError REPOSITORY_UNKNOWN (404) */
export async function readRepositoryStatistics(
  { database }: ReachDeps,
  {
    repository,
    limit,
    ...days
  }: Omit<StatisticsInput, 'subject'> & { readonly repository: string },
): Promise<DayPage> {
  const found = await readRepository(database, repository)
  return cut(await listRepositoryDays(database, found, { ...days, most: limit + 1 }), limit)
}

/** Keeps the rows of projects of which the subject may pull everything. */
async function keepWhole(
  { database, now }: ReachDeps,
  { subject, known }: { readonly subject: Subject; readonly known: RightsByName },
  rows: readonly DayFigures[],
): Promise<readonly DayFigures[]> {
  const missing = [...new Set(rows.map(({ project }) => project))].filter((p) => !known.has(p))
  const found = await findProjectRights(database, { names: missing, userId: userIdOf(subject) })
  const at = now()
  return rows.filter(({ project }) => {
    const rights = known.get(project) ?? found.get(project)
    return mayPullAllOf({ subject, project, rights, now: at })
  })
}

/** Figures of the projects of which the subject may pull everything, a row for a day and a project. */
export async function readStatistics(
  deps: ReachDeps,
  { subject, limit, ...days }: StatisticsInput,
): Promise<DayPage> {
  const reach = await findReach(deps, subject)
  if (reach.kind === 'projects') {
    const at = deps.now()
    const names = reach.names.filter((project) =>
      mayPullAllOf({ subject, project, rights: reach.rights.get(project), now: at }),
    )
    return cut(await listProjectDays(deps.database, names, { ...days, most: limit + 1 }), limit)
  }
  const kept: DayFigures[] = []
  let { after } = days
  for (let looked = 0; looked < MOST_ROWS && kept.length <= limit; looked += ROWS_AT_ONCE) {
    const rows = await listProjectDays(deps.database, undefined, {
      ...days,
      after,
      most: ROWS_AT_ONCE,
    })
    kept.push(...(await keepWhole(deps, { subject, known: reach.rights }, rows)))
    const last = rows.at(-1)
    if (rows.length < ROWS_AT_ONCE || last === undefined) return cut(kept, limit)
    after = placeOf(last)
  }
  return kept.length > limit ? cut(kept, limit) : { items: kept, next: after }
}

/**
 * Figures of one project.
 *
 * @throws AppError DENIED (403) to who may not pull everything in it
 */
export async function readProjectStatistics(
  { database, now }: ReachDeps,
  { subject, project, limit, ...days }: StatisticsInput & { readonly project: string },
): Promise<DayPage> {
  const found = await findProjectRights(database, { names: [project], userId: userIdOf(subject) })
  const rights = found.get(project)
  if (!mayPullAllOf({ subject, project, rights, now: now() })) {
    throw new AppError('DENIED', {
      detail: `figures of the project ${project} are for who may pull everything in it; ask for one repository`,
    })
  }
  return cut(await listProjectDays(database, [project], { ...days, most: limit + 1 }), limit)
}

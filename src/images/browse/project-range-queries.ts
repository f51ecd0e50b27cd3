import type { KeyValue } from '../../database/keyset.ts'
import type { Database } from '../../database/open-database.ts'
import { LIBRARY } from '../../protocol/reference.ts'
import {
  endOf,
  REPOSITORY_SORTS,
  type RepositoryPlace,
  type RepositoryStep,
  type RepositoryWalk,
  type StepRow,
  steps,
  toStep,
} from './repository-walk-queries.ts'

/** A project, and where its steps go on. */
export interface ProjectRange {
  readonly project: string
  readonly after: RepositoryPlace | undefined
}

/**
 * What of a project is behind a place. Its names stand in one piece, so that mostly the value alone
 * says it; to part names of one value takes the server longer than to find the rows.
 */
function behind(
  { project, after }: ProjectRange,
  { column, further }: { readonly column: string; readonly further: '<' | '>' },
): readonly [string, readonly KeyValue[]] {
  if (after === undefined) return ['', []]
  const value = after.value ?? 0
  const areLater = project !== LIBRARY && `${project}/` > after.name
  const areEarlier = project !== LIBRARY && endOf(`${project}/`) <= after.name
  if (further === '>' ? areLater : areEarlier) return [`AND ${column} ${further}= ?`, [value]]
  if (areLater || areEarlier) return [`AND ${column} ${further} ?`, [value]]
  return [
    `AND ${column} ${further}= ? AND (${column} ${further} ? OR name ${further} ?)`,
    [value, value, after.name],
  ]
}

/**
 * Of each of some projects, so many, in the order of a sort other than by name. Written by hand: there
 * may be hundreds of parts, and to build them takes longer than to find their rows.
 */
export async function walkRanges(
  database: Database,
  ranges: readonly ProjectRange[],
  { by, descending, most }: Pick<RepositoryWalk, 'by' | 'descending' | 'most'>,
): Promise<readonly (readonly RepositoryStep[])[]> {
  const { column, index } = REPOSITORY_SORTS[by]
  if (column === undefined) throw new Error('names are walked by walkProjectNames')
  const [further, direction] = descending ? (['<', 'DESC'] as const) : (['>', 'ASC'] as const)
  const parts = ranges.map((range, part) => {
    const [condition, values] = behind(range, { column, further })
    const sql = `(
    SELECT ${part} AS part, id, name, ${column} AS value
      FROM repositories FORCE INDEX (repositories_project_${index})
     WHERE project = ? AND is_listed = 1 ${condition}
     ORDER BY ${column} ${direction}, name ${direction} LIMIT ?)`
    return { sql, bindings: [range.project, ...values, most] }
  })
  const [rows]: readonly (readonly (StepRow & { readonly part: number })[])[] = await database.raw(
    parts.map(({ sql }) => sql).join(' UNION ALL '),
    parts.flatMap(({ bindings }) => bindings),
  )
  const found: RepositoryStep[][] = ranges.map(() => [])
  for (const row of rows ?? []) found[row.part]?.push(toStep(row))
  return found
}

/** How many repositories some projects had when they were last counted: none where that is still to come. */
export async function countLately(
  database: Database,
  projects: readonly string[],
): Promise<number> {
  const row: { readonly found?: string | number | null } | undefined = await database(
    'project_figures',
  )
    .whereIn('project', [...projects])
    .sum({ found: 'repository_count' })
    .first()
  return Number(row?.found ?? 0)
}

/** Of all of some projects, in the order of a sort other than by name: the server sorts what they have. */
export async function walkSorted(
  database: Database,
  projects: readonly string[],
  walk: RepositoryWalk,
): Promise<readonly RepositoryStep[]> {
  const { index } = REPOSITORY_SORTS[walk.by]
  const query = steps(database, `repositories_project_${index}`, walk)
  const rows: readonly StepRow[] = await query.whereIn('project', [...projects])
  return rows.map(toStep)
}

import { byIndex, inKeyOrder, type KeyValue, type Listing } from '../../database/keyset.ts'
import type { Database } from '../../database/open-database.ts'
import { LIBRARY } from '../../protocol/reference.ts'

/** What lists of repositories are sorted by: the column beside the name, and the word in its indexes. */
export const REPOSITORY_SORTS = {
  name: { column: undefined, index: 'name' },
  pushedAt: { column: 'pushed_at', index: 'pushed' },
  pulledAt: { column: 'pulled_at', index: 'pulled' },
  sizeBytes: { column: 'size_bytes', index: 'size' },
} as const

export type RepositorySort = keyof typeof REPOSITORY_SORTS

/** A repository on the way of a sort. */
export interface RepositoryStep {
  readonly id: number
  readonly name: string
  /** What it is sorted by beside its name. */
  readonly value: number | Date | undefined
}

export type RepositoryPlace = Omit<RepositoryStep, 'id'>

export interface RepositoryWalk {
  readonly by: RepositorySort
  readonly descending: boolean
  readonly after: RepositoryPlace | undefined
  /** Beginning of the names; ends with a slash. */
  readonly under: string | undefined
  readonly most: number
}

export interface StepRow {
  readonly id: number
  readonly name: string
  readonly value?: Date | number | string
}

/** Sizes beyond what a number holds come as text. */
export const toStep = ({ id, name, value }: StepRow): RepositoryStep => ({
  id,
  name,
  value: typeof value === 'string' ? Number(value) : value,
})

/** Behind every name that begins with the text, whose last letter is a slash. */
export const endOf = (under: string): string => `${under.slice(0, -1)}0`

const inside = (under: string | undefined) => (query: Listing) => {
  if (under !== undefined) query.where('name', '>', under).where('name', '<', endOf(under))
}

/** Steps of one index from a place on, at most `most`; all that is read of them is in the index. */
export function steps(database: Database, index: string, walk: RepositoryWalk): Listing {
  const { by, descending, after, most } = walk
  const { column } = REPOSITORY_SORTS[by]
  const query = database
    .queryBuilder()
    .from(byIndex(database, 'repositories', index))
    .where({ is_listed: 1 })
    .limit(most)
    .select('id', 'name', ...(column === undefined ? [] : [{ value: column }]))
  const value: KeyValue = after?.value ?? 0
  return inKeyOrder(query, {
    columns: column === undefined ? ['name'] : [column, 'name'],
    descending,
    after: after && (column === undefined ? [after.name] : [value, after.name]),
  })
}

/** Of all that there are. */
export async function walkEverywhere(
  database: Database,
  walk: RepositoryWalk,
): Promise<readonly RepositoryStep[]> {
  const index = `repositories_by_${REPOSITORY_SORTS[walk.by].index}`
  const query = steps(database, index, walk)
  if (walk.by === 'name') query.modify(inside(walk.under))
  const rows: readonly StepRow[] = await query
  return rows.map(toStep)
}

/**
 * Of some projects by name. A name begins with its project, so that one index holds each project's
 * names in one piece; only those of the built-in project stand anywhere.
 */
export async function walkProjectNames(
  database: Database,
  projects: readonly string[],
  walk: RepositoryWalk,
): Promise<readonly RepositoryStep[]> {
  const { after, descending, under } = walk
  const isAhead = (project: string): boolean => {
    if (after === undefined) return true
    return descending ? `${project}/` < after.name : endOf(`${project}/`) > after.name
  }
  const pieces = projects.filter((project) => project !== LIBRARY && isAhead(project))
  const parts = [
    ...(pieces.length === 0
      ? []
      : [
          steps(database, 'repositories_by_name', walk).andWhere((either) => {
            for (const project of pieces) either.orWhere(inside(`${project}/`))
          }),
        ]),
    ...(projects.includes(LIBRARY)
      ? [steps(database, 'repositories_project_name', walk).where({ project: LIBRARY })]
      : []),
  ].map((part) => part.modify(inside(under)))
  if (parts.length === 0) return []
  const all = database.queryBuilder().unionAll(parts, true).limit(walk.most)
  const order = { columns: ['name'], descending, after: undefined } as const
  const rows: readonly StepRow[] = await inKeyOrder(all, order)
  return rows.map(toStep)
}

/** Steps that were found on the way, and the last place that was looked at; undefined at the end. */
export interface WalkedPiece {
  readonly found: readonly RepositoryStep[]
  readonly end: RepositoryPlace | undefined
}

/** Of all public projects and some others: so many steps are looked at, however few are theirs. */
export async function walkScattered(
  database: Database,
  projects: readonly string[],
  walk: RepositoryWalk,
): Promise<WalkedPiece> {
  const { by, descending, most, under } = walk
  const { column, index } = REPOSITORY_SORTS[by]
  const piece = (): Listing => {
    const query = steps(database, `repositories_by_${index}`, walk)
    return by === 'name' ? query.modify(inside(under)) : query
  }
  const found = database
    .queryBuilder()
    .from(piece().as('piece'))
    .joinRaw(
      `LEFT JOIN projects ON projects.name =
         IF(INSTR(piece.name, '/') = 0, '${LIBRARY}', SUBSTRING_INDEX(piece.name, '/', 1))`,
    )
    .andWhere((either) => {
      either.where({ visibility: 'public' }).orWhereIn('projects.name', [...projects])
    })
    .select('piece.id', 'piece.name', ...(column === undefined ? [] : ['piece.value']))
  const sorted: readonly StepRow[] = await inKeyOrder(found, {
    columns: column === undefined ? ['piece.name'] : ['piece.value', 'piece.name'],
    descending,
    after: undefined,
  })
  const last: StepRow | undefined = await piece()
    .offset(most - 1)
    .first()
  return { found: sorted.map(toStep), end: last && toStep(last) }
}

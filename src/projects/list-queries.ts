import {
  byIndex,
  inOrder,
  type KeysetPosition,
  type Listing,
  prefixPattern,
} from '../database/keyset.ts'
import type { Database } from '../database/open-database.ts'
import { GROUP, PROJECT_COLUMNS, type ProjectRow, toProject, USER } from './queries.ts'
import type { Project, Visibility } from './types.ts'

export interface ProjectListQuestion {
  /** Projects of all, or public ones and those where the user is a member, or that one. */
  readonly of:
    | 'everybody'
    | { readonly userId: number | undefined; readonly now: Date }
    | { readonly projectId: number }
  readonly position: KeysetPosition
  /** Beginning of the name. */
  readonly name: string | undefined
  readonly visibility: Visibility | undefined
  readonly most: number
}

const SORTED_BY = { name: 'name', times: { createdAt: 'created_at' } } as const

/**
 * The index that has the filter and then the sort in it, to read no more than a page. Undefined where
 * none has: a name's beginning by time. Few are sorted then, and many found on the way of the sort.
 */
function indexOf(
  { position, name }: Pick<ProjectListQuestion, 'position' | 'name'>,
  visibility: Visibility | undefined,
): string | undefined {
  const isByTime = position.by in SORTED_BY.times
  if (isByTime && name !== undefined) return undefined
  if (visibility === undefined) return isByTime ? 'projects_created' : 'projects_name'
  return isByTime ? 'projects_visibility_created' : 'projects_visibility'
}

/** What somebody may read of `page` beside public projects; each part has an index of its own. */
function ownParts(
  database: Database,
  of: Exclude<ProjectListQuestion['of'], 'everybody'>,
  page: () => Listing,
): readonly Listing[] {
  if ('projectId' in of) return [page().where({ id: of.projectId })]
  const { userId, now } = of
  if (userId === undefined) return []
  const inForce = (table: 'members' | 'group_members') =>
    database(table).andWhere((end) => end.whereNull('expires_at').orWhere('expires_at', '>', now))
  const memberships = inForce('members').select('project_id')
  const groups = inForce('group_members').where({ user_id: userId }).select('group_id')
  return [
    page().whereIn('id', memberships.clone().where({ member_kind: USER, member_id: userId })),
    page().whereIn(
      'id',
      memberships.clone().where({ member_kind: GROUP }).whereIn('member_id', groups),
    ),
  ]
}

/** Projects in their order, from a position on, at most `most`. */
export async function listProjects(
  database: Database,
  { of, position, name, visibility, most }: ProjectListQuestion,
): Promise<readonly Project[]> {
  const page = (): Listing => {
    const query = database('projects')
      .limit(most)
      .select(...PROJECT_COLUMNS)
    if (name !== undefined) query.whereRaw("name LIKE ? ESCAPE '!'", [prefixPattern(name)])
    if (visibility !== undefined) query.where({ visibility })
    return inOrder(query, position, SORTED_BY)
  }
  const pageBy = (wanted: Visibility | undefined): Listing => {
    const index = indexOf({ position, name }, wanted)
    const query = wanted === undefined ? page() : page().where({ visibility: wanted })
    return index === undefined ? query : query.from(byIndex(database, 'projects', index))
  }
  if (of === 'everybody') return ((await pageBy(visibility)) as ProjectRow[]).map(toProject)
  // Each part has an index of its own; with an OR the server would read all projects.
  const parts = [
    ...(visibility === 'private' ? [] : [pageBy('public')]),
    ...ownParts(database, of, page),
  ]
  if (parts.length === 0) return []
  const all = database.queryBuilder().union(parts, true).limit(most)
  const rows: readonly ProjectRow[] = await inOrder(
    all,
    { ...position, after: undefined },
    SORTED_BY,
  )
  return rows.map(toProject)
}

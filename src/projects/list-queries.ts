import { inOrder, type KeysetPosition, type Listing, prefixPattern } from '../database/keyset.ts'
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

/** What somebody may read of `page` beside public projects; each part has an index of its own. */
function ownParts(
  database: Database,
  of: Exclude<ProjectListQuestion['of'], 'everybody'>,
  page: () => Listing,
): readonly Listing[] {
  if ('projectId' in of) return [page().where({ id: of.projectId })]
  const { userId, now } = of
  if (userId === undefined) return []
  const memberships = database('members')
    .andWhere((end) => end.whereNull('expires_at').orWhere('expires_at', '>', now))
    .select('project_id')
  const groups = database('group_members').where({ user_id: userId }).select('group_id')
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
  if (of === 'everybody') return ((await page()) as ProjectRow[]).map(toProject)
  // Each part has an index of its own; with an OR the server would read all projects.
  const parts = [page().where({ visibility: 'public' }), ...ownParts(database, of, page)]
  const all = database.queryBuilder().union(parts, true).limit(most)
  const rows: readonly ProjectRow[] = await inOrder(
    all,
    { ...position, after: undefined },
    SORTED_BY,
  )
  return rows.map(toProject)
}

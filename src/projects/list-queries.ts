import type { Database } from '../database/open-database.ts'
import { GROUP, PROJECT_COLUMNS, type ProjectRow, toProject, USER } from './queries.ts'
import type { Project } from './types.ts'

export interface ProjectListQuestion {
  /** Projects of all, or public ones and those where the user is a member, or that one. */
  readonly of:
    | 'everybody'
    | { readonly userId: number | undefined; readonly now: Date }
    | { readonly projectId: number }
  readonly after: string
  readonly most: number
}

/** Projects by name, those after `after`, at most `most`. */
export async function listProjects(
  database: Database,
  { of, after, most }: ProjectListQuestion,
): Promise<readonly Project[]> {
  const query = database('projects')
    .where('name', '>', after)
    .orderBy('name')
    .limit(most)
    .select<ProjectRow[]>(...PROJECT_COLUMNS)
  if (of === 'everybody') return (await query).map(toProject)
  if ('projectId' in of) {
    const rows = await query.andWhere((either) =>
      either.where({ visibility: 'public' }).orWhere({ id: of.projectId }),
    )
    return rows.map(toProject)
  }
  const running = database('members')
    .andWhere((end) => end.whereNull('expires_at').orWhere('expires_at', '>', of.now))
    .select('project_id')
  const groups = database('group_members')
    .where({ user_id: of.userId ?? 0 })
    .select('group_id')
  const own = running.clone().where({ member_kind: USER, member_id: of.userId ?? 0 })
  const ofGroups = running.clone().where({ member_kind: GROUP }).whereIn('member_id', groups)
  const rows = await query.andWhere((either) =>
    either.where({ visibility: 'public' }).orWhereIn('id', own).orWhereIn('id', ofGroups),
  )
  return rows.map(toProject)
}

import type { Database } from '../database/open-database.ts'
import {
  GROUP,
  type MembershipRow,
  PROJECT_COLUMNS,
  type ProjectRow,
  toMembership,
  toProject,
  USER,
} from './queries.ts'
import type { Project, ProjectRights } from './types.ts'

/** Public projects by name, at most `most`: whoever gets all of these may ask how many there are. */
export async function listPublicProjects(
  database: Database,
  most: number,
): Promise<readonly Project[]> {
  const rows = await database('projects')
    .where({ visibility: 'public' })
    .orderBy('name')
    .limit(most)
    .select<ProjectRow[]>(...PROJECT_COLUMNS)
  return rows.map(toProject)
}

type MemberRow = ProjectRow & MembershipRow

const MEMBER_COLUMNS = [
  ...PROJECT_COLUMNS.map((column) => `projects.${column}`),
  'members.role',
  'members.repositories',
  'members.expires_at',
]

/** Every project that a user is a member of, by themselves or by a group, with all that they are. */
export async function listRightsOfMember(
  database: Database,
  userId: number,
): Promise<ReadonlyMap<string, ProjectRights>> {
  const rows: readonly MemberRow[] = await database('members')
    .join('projects', 'projects.id', 'members.project_id')
    .where({ member_kind: USER, member_id: userId })
    .select(MEMBER_COLUMNS)
    .unionAll(
      database('group_members')
        .join('members', 'members.member_id', 'group_members.group_id')
        .join('projects', 'projects.id', 'members.project_id')
        .where({ 'group_members.user_id': userId, 'members.member_kind': GROUP })
        .select(MEMBER_COLUMNS),
    )
  const found = new Map<string, ProjectRights>()
  for (const row of rows) {
    const memberships = [...(found.get(row.name)?.memberships ?? []), toMembership(row)]
    found.set(row.name, { project: toProject(row), memberships })
  }
  return found
}

/** The project of a robot. */
export async function findProjectById(
  database: Database,
  id: number,
): Promise<Project | undefined> {
  const row = await database('projects')
    .where({ id })
    .first<ProjectRow | undefined>(...PROJECT_COLUMNS)
  return row && toProject(row)
}

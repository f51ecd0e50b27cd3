import type { Database } from '../database/open-database.ts'
import type { Versioned } from '../database/versioned-cache.ts'
import type { Membership, Project, ProjectRights, Role, Visibility } from './types.ts'

/** The kinds of members: a person, or all who are in a group. */
export const USER = 'user' as const
export const GROUP = 'group' as const
export type MemberKind = typeof USER | typeof GROUP

export interface ProjectRow {
  readonly id: number
  readonly name: string
  readonly visibility: Visibility
  readonly created_at: Date
  readonly updated_at: Date
}

export interface MembershipRow {
  readonly role: Role
  readonly repositories: string | readonly string[] | null
  readonly expires_at: Date | null
  /** Of the member's place in the group that is the member; none for a person's own membership. */
  readonly claimed_until?: Date | null
}

export const PROJECT_COLUMNS = ['id', 'name', 'visibility', 'created_at', 'updated_at'] as const
const MEMBERSHIP_COLUMNS = ['project_id', 'role', 'repositories', 'members.expires_at'] as const

export const toProject = (row: ProjectRow): Project => ({
  id: row.id,
  name: row.name,
  visibility: row.visibility,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

/** Some servers and proxies give a JSON column as text. */
const toPatterns = (value: string | readonly string[] | null): readonly string[] | undefined => {
  if (value === null) return undefined
  return typeof value === 'string' ? JSON.parse(value) : value
}

export const toMembership = (row: MembershipRow): Membership => ({
  role: row.role,
  repositories: toPatterns(row.repositories),
  expiresAt: row.expires_at ?? undefined,
  ...(row.claimed_until && { claimedUntil: row.claimed_until }),
})

export async function findProject(database: Database, name: string): Promise<Project | undefined> {
  const row = await database('projects')
    .where({ name })
    .first<ProjectRow | undefined>(...PROJECT_COLUMNS)
  return row && toProject(row)
}

/** Ids begin at 1. */
const NO_PROJECT = 0

type ProjectMembershipRow = MembershipRow & { readonly project_id: number }

/** What a user is in some projects, by memberships of their own and of their groups. */
async function listMemberships(
  database: Database,
  { userId, projectIds }: { readonly userId: number; readonly projectIds: readonly number[] },
): Promise<readonly ProjectMembershipRow[]> {
  return database('members')
    .where({ member_kind: USER, member_id: userId })
    .whereIn('project_id', [...projectIds])
    .select<ProjectMembershipRow[]>(...MEMBERSHIP_COLUMNS, database.raw('NULL AS claimed_until'))
    .unionAll(
      database('group_members')
        .join('members', 'members.member_id', 'group_members.group_id')
        .where({ 'group_members.user_id': userId, 'members.member_kind': GROUP })
        .whereIn('members.project_id', [...projectIds])
        .select(...MEMBERSHIP_COLUMNS, 'group_members.expires_at as claimed_until'),
    )
}

/**
 * Projects by name, each with what the user is in it. Names without a project are left out.
 *
 * @param userId undefined for anonymous: no memberships then
 */
export async function findProjectRights(
  database: Database,
  { names, userId }: { readonly names: readonly string[]; readonly userId: number | undefined },
): Promise<ReadonlyMap<string, ProjectRights>> {
  if (names.length === 0) return new Map()
  const projects = await database('projects')
    .whereIn('name', [...names])
    .select<ProjectRow[]>(...PROJECT_COLUMNS)
  // Where there is no such project the same is asked about none: how long it takes must not tell.
  const projectIds = projects.length === 0 ? [NO_PROJECT] : projects.map(({ id }) => id)
  const memberships =
    userId === undefined ? [] : await listMemberships(database, { userId, projectIds })
  const rightsOf = (row: ProjectRow): ProjectRights => ({
    project: toProject(row),
    memberships: memberships.filter(({ project_id }) => project_id === row.id).map(toMembership),
  })
  return new Map(projects.map((row) => [row.name, rightsOf(row)]))
}

interface VersionedRow extends ProjectRow {
  readonly epoch: string
  readonly counter: number
  readonly role: Role | null
  readonly repositories: string | readonly string[] | null
  readonly expires_at: Date | null
  readonly claimed_until: Date | null
}

/**
 * A project with what a user is in it, and the change version, read in one statement.
 *
 * @param userId undefined for anonymous: no memberships then
 */
export async function findVersionedRights(
  database: Database,
  { name, userId }: { readonly name: string; readonly userId: number | undefined },
): Promise<Versioned<ProjectRights>> {
  const [rows] = (await database.raw(
    `SELECT v.epoch, v.counter, p.id, p.name, p.visibility, p.created_at, p.updated_at,
            m.role, m.repositories, m.expires_at, m.claimed_until
       FROM change_version v
       LEFT JOIN projects p ON p.name = ?
       LEFT JOIN (
         SELECT o.project_id, o.role, o.repositories, o.expires_at, NULL AS claimed_until
           FROM projects q
           JOIN members o ON o.project_id = q.id AND o.member_kind = ? AND o.member_id = ?
          WHERE q.name = ?
         UNION ALL
         SELECT o.project_id, o.role, o.repositories, o.expires_at, g.expires_at
           FROM projects q
           JOIN group_members g ON g.user_id = ?
           JOIN members o ON o.project_id = q.id AND o.member_kind = ? AND o.member_id = g.group_id
          WHERE q.name = ?
       ) m ON m.project_id = p.id
      WHERE v.id = 1`,
    [name, USER, userId ?? 0, name, userId ?? 0, GROUP, name],
  )) as [readonly VersionedRow[]]
  const [first] = rows
  if (first === undefined) throw new Error('the database has no change version')
  const version = { epoch: first.epoch, counter: Number(first.counter) }
  if (first.id === null) return { version, value: undefined }
  const memberships = rows.flatMap(({ role, ...row }) =>
    role === null ? [] : [toMembership({ ...row, role })],
  )
  return { version, value: { project: toProject(first), memberships } }
}

/** A taken name is a duplicate key. */
export async function insertProject(
  database: Database,
  project: { readonly name: string; readonly visibility: Visibility; readonly now: Date },
): Promise<void> {
  await database('projects').insert({
    name: project.name,
    visibility: project.visibility,
    version: 1,
    created_at: project.now,
    updated_at: project.now,
  })
}

export async function updateProject(
  database: Database,
  id: number,
  { visibility, now }: { readonly visibility: Visibility; readonly now: Date },
): Promise<void> {
  await database('projects')
    .where({ id })
    .update({ visibility, version: database.raw('version + 1'), updated_at: now })
}

export async function removeProject(database: Database, id: number): Promise<void> {
  await database('projects').where({ id }).delete()
}

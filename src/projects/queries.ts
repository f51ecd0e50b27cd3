import { inOrder, type KeysetPosition, prefixPattern } from '../database/keyset.ts'
import type { Database } from '../database/open-database.ts'
import type { Versioned } from '../database/versioned-cache.ts'
import type { Membership, Project, ProjectRights, Role, Visibility } from './types.ts'

/** The kind of member that is a person. */
export const USER = 'user'

interface ProjectRow {
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
}

const PROJECT_COLUMNS = ['id', 'name', 'visibility', 'created_at', 'updated_at'] as const

const toProject = (row: ProjectRow): Project => ({
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
})

export async function findProject(database: Database, name: string): Promise<Project | undefined> {
  const row = await database('projects')
    .where({ name })
    .first<ProjectRow | undefined>(...PROJECT_COLUMNS)
  return row && toProject(row)
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
  const memberships =
    userId === undefined || projects.length === 0
      ? []
      : await database('members')
          .where({ member_kind: USER, member_id: userId })
          .whereIn(
            'project_id',
            projects.map(({ id }) => id),
          )
          .select<(MembershipRow & { project_id: number })[]>(
            'project_id',
            'role',
            'repositories',
            'expires_at',
          )
  return new Map(
    projects.map((row) => [
      row.name,
      {
        project: toProject(row),
        memberships: memberships
          .filter(({ project_id }) => project_id === row.id)
          .map(toMembership),
      },
    ]),
  )
}

interface VersionedRow extends ProjectRow {
  readonly epoch: string
  readonly counter: number
  readonly role: Role | null
  readonly repositories: string | readonly string[] | null
  readonly expires_at: Date | null
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
            m.role, m.repositories, m.expires_at
       FROM change_version v
       LEFT JOIN projects p ON p.name = ?
       LEFT JOIN members m ON m.project_id = p.id AND m.member_kind = ? AND m.member_id = ?
      WHERE v.id = 1`,
    [name, USER, userId ?? 0],
  )) as [readonly VersionedRow[]]
  const [first] = rows
  if (first === undefined) throw new Error('the database has no change version')
  const version = { epoch: first.epoch, counter: Number(first.counter) }
  if (first.id === null) return { version, value: undefined }
  const memberships = rows.flatMap(({ role, repositories, expires_at }) =>
    role === null ? [] : [toMembership({ role, repositories, expires_at })],
  )
  return { version, value: { project: toProject(first), memberships } }
}

export interface ProjectListQuestion {
  /** Projects of all, or public ones and those where the user is a member. */
  readonly of: 'everybody' | { readonly userId: number | undefined; readonly now: Date }
  readonly position: KeysetPosition
  /** Beginning of the name. */
  readonly name: string | undefined
  readonly visibility: Visibility | undefined
  readonly most: number
}

const SORTED_BY = { name: 'name', times: { createdAt: 'created_at' } } as const

/** Projects in their order, from a position on, at most `most`. */
export async function listProjects(
  database: Database,
  { of, position, name, visibility, most }: ProjectListQuestion,
): Promise<readonly Project[]> {
  const page = () => {
    const query = database('projects')
      .limit(most)
      .select(...PROJECT_COLUMNS)
    if (name !== undefined) query.whereRaw("name LIKE ? ESCAPE '!'", [prefixPattern(name)])
    if (visibility !== undefined) query.where({ visibility })
    return inOrder(query, position, SORTED_BY)
  }
  if (of === 'everybody') return ((await page()) as ProjectRow[]).map(toProject)
  const own = database('members')
    .where({ member_kind: USER, member_id: of.userId ?? 0 })
    .andWhere((end) => end.whereNull('expires_at').orWhere('expires_at', '>', of.now))
    .select('project_id')
  // Each half has an index of its own; with an OR the server would read all projects.
  const halves = [page().where({ visibility: 'public' }), page().whereIn('id', own)]
  const both = database.queryBuilder().union(halves, true).limit(most)
  const rows: readonly ProjectRow[] = await inOrder(
    both,
    { ...position, after: undefined },
    SORTED_BY,
  )
  return rows.map(toProject)
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

import type { Database } from '../database/open-database.ts'
import { projectOf } from '../protocol/reference.ts'
import { permissionsOf, type RobotSubject, type Subject } from '../protocol/subject.ts'
import { authorize, authorizeSystem } from './authorize.ts'
import { projectsGiven } from './credential-reach.ts'
import { findProjectRights } from './queries.ts'
import { findProjectById, listPublicProjects, listRightsOfMember } from './reader-queries.ts'
import { userIdOf } from './require-permission.ts'
import type { ProjectRights } from './types.ts'

/** So many ranges of an index are merged into one list; where there are more, all of it is walked. */
const MOST_PROJECTS = 256

export type RightsByName = ReadonlyMap<string, ProjectRights>

/**
 * Where a subject may find repositories to pull: a first cut that spares looking at all. Whether a
 * repository is among them is asked of `authorize` all the same.
 */
export type Reach =
  /** Anywhere. */
  | { readonly kind: 'everywhere'; readonly rights: RightsByName }
  /** In these projects alone, whether they exist or not. */
  | {
      readonly kind: 'projects'
      readonly names: readonly string[]
      readonly rights: RightsByName
    }
  /** In so many public ones that nobody wants to name them, and in these. */
  | {
      readonly kind: 'scattered'
      readonly names: readonly string[]
      readonly rights: RightsByName
    }

export interface ReachDeps {
  readonly database: Database
  readonly now: () => Date
}

const NONE: RightsByName = new Map()

async function ownOfRobot(
  database: Database,
  { projectId }: RobotSubject,
  named: readonly string[] | undefined,
): Promise<RightsByName | undefined> {
  if (projectId === undefined) {
    return named && findProjectRights(database, { names: named, userId: undefined })
  }
  const project = await findProjectById(database, projectId)
  return project ? new Map([[project.name, { project, memberships: [] }]]) : NONE
}

async function ownOfUser(
  { database, now }: ReachDeps,
  userId: number,
  named: readonly string[] | undefined,
): Promise<RightsByName> {
  const all = await listRightsOfMember(database, userId)
  const at = now()
  const open = [...all].filter(
    ([name, { memberships }]) =>
      memberships.some(({ expiresAt }) => expiresAt === undefined || expiresAt > at) &&
      (named === undefined || named.includes(name)),
  )
  return new Map(open)
}

const hasSystemRole = (subject: Subject): boolean =>
  subject.kind === 'user' && subject.systemRole !== undefined

/** @returns undefined where it may be anywhere */
async function findOwn(
  deps: ReachDeps,
  subject: Subject,
): Promise<{ readonly names: readonly string[]; readonly rights: RightsByName } | undefined> {
  if (subject.kind === 'anonymous') return { names: [], rights: NONE }
  const permissions = permissionsOf(subject)
  const named = permissions && projectsGiven(permissions, 'pull')
  if (subject.kind === 'robot') {
    const rights = await ownOfRobot(deps.database, subject, named)
    return rights && { names: [...rights.keys()], rights }
  }
  if (!hasSystemRole(subject)) {
    const rights = await ownOfUser(deps, subject.id, named)
    return { names: [...rights.keys()], rights }
  }
  if (named === undefined) return undefined
  const rights = await findProjectRights(deps.database, { names: named, userId: subject.id })
  return { names: named, rights }
}

/** Finds where a subject may pull. */
export async function findReach(deps: ReachDeps, subject: Subject): Promise<Reach> {
  const own = await findOwn(deps, subject)
  if (own === undefined) return { kind: 'everywhere', rights: NONE }
  const open = await listPublicProjects(deps.database, MOST_PROJECTS + 1)
  const rights = new Map(own.rights)
  for (const project of open) {
    if (!rights.has(project.name)) rights.set(project.name, { project, memberships: [] })
  }
  const names = [...new Set([...own.names, ...rights.keys()])]
  if (names.length <= MOST_PROJECTS) return { kind: 'projects', names, rights }
  return { kind: 'scattered', names: own.names, rights }
}

/** The same within one project. */
export async function findReachIn(
  { database }: ReachDeps,
  subject: Subject,
  project: string,
): Promise<Reach> {
  const rights = await findProjectRights(database, { names: [project], userId: userIdOf(subject) })
  return { kind: 'projects', names: [project], rights }
}

/** Who may pull whatever there is, so that nothing has to be looked up. */
const mayPullAll = (subject: Subject): boolean =>
  permissionsOf(subject) === undefined && authorizeSystem(subject, 'catalog:read').allowed

/**
 * Keeps those repositories that a subject may pull.
 *
 * @param rights what is known of projects already
 */
export async function keepReadable<T extends { readonly name: string }>(
  { database, now }: ReachDeps,
  { subject, reach }: { readonly subject: Subject; readonly reach: Reach },
  items: readonly T[],
): Promise<readonly T[]> {
  const projects = [...new Set(items.map(({ name }) => projectOf(name)))]
  const { kind, rights: known } = reach
  const missing =
    kind === 'projects' || mayPullAll(subject) ? [] : projects.filter((name) => !known.has(name))
  const found = await findProjectRights(database, { names: missing, userId: userIdOf(subject) })
  const at = now()
  return items.filter(({ name: repository }) => {
    const project = projectOf(repository)
    const rights = known.get(project) ?? found.get(project)
    const permission = 'repository:pull'
    return authorize({ subject, rights, permission, repository, now: at }).allowed
  })
}

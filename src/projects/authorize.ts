import { matchesPattern } from '../protocol/pattern.ts'
import { pathInProject } from '../protocol/reference.ts'
import type { Subject } from '../protocol/subject.ts'
import type { Membership, ProjectRights, Role } from './types.ts'

/** What concerns the whole system and no project. */
export type SystemPermission =
  | 'user:read'
  | 'user:write'
  | 'project:create'
  | 'catalog:read'
  | 'settings:read'
  | 'settings:write'

/** What concerns one project, or a repository in it. */
export type ProjectPermission =
  | 'project:read'
  | 'project:write'
  | 'member:read'
  | 'member:write'
  | RepositoryPermission

export type RepositoryPermission = 'repository:pull' | 'repository:push' | 'repository:delete'

export interface Decision {
  readonly allowed: boolean
  /** The rule that decided, for people who ask why. */
  readonly rule: string
  /** When the right ends by itself; undefined: not by time. */
  readonly until: Date | undefined
}

export interface ProjectQuestion {
  readonly subject: Subject
  /** Undefined when there is no such project. */
  readonly rights: ProjectRights | undefined
  readonly permission: ProjectPermission
  /** Whole name of the repository; needed for its permissions. */
  readonly repository?: string
  readonly now: Date
}

const LIMITED_GUEST: readonly ProjectPermission[] = ['project:read', 'repository:pull']
const GUEST: readonly ProjectPermission[] = [...LIMITED_GUEST, 'member:read']
const DEVELOPER: readonly ProjectPermission[] = [...GUEST, 'repository:push']
const MAINTAINER: readonly ProjectPermission[] = [...DEVELOPER, 'repository:delete']
const PROJECT_ADMIN: readonly ProjectPermission[] = [...MAINTAINER, 'project:write', 'member:write']

/** Harbor's matrix, for the resources that are here. */
const MATRIX: Readonly<Record<Role, ReadonlySet<ProjectPermission>>> = {
  limitedGuest: new Set(LIMITED_GUEST),
  guest: new Set(GUEST),
  developer: new Set(DEVELOPER),
  maintainer: new Set(MAINTAINER),
  projectAdmin: new Set(PROJECT_ADMIN),
}

const READ_ONLY: ReadonlySet<string> = new Set([
  'project:read',
  'member:read',
  'repository:pull',
  'user:read',
  'catalog:read',
  'settings:read',
])

const PUBLIC: ReadonlySet<ProjectPermission> = new Set(['project:read', 'repository:pull'])

const allow = (rule: string, until?: Date): Decision => ({ allowed: true, rule, until })
const deny = (rule: string): Decision => ({ allowed: false, rule, until: undefined })

/**
 * Whether a subject may do something that concerns no project.
 *
 * @param forEverybody what a setting gives to every user; an auditor changes nothing all the same
 */
export function authorizeSystem(
  subject: Subject,
  permission: SystemPermission,
  forEverybody: readonly SystemPermission[] = [],
): Decision {
  if (subject.kind === 'anonymous') return deny('nobody is signed in')
  if (subject.systemRole === 'administrator') return allow('system role administrator')
  if (subject.systemRole === 'auditor' && READ_ONLY.has(permission)) {
    return allow('system role auditor')
  }
  if (subject.systemRole === undefined && forEverybody.includes(permission)) {
    return allow('a setting gives it to everybody')
  }
  return deny('no system role gives it')
}

function systemDecision({ subject, rights, permission }: ProjectQuestion): Decision | undefined {
  if (subject.kind !== 'user') return undefined
  if (subject.systemRole === 'administrator') {
    // Rights hang on projects, so nothing may be pushed where there is none.
    if (rights === undefined && permission === 'repository:push') return undefined
    return allow('system role administrator')
  }
  if (subject.systemRole === 'auditor' && READ_ONLY.has(permission)) {
    return allow('system role auditor')
  }
  return undefined
}

function reaches(membership: Membership, { permission, repository }: ProjectQuestion): boolean {
  const patterns = membership.repositories
  if (patterns === undefined || permission === 'project:read') return true
  // A membership of some repositories gives nothing over the project itself.
  if (repository === undefined) return false
  const path = pathInProject(repository)
  return patterns.some((pattern) => matchesPattern(pattern, path))
}

function latestEnd(memberships: readonly Membership[]): Date | undefined {
  const ends = memberships.map(({ expiresAt }) => expiresAt?.getTime() ?? Number.POSITIVE_INFINITY)
  const latest = Math.max(...ends)
  return Number.isFinite(latest) ? new Date(latest) : undefined
}

/**
 * Decides whether a subject may do something in a project: the only place where that is decided, for
 * tokens, API and door alike. Pure: all it needs is in the question. What no rule allows is denied.
 */
export function authorize(question: ProjectQuestion): Decision {
  const { rights, permission, now } = question
  const bySystem = systemDecision(question)
  if (bySystem !== undefined) return bySystem
  if (rights === undefined) return deny('there is no such project')
  if (rights.project.visibility === 'public' && PUBLIC.has(permission)) {
    return allow('the project is public')
  }
  const giving = rights.memberships.filter(
    (membership) =>
      MATRIX[membership.role].has(permission) &&
      (membership.expiresAt === undefined || membership.expiresAt > now) &&
      reaches(membership, question),
  )
  const [first] = giving
  if (first === undefined) return deny('no membership gives it')
  return allow(`member with role ${first.role}`, latestEnd(giving))
}

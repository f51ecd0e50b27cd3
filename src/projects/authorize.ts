import { matchesPattern } from '../protocol/pattern.ts'
import { pathInProject } from '../protocol/reference.ts'
import { permissionsOf, type Subject, type UserSubject } from '../protocol/subject.ts'
import { givesAction, givesProject, givesSystem } from './credential-reach.ts'
import {
  BY_ROLE,
  MATRIX,
  type ProjectPermission,
  PUBLIC,
  READ_ONLY,
  type RepositoryPermission,
  type SystemPermission,
} from './permissions.ts'
import type { Membership, ProjectRights } from './types.ts'

export interface Decision {
  readonly allowed: boolean
  /** The rule that decided, for people who ask why. */
  readonly rule: string
  /** When the right ends by itself; undefined: not by time. */
  readonly until: Date | undefined
  /**
   * When it ends because somebody set that end. What a source claims lapses, too, but it is said again
   * day by day, so it is no end of what may be handed on (R11).
   */
  readonly setUntil: Date | undefined
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

const REGISTRY_ACTIONS = {
  'repository:pull': 'pull',
  'repository:push': 'push',
  'repository:delete': 'delete',
} as const

const isRepositoryPermission = (
  permission: ProjectPermission,
): permission is RepositoryPermission => permission in REGISTRY_ACTIONS

const allow = (rule: string, until?: Date, setUntil?: Date): Decision => ({
  allowed: true,
  rule,
  until,
  setUntil,
})
const deny = (rule: string): Decision => ({
  allowed: false,
  rule,
  until: undefined,
  setUntil: undefined,
})

function systemRoleDecision(
  { systemRole, systemRoleUntil: until }: UserSubject,
  permission: SystemPermission | ProjectPermission,
): Decision | undefined {
  if (systemRole === 'administrator') return allow('system role administrator', until)
  const isRead = systemRole === 'auditor' && READ_ONLY.has(permission)
  return isRead ? allow('system role auditor', until) : undefined
}

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
  if (subject.kind === 'robot') return deny('robots have no system role')
  const isGivenToAll = subject.systemRole === undefined && forEverybody.includes(permission)
  const decision = isGivenToAll
    ? allow('a setting gives it to everybody')
    : systemRoleDecision(subject, permission)
  if (decision === undefined) return deny('no system role gives it')
  const permissions = permissionsOf(subject)
  if (permissions === undefined || givesSystem(permissions)) return decision
  return deny('the access token does not give it')
}

function reaches(membership: Membership, { permission, repository }: ProjectQuestion): boolean {
  const patterns = membership.repositories
  if (patterns === undefined || permission === 'project:read') return true
  // A membership of some repositories gives nothing over the project itself.
  if (repository === undefined) return false
  const path = pathInProject(repository)
  return patterns.some((pattern) => matchesPattern(pattern, path))
}

/** @returns undefined when one of them does not end */
function latest(ends: readonly (Date | undefined)[]): Date | undefined {
  let last: Date | undefined
  for (const end of ends) {
    if (end === undefined) return undefined
    if (last === undefined || end > last) last = end
  }
  return last
}

const earlier = (a: Date | undefined, b: Date | undefined): Date | undefined =>
  a === undefined || (b !== undefined && b < a) ? b : a

const endOf = ({ expiresAt, claimedUntil }: Membership): Date | undefined =>
  earlier(expiresAt, claimedUntil)

const isOver = (membership: Membership, now: Date): boolean => {
  const end = endOf(membership)
  return end !== undefined && end <= now
}

function membershipDecision(question: ProjectQuestion): Decision {
  const { rights, permission, now } = question
  if (rights === undefined) return deny('there is no such project')
  const giving = rights.memberships.filter(
    (membership) =>
      MATRIX[membership.role].has(permission) &&
      !isOver(membership, now) &&
      reaches(membership, question),
  )
  const [first] = giving
  if (first === undefined) return deny('no membership gives it')
  const setUntil = latest(giving.map(({ expiresAt }) => expiresAt))
  return allow(BY_ROLE[first.role], latest(giving.map(endOf)), setUntil)
}

function userDecision(subject: UserSubject, question: ProjectQuestion): Decision {
  // Rights hang on projects, so nothing may be pushed where there is none.
  const isPushNowhere = question.rights === undefined && question.permission === 'repository:push'
  const bySystem = isPushNowhere ? undefined : systemRoleDecision(subject, question.permission)
  return bySystem ?? membershipDecision(question)
}

/** Whether what the subject signed in with reaches so far; all that a robot may is decided by this. */
function isGivenByPermissions({
  subject,
  rights,
  permission,
  repository,
}: ProjectQuestion): boolean {
  const permissions = permissionsOf(subject)
  if (permissions === undefined) return true
  if (isRepositoryPermission(permission)) {
    const action = REGISTRY_ACTIONS[permission]
    return repository !== undefined && givesAction(permissions, action, repository)
  }
  return givesProject(permissions, rights?.project.name, permission === 'project:read')
}

function robotDecision(question: ProjectQuestion, projectId: number | undefined): Decision {
  const { rights, permission } = question
  if (rights === undefined) return deny('there is no such project')
  if (projectId !== undefined && projectId !== rights.project.id) {
    return deny('the robot is of another project')
  }
  const mayEver = isRepositoryPermission(permission) || permission === 'project:read'
  if (!mayEver || !isGivenByPermissions(question)) return deny('the robot has no permission for it')
  return allow('permission of the robot')
}

/**
 * Decides whether a subject may do something in a project: the only place where that is decided, for
 * tokens, API and door alike. Pure: all it needs is in the question. What no rule allows is denied.
 */
export function authorize(question: ProjectQuestion): Decision {
  const { subject, rights, permission } = question
  if (rights?.project.visibility === 'public' && PUBLIC.has(permission)) {
    return allow('the project is public')
  }
  if (subject.kind === 'robot') return robotDecision(question, subject.projectId)
  if (subject.kind === 'anonymous') return deny('nobody is signed in')
  const decision = userDecision(subject, question)
  if (!decision.allowed || isGivenByPermissions(question)) return decision
  return deny('the access token does not give it')
}

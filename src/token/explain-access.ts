import { parseRobotUsername } from '../credentials/robot-name.ts'
import { AppError } from '../errors.ts'
import type { WriteFence } from '../holds/write-fence.ts'
import { authorize, authorizeSystem } from '../projects/authorize.ts'
import type { CachedRights } from '../projects/cached-rights.ts'
import type { ProjectPermission } from '../projects/permissions.ts'
import { type Access, parseScopes } from '../protocol/scope.ts'
import { credentialEnd, permissionsOf, type Subject, subjectName } from '../protocol/subject.ts'
import {
  decideAccess,
  type IsOverQuota,
  isOfGrammar,
  projectOfAccess,
  rightsQuestion,
} from './decide-access.ts'
import {
  ANONYMOUS_NAME,
  type ExplainedSubject,
  findCaller,
  findSubject,
  type SubjectDeps,
  unknownRobot,
} from './explained-subject.ts'
import { earlierEnd } from './grant-access.ts'
import { MOST_SCOPES } from './token-request.ts'

/** One scope may name hundreds of actions that do not exist. */
const MOST_ACTIONS = 100

export interface ExplainAccessDeps extends SubjectDeps {
  readonly rights: CachedRights
  readonly writeFence: WriteFence
  readonly isOverQuota?: IsOverQuota | undefined
}

/** What is decided about one action on one resource, and why. */
export interface Explanation {
  readonly type: string
  readonly name: string
  readonly action: string
  readonly allowed: boolean
  readonly rule: string
  /** When it ends by itself; undefined: not by time, or not allowed. */
  readonly until: Date | undefined
}

export interface ExplainedAccess {
  /** Its name, or `anonymous`. */
  readonly subject: string
  readonly decisions: readonly Explanation[]
}

/** Who asks, and whether he may do something in the project of a resource. */
interface Asker {
  readonly subject: Subject
  readonly may: (permission: ProjectPermission, access: Access) => boolean
}

function parseAsked(scopes: readonly string[]): readonly Access[] {
  const asked = parseScopes(scopes, MOST_SCOPES)
  const count = asked.reduce((sum, { actions }) => sum + actions.length, 0)
  if (count <= MOST_ACTIONS) return asked
  throw new AppError('SCOPE_INVALID', {
    detail: `the scopes name ${count} actions; at most ${MOST_ACTIONS} are explained at once`,
  })
}

async function meetAsker(
  { rights, now }: ExplainAccessDeps,
  subject: Subject,
  asked: readonly Access[],
): Promise<Asker> {
  const found = await rights.read(rightsQuestion({ subject, asked }))
  const at = now()
  return {
    subject,
    may: (permission, access) => {
      const project = projectOfAccess(access)
      if (project === undefined) return false
      return authorize({ subject, rights: found.get(project), permission, now: at }).allowed
    },
  }
}

/**
 * Lets a caller ask about somebody else: who may read all accounts about everybody, who sets the
 * members of a project about its repositories. The answer is the same whoever is asked about.
 *
 * @throws AppError UNAUTHORIZED (401), DENIED (403)
 */
function requireAsker({ subject, may }: Asker, asked: readonly Access[]): 'system' | 'project' {
  if (authorizeSystem(subject, 'user:read').allowed) return 'system'
  if (asked.length > 0 && asked.every((access) => may('member:write', access))) return 'project'
  if (subject.kind === 'anonymous') {
    throw new AppError('UNAUTHORIZED', { detail: 'this needs a user name and a password' })
  }
  throw new AppError('DENIED', {
    detail: `${subject.username} may ask about itself, and about others only on repositories of projects that it administers`,
  })
}

/** Robots of other projects get nothing here, so whether they exist is none of this project's. */
function refuseForeignRobot(name: string, asked: readonly Access[]): void {
  const home = parseRobotUsername(name)?.project
  if (home === undefined || asked.some((access) => projectOfAccess(access) === home)) return
  throw unknownRobot(name)
}

async function findExplained(
  deps: ExplainAccessDeps,
  asker: Asker,
  { name, asked }: { readonly name: string | undefined; readonly asked: readonly Access[] },
): Promise<ExplainedSubject> {
  const own = subjectName(asker.subject)
  if (name === undefined || name === own) return findCaller(deps, asker.subject)
  // What nobody gets, everybody can find out by asking for a token without credentials.
  if (name !== ANONYMOUS_NAME && requireAsker(asker, asked) === 'project') {
    refuseForeignRobot(name, asked)
  }
  return findSubject(deps, name)
}

/** One sentence for a project that is not there and for one that may not be seen. */
function hiddenRule(subject: Subject): string {
  if (subject.kind === 'anonymous') return 'there is no such project, or it is not public'
  if (subject.kind === 'robot') return 'there is no such project, or the robot has no right in it'
  const rule = 'there is no such project, or no membership gives it'
  return permissionsOf(subject) ? `${rule}, or the access token does not give it` : rule
}

function explain(
  access: Access,
  decided: ReturnType<typeof decideAccess>,
  { explained, isHidden }: { readonly explained: ExplainedSubject; readonly isHidden: boolean },
): readonly Explanation[] {
  const { subject, refusal } = explained
  const { type, name } = access
  const end = credentialEnd(subject)
  const isBound = subject.kind === 'robot' && subject.isBoundToNetworks
  return decided.map(({ action, decision }) => {
    const { rule, until } = decision
    const allowed = decision.allowed && refusal === undefined
    const entry = { type, name, action, allowed }
    if (allowed) {
      const where = isBound ? ', from its networks alone' : ''
      return { ...entry, rule: `${rule}${where}`, until: earlierEnd(until, end) }
    }
    const own = isHidden && !isOfGrammar(decision) ? hiddenRule(subject) : rule
    return { ...entry, rule: refusal ?? own, until: undefined }
  })
}

/**
 * Says for each action what is decided and by which rule: exactly what a token would hold that the
 * subject asks for at this moment.
 *
 * @param name of a user or a robot, or `anonymous`, in its one spelling; undefined: the caller, as
 *   far as what he signed in with reaches
 * @throws AppError SCOPE_INVALID (400), UNAUTHORIZED (401), DENIED (403)
 * @throws AppError USER_UNKNOWN, ROBOT_UNKNOWN (404) to who may ask
 */
export async function explainAccess(
  deps: ExplainAccessDeps,
  {
    caller,
    name,
    scopes,
  }: {
    readonly caller: { readonly subject: Subject }
    readonly name: string | undefined
    readonly scopes: readonly string[]
  },
): Promise<ExplainedAccess> {
  const asked = parseAsked(scopes)
  const asker = await meetAsker(deps, caller.subject, asked)
  const explained = await findExplained(deps, asker, { name, asked })
  const { subject } = explained
  const found = await deps.rights.read(rightsQuestion({ subject, asked }))
  const fence = await deps.writeFence.read()
  const known = { subject, found, now: deps.now(), fence, isOverQuota: deps.isOverQuota }
  const decisions = asked.flatMap((access) => {
    const decided = decideAccess(access, known)
    const isOpen =
      projectOfAccess(access) === undefined ||
      asker.may('project:read', access) ||
      decided.some(({ decision }) => decision.allowed)
    return explain(access, decided, { explained, isHidden: !isOpen })
  })
  return { subject: subjectName(subject) || ANONYMOUS_NAME, decisions }
}

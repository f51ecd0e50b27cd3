import { authorize, authorizeSystem, type Decision } from '../projects/authorize.ts'
import type { CachedRights, FoundRights } from '../projects/cached-rights.ts'
import type { RepositoryPermission } from '../projects/permissions.ts'
import { userIdOf } from '../projects/require-permission.ts'
import type { ProjectRights } from '../projects/types.ts'
import { hasReservedSegment, isRepositoryName, projectOf } from '../protocol/reference.ts'
import type { Access } from '../protocol/scope.ts'
import { credentialEnd, type Subject } from '../protocol/subject.ts'

export interface GrantAccessDeps {
  readonly rights: CachedRights
  readonly now: () => Date
}

/** What of the asked access is allowed. */
export interface Grant {
  readonly access: readonly Access[]
  /**
   * The earliest end of a right that is in it, or of what was signed in with; undefined when none
   * ends by time.
   */
  readonly until: Date | undefined
}

type RegistryAction = 'pull' | 'push' | 'delete'

const PERMISSIONS: Readonly<Record<RegistryAction, RepositoryPermission>> = {
  pull: 'repository:pull',
  push: 'repository:push',
  delete: 'repository:delete',
}

const ACTIONS = Object.keys(PERMISSIONS) as readonly RegistryAction[]

const isRepository = ({ type, name }: Access): boolean =>
  type === 'repository' && isRepositoryName(name)

/** `*` asks for all there is; a push without a pull is of no use to the registry (POST needs both). */
function wantedActions({ name, actions }: Access): readonly RegistryAction[] {
  const isAll = actions.includes('*')
  const wantsPush = isAll || actions.includes('push')
  return ACTIONS.filter((action) => {
    if (action === 'push') return wantsPush && !hasReservedSegment(name)
    return isAll || actions.includes(action) || (action === 'pull' && wantsPush)
  })
}

interface Granted {
  readonly access: Access
  readonly decisions: readonly Decision[]
}

function grantRepository(
  asked: Access,
  question: {
    readonly subject: Subject
    readonly rights: ProjectRights | undefined
    readonly now: Date
  },
): Granted {
  const actions: RegistryAction[] = []
  const decisions: Decision[] = []
  for (const action of wantedActions(asked)) {
    const { subject, rights, now } = question
    const permission = PERMISSIONS[action]
    const decision = authorize({ subject, rights, now, permission, repository: asked.name })
    if (!decision.allowed) continue
    actions.push(action)
    decisions.push(decision)
  }
  return { access: { ...asked, actions }, decisions }
}

function grantCatalog(asked: Access, subject: Subject): Granted {
  const decision = authorizeSystem(subject, 'catalog:read')
  const isCatalog =
    asked.type === 'registry' && asked.name === 'catalog' && asked.actions.includes('*')
  const actions = isCatalog && decision.allowed ? ['*'] : []
  return { access: { ...asked, actions }, decisions: [] }
}

function earliestEnd(granted: readonly Granted[], own: Date | undefined): Date | undefined {
  let earliest = own
  for (const { decisions } of granted) {
    for (const { until } of decisions) {
      if (until !== undefined && (earliest === undefined || until < earliest)) earliest = until
    }
  }
  return earliest
}

interface AccessQuestion {
  readonly subject: Subject
  readonly asked: readonly Access[]
}

const rightsQuestion = ({ subject, asked }: AccessQuestion) => {
  const names = asked.filter(isRepository).map(({ name }) => projectOf(name))
  return { names: [...new Set(names)], userId: userIdOf(subject) }
}

function intersect({ subject, asked }: AccessQuestion, found: FoundRights, now: Date): Grant {
  const granted = asked.map((access) => {
    if (!isRepository(access)) return grantCatalog(access, subject)
    return grantRepository(access, { subject, rights: found.get(projectOf(access.name)), now })
  })
  return {
    access: granted.map(({ access }) => access).filter(({ actions }) => actions.length > 0),
    until: earliestEnd(granted, credentialEnd(subject)),
  }
}

/**
 * Intersects what was asked with what is allowed, resource by resource. Never an error: what cannot
 * be granted is left out, and the registry itself refuses.
 *
 * @throws AppError UNAVAILABLE (503) when rights are not known and the database is away
 */
export async function grantAccess(
  { rights, now }: GrantAccessDeps,
  question: AccessQuestion,
): Promise<Grant> {
  return intersect(question, await rights.read(rightsQuestion(question)), now())
}

/** The same from memory alone, at once; undefined when something would have to be read. */
export function grantKnownAccess(
  { rights, now }: GrantAccessDeps,
  question: AccessQuestion,
): Grant | undefined {
  const found = rights.peek(rightsQuestion(question))
  return found && intersect(question, found, now())
}

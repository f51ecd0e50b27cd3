import { authorize, authorizeSystem, type Decision } from '../projects/authorize.ts'
import type { FoundRights, RightsQuestion } from '../projects/cached-rights.ts'
import type { RepositoryPermission } from '../projects/permissions.ts'
import { userIdOf } from '../projects/require-permission.ts'
import { hasReservedSegment, isRepositoryName, projectOf } from '../protocol/reference.ts'
import type { Access } from '../protocol/scope.ts'
import type { Subject } from '../protocol/subject.ts'

export interface AccessQuestion {
  readonly subject: Subject
  readonly asked: readonly Access[]
}

export interface ActionDecision {
  readonly action: string
  readonly decision: Decision
}

type RegistryAction = 'pull' | 'push' | 'delete'

const PERMISSIONS: Readonly<Record<RegistryAction, RepositoryPermission>> = {
  pull: 'repository:pull',
  push: 'repository:push',
  delete: 'repository:delete',
}

const ACTIONS = Object.keys(PERMISSIONS) as readonly RegistryAction[]
const KNOWN: ReadonlySet<string> = new Set([...ACTIONS, '*'])

const deny = (rule: string): Decision => ({
  allowed: false,
  rule,
  until: undefined,
  setUntil: undefined,
})

const NO_SUCH_ACTION = deny('it gets nothing, because the actions are pull, push and delete')
const RESERVED_WORD = deny(
  'a push gets nothing, because the name holds tags, manifests, blobs or referrers, a word of the paths of the registry',
)
const OVER_QUOTA = deny(
  'a push gets nothing, because the project keeps as much as its quota allows',
)
const CATALOG_ALONE = deny(
  'it gets nothing, because the one right over the registry itself is registry:catalog:*',
)
const NO_SUCH_TYPE = deny('it gets nothing, because the types are repository and registry')
const UPPER_CASE = deny('it gets nothing, because names of repositories are in lower case')
const WITH_HOST = deny(
  'it gets nothing, because it begins with the host of a registry, which is no part of the name',
)
const NO_NAME = deny('it gets nothing, because it is no name of a repository')

const OF_GRAMMAR: ReadonlySet<Decision> = new Set([
  NO_SUCH_ACTION,
  RESERVED_WORD,
  CATALOG_ALONE,
  NO_SUCH_TYPE,
  UPPER_CASE,
  WITH_HOST,
  NO_NAME,
])

/** Whether the words of the scope alone decided, whoever asks and whatever there is. */
export const isOfGrammar = (decision: Decision): boolean => OF_GRAMMAR.has(decision)

const isRepository = ({ type, name }: Access): boolean =>
  type === 'repository' && isRepositoryName(name)

function nameRefusal(name: string): Decision {
  if (name.includes(':')) return WITH_HOST
  return name === name.toLowerCase() ? NO_NAME : UPPER_CASE
}

/** `*` asks for all there is; a push without a pull is of no use to the registry (POST needs both). */
function wantedActions({ actions }: Access): readonly RegistryAction[] {
  const isAll = actions.includes('*')
  const wantsPush = isAll || actions.includes('push')
  return ACTIONS.filter(
    (action) => isAll || actions.includes(action) || (action === 'pull' && wantsPush),
  )
}

/** Rights of the subject, by the names of projects. */
interface Known {
  readonly subject: Subject
  readonly found: FoundRights
  readonly now: Date
  /** Why nothing may be written now, where no door says so; '' where it may. */
  readonly fence: string
  /** Where no door can refuse a push for its size; undefined where there is one. */
  readonly isOverQuota?: IsOverQuota | undefined
}

/** From memory, at once. */
export type IsOverQuota = (project: string) => boolean

/** What rights would give is withheld while nothing may be written (decision 8). */
const behind = (fence: string, action: RegistryAction, decision: Decision): Decision =>
  fence === '' || action === 'pull' || !decision.allowed
    ? decision
    : deny(`it gets nothing now, because the registry takes no writes: ${fence}`)

function decideAction(
  { name: repository }: Access,
  action: RegistryAction,
  { subject, found, now, fence, isOverQuota }: Known,
): Decision {
  if (action === 'push' && hasReservedSegment(repository)) return RESERVED_WORD
  const project = projectOf(repository)
  const permission = PERMISSIONS[action]
  const decision = authorize({ subject, rights: found.get(project), permission, repository, now })
  const isOver = action === 'push' && decision.allowed && isOverQuota?.(project)
  return behind(fence, action, isOver ? OVER_QUOTA : decision)
}

function decideRepository(asked: Access, known: Known): readonly ActionDecision[] {
  const decided: ActionDecision[] = []
  for (const action of wantedActions(asked)) {
    decided.push({ action, decision: decideAction(asked, action, known) })
  }
  for (const action of asked.actions) {
    if (!KNOWN.has(action)) decided.push({ action, decision: NO_SUCH_ACTION })
  }
  return decided
}

function decideOther({ type, name, actions }: Access, subject: Subject): readonly ActionDecision[] {
  const isCatalog = type === 'registry' && name === 'catalog'
  const refusal = type === 'registry' ? CATALOG_ALONE : NO_SUCH_TYPE
  return actions.map((action) => ({
    action,
    decision: isCatalog && action === '*' ? authorizeSystem(subject, 'catalog:read') : refusal,
  }))
}

/**
 * Decides each action that is asked of one resource: for tokens and for those who ask why, so that
 * the two cannot differ.
 */
export function decideAccess(asked: Access, known: Known): readonly ActionDecision[] {
  if (isRepository(asked)) return decideRepository(asked, known)
  if (asked.type !== 'repository') return decideOther(asked, known.subject)
  const decision = nameRefusal(asked.name)
  const wanted = asked.actions.includes('*') ? ACTIONS : asked.actions
  return wanted.map((action) => ({ action, decision }))
}

/** The project of a resource; undefined where it is in none. */
export const projectOfAccess = (access: Access): string | undefined =>
  isRepository(access) ? projectOf(access.name) : undefined

/** The rights that have to be known to decide. */
export function rightsQuestion({ subject, asked }: AccessQuestion): RightsQuestion {
  const names = asked.flatMap((access) => projectOfAccess(access) ?? [])
  return { names: [...new Set(names)], userId: userIdOf(subject) }
}

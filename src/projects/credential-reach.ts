import { coversPattern, matchesPattern } from '../protocol/pattern.ts'
import { LIBRARY } from '../protocol/reference.ts'
import type { CredentialAction, CredentialPermission } from '../protocol/subject.ts'

type Permissions = readonly CredentialPermission[]

/** Everything there is, in whole names. */
const EVERYTHING = '**'

const patternsWith = (permissions: Permissions, action: CredentialAction): readonly string[] =>
  permissions.flatMap(({ actions, repositories }) => (actions.includes(action) ? repositories : []))

/** `ubuntu` belongs to the project `library` and may be written so, too. */
const spellings = (repository: string): readonly string[] =>
  repository.includes('/') ? [repository] : [repository, `${LIBRARY}/${repository}`]

/**
 * Whether a name fits a pattern of whole names. A pattern with a slash begins with a project, so it
 * is never held against a name that does not: `acme/**` is all of the project `acme`, and not the
 * repository `acme` of the project `library`.
 */
const fits = (pattern: string, name: string): boolean =>
  (name.includes('/') || !pattern.includes('/')) && matchesPattern(pattern, name)

/** Whether permissions give an action on a repository. */
export const givesAction = (
  permissions: Permissions,
  action: CredentialAction,
  repository: string,
): boolean =>
  patternsWith(permissions, action).some((pattern) =>
    spellings(repository).some((name) => fits(pattern, name)),
  )

/** Whether all that fits `inner` fits `outer`, in the same sense. */
function covers(outer: string, inner: string): boolean {
  const isOfLibrary = inner !== EVERYTHING && !inner.includes('/')
  return coversPattern(outer, isOfLibrary && outer.includes('/') ? `${LIBRARY}/${inner}` : inner)
}

/** Whether a name in that project could fit the pattern. */
function touchesProject(pattern: string, project: string): boolean {
  if (pattern === EVERYTHING) return true
  if (!pattern.includes('/')) return project === LIBRARY
  const [first = ''] = pattern.split('/')
  return first === EVERYTHING || matchesPattern(first, project)
}

/**
 * Whether permissions reach a project in the API.
 *
 * @param project undefined when there is no such project: only what reaches everything reaches it
 * @param isRead to read the project it is enough to reach some of its repositories
 */
export function givesProject(
  permissions: Permissions,
  project: string | undefined,
  isRead: boolean,
): boolean {
  const patterns = patternsWith(permissions, 'api')
  if (project === undefined) return patterns.includes(EVERYTHING)
  if (isRead) return patterns.some((pattern) => touchesProject(pattern, project))
  return patterns.some((pattern) => coversPattern(pattern, `${project}/${EVERYTHING}`))
}

/** Whether permissions reach what concerns no project, in the API. */
export const givesSystem = (permissions: Permissions): boolean =>
  patternsWith(permissions, 'api').includes(EVERYTHING)

/**
 * Whether `outer` gives all that `inner` gives: nobody hands on more than is theirs (R11).
 *
 * @param outer undefined: everything
 * @param inner undefined: everything
 */
export function coversPermissions(
  outer: Permissions | undefined,
  inner: Permissions | undefined,
): boolean {
  if (outer === undefined) return true
  if (inner === undefined) return false
  return inner.every(({ repositories, actions }) =>
    actions.every((action) => {
      const own = patternsWith(outer, action)
      return repositories.every((wanted) => own.some((pattern) => covers(pattern, wanted)))
    }),
  )
}

/** @returns undefined where a pattern may be of any project */
function projectGiven(pattern: string): string | undefined {
  if (pattern === EVERYTHING) return undefined
  if (!pattern.includes('/')) return LIBRARY
  const [first = ''] = pattern.split('/')
  return first.includes('*') ? undefined : first
}

/** The projects that permissions give an action in; undefined where it may be any. */
export function projectsGiven(
  permissions: Permissions,
  action: CredentialAction,
): readonly string[] | undefined {
  const names = new Set<string>()
  for (const pattern of patternsWith(permissions, action)) {
    const name = projectGiven(pattern)
    if (name === undefined) return undefined
    names.add(name)
  }
  return [...names]
}

import type { Decision } from '../projects/authorize.ts'
import type { CachedRights, FoundRights } from '../projects/cached-rights.ts'
import type { Access } from '../protocol/scope.ts'
import { credentialEnd } from '../protocol/subject.ts'
import { type AccessQuestion, decideAccess, rightsQuestion } from './decide-access.ts'

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

interface Granted {
  readonly access: Access
  readonly decisions: readonly Decision[]
}

/** The earliest of some ends; undefined when none is one. */
export function earliestEnd(ends: readonly (Date | undefined)[]): Date | undefined {
  const times = ends.flatMap((end) => (end === undefined ? [] : [end.getTime()]))
  return times.length === 0 ? undefined : new Date(Math.min(...times))
}

function intersect({ subject, asked }: AccessQuestion, found: FoundRights, now: Date): Grant {
  const granted = asked.map((access): Granted => {
    const decided = decideAccess(access, { subject, found, now })
    const allowed = decided.filter(({ decision }) => decision.allowed)
    return {
      access: { ...access, actions: allowed.map(({ action }) => action) },
      decisions: allowed.map(({ decision }) => decision),
    }
  })
  const ends = granted.flatMap(({ decisions }) => decisions.map(({ until }) => until))
  return {
    access: granted.map(({ access }) => access).filter(({ actions }) => actions.length > 0),
    until: earliestEnd([...ends, credentialEnd(subject)]),
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

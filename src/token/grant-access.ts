import type { WriteFence } from '../holds/write-fence.ts'
import type { CachedRights, FoundRights } from '../projects/cached-rights.ts'
import type { Access } from '../protocol/scope.ts'
import { credentialEnd } from '../protocol/subject.ts'
import {
  type AccessQuestion,
  decideAccess,
  type IsOverQuota,
  rightsQuestion,
} from './decide-access.ts'

export interface GrantAccessDeps {
  readonly rights: CachedRights
  readonly writeFence: WriteFence
  readonly now: () => Date
  readonly isOverQuota?: IsOverQuota | undefined
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

/** A grant, and whether a later project could make it another one without any change of rights. */
export interface ReadGrant extends Grant {
  readonly isOfMissing: boolean
}

/** The earlier of two ends; undefined is none. */
export const earlierEnd = (a: Date | undefined, b: Date | undefined): Date | undefined =>
  a === undefined || (b !== undefined && b < a) ? b : a

function intersect(
  { now, isOverQuota }: GrantAccessDeps,
  { subject, asked }: AccessQuestion,
  { found, fence }: { readonly found: FoundRights; readonly fence: string },
): Grant {
  const known = { subject, found, now: now(), fence, isOverQuota }
  const granted: Access[] = []
  let until = credentialEnd(subject)
  for (const access of asked) {
    const actions: string[] = []
    for (const { action, decision } of decideAccess(access, known)) {
      if (!decision.allowed) continue
      actions.push(action)
      until = earlierEnd(until, decision.until)
    }
    if (actions.length > 0) granted.push({ ...access, actions })
  }
  return { access: granted, until }
}

/**
 * Intersects what was asked with what is allowed, resource by resource. Never an error: what cannot
 * be granted is left out, and the registry itself refuses.
 *
 * @throws AppError UNAVAILABLE (503) when rights are not known and the database is away
 */
export async function grantAccess(
  deps: GrantAccessDeps,
  question: AccessQuestion,
): Promise<ReadGrant> {
  const asked = rightsQuestion(question)
  const found = await deps.rights.read(asked)
  const fence = await deps.writeFence.read()
  const grant = intersect(deps, question, { found, fence })
  return { ...grant, isOfMissing: found.size < asked.names.length }
}

/** The same from memory alone, at once; undefined when something would have to be read. */
export function grantKnownAccess(
  deps: GrantAccessDeps,
  question: AccessQuestion,
): Grant | undefined {
  const found = deps.rights.peek(rightsQuestion(question))
  const fence = deps.writeFence.peek()
  if (found === undefined || fence === undefined) return undefined
  return intersect(deps, question, { found, fence })
}

import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import { credentialEnd, permissionsOf } from '../protocol/subject.ts'

/**
 * Whoever gets a system role, is put into a group or let in again has all that goes with it, for
 * good. An access token that gives less, or ends, must not give that (R11).
 *
 * @throws AppError DENIED (403)
 */
export function requireWholeCredential({ subject }: Caller): void {
  if (permissionsOf(subject) === undefined && credentialEnd(subject) === undefined) return
  throw new AppError('DENIED', {
    detail:
      'this would give more, or for longer, than the access token that you use gives; sign in with the password',
  })
}

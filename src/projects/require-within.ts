import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import { type CredentialPermission, credentialEnd, permissionsOf } from '../protocol/subject.ts'
import { coversPermissions } from './credential-reach.ts'

/** What a credential is to be able to do, in whole names, and until when. */
export interface WantedRights {
  /** Undefined: everything that its owner may. */
  readonly permissions: readonly CredentialPermission[] | undefined
  readonly expiresAt: Date | undefined
}

/** Whether the caller's own credential gives all of it: nobody hands on more than is theirs (R11). */
export const isWithin = (
  { subject }: Caller,
  permissions: readonly CredentialPermission[] | undefined,
): boolean => coversPermissions(permissionsOf(subject), permissions)

const earliest = (ends: readonly (Date | undefined)[]): Date | undefined =>
  ends
    .filter((end) => end !== undefined)
    .reduce<Date | undefined>((first, end) => (first && first < end ? first : end), undefined)

/**
 * Refuses what is wider, or lasts longer, than what the caller signed in with (R11).
 *
 * @param rightsEnd when the caller's own right to do this ends, where it does
 * @throws AppError DENIED (403)
 */
export function requireWithin(
  caller: Caller,
  { permissions, expiresAt }: WantedRights,
  rightsEnd?: Date,
): void {
  if (!isWithin(caller, permissions)) {
    throw new AppError('DENIED', {
      detail:
        'this would give more than the access token that you use gives; ask for less, or sign in with the password',
    })
  }
  const end = earliest([credentialEnd(caller.subject), rightsEnd])
  if (end === undefined || (expiresAt !== undefined && expiresAt <= end)) return
  throw new AppError('DENIED', {
    detail: `this would last longer than your own right to it; set expiresAt to ${end.toISOString()} or earlier`,
  })
}

import type { SystemRole, UserSubject } from '../protocol/subject.ts'
import type { FollowedClaims, UserWithPassword } from './types.ts'

/** What an account has of system roles: given here, and claimed by its source. */
export interface RoleHolder {
  readonly systemRole: SystemRole | undefined
  readonly claims: Pick<FollowedClaims, 'isAdministrator' | 'endsAt'> | undefined
}

/**
 * The system role that is in force: a claimed one lapses when it was not said again in time (R9).
 * Compared at use, never when a row is read (R3).
 */
export function roleInForce(
  { systemRole, claims }: RoleHolder,
  now: Date,
): Pick<UserSubject, 'systemRole' | 'systemRoleUntil'> {
  const isClaimed = claims?.isAdministrator === true && claims.endsAt > now
  if (!isClaimed || systemRole === 'administrator') return { systemRole }
  return { systemRole: 'administrator', systemRoleUntil: claims.endsAt }
}

/** The user as after a sign-in of their own: with a password, or by single sign-on. */
export const toUserSubject = (user: UserWithPassword, now: Date): UserSubject => ({
  kind: 'user',
  id: user.id,
  username: user.username,
  ...roleInForce(user, now),
  signInEpoch: user.signInEpoch,
})

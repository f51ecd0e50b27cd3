import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import type { UserSubject } from '../protocol/subject.ts'
import { type Acting, findActing } from './acting-queries.ts'
import { findUserWithPassword, hasAccessToken } from './queries.ts'
import type { RoleHolder } from './user-subject.ts'

/**
 * Asks the one function that decides, which stands in a higher room.
 *
 * @throws AppError UNAUTHORIZED (401) or DENIED (403)
 */
export type RequireSystem = (caller: Caller, permission: 'user:read' | 'user:write') => void

/** A claimed role was in force when the request came; it is over when it is not claimed any more. */
function roleLeft(
  { systemRoleUntil }: UserSubject,
  { systemRole, claims }: RoleHolder,
): Pick<UserSubject, 'systemRole' | 'systemRoleUntil'> {
  const isLeft = systemRoleUntil !== undefined && claims?.isAdministrator === true
  return isLeft && systemRole !== 'administrator'
    ? { systemRole: 'administrator', systemRoleUntil }
    : { systemRole, systemRoleUntil: undefined }
}

/** @throws AppError UNAUTHORIZED (401) when the robot may not, or no more, act for the user (R12) */
async function requireActing(
  transaction: Database,
  { id, username }: UserSubject,
  robotId: number,
): Promise<Acting> {
  const acting = await findActing(transaction, { robotId, username })
  if (acting?.userId === id) return acting
  throw new AppError('UNAUTHORIZED', {
    detail: `the service that acts for ${username} may do so no more`,
  })
}

/** What the caller signed in with, as it is now: a service token may have become narrower meanwhile. */
async function refreshCredential(
  transaction: Database,
  subject: UserSubject,
): Promise<UserSubject['credential']> {
  const { id: userId, credential, agent } = subject
  if (agent !== undefined) {
    const { permissions, expiresAt } = await requireActing(transaction, subject, agent.id)
    return { kind: 'onBehalfOf', id: agent.id, permissions, expiresAt }
  }
  if (credential === undefined) return undefined
  if (!(await hasAccessToken(transaction, { userId, id: credential.id }))) {
    throw new AppError('UNAUTHORIZED', { detail: 'the access token is revoked' })
  }
  const { madeByRobotId } = credential
  if (madeByRobotId !== undefined) await requireActing(transaction, subject, madeByRobotId)
  return credential
}

/**
 * Reads the caller's own account again, inside the transaction of a change: what was true when the
 * request came may have been changed by the one before it, so that two administrators could demote
 * each other (R5).
 *
 * @throws AppError UNAUTHORIZED (401) when the account is gone, another one, or disabled, or its
 *   password is not the one of this sign-in any more, or its access token is revoked, or the service
 *   that acts for it may do so no more
 */
export async function refreshCaller(transaction: Database, caller: Caller): Promise<Caller> {
  const { subject } = caller
  if (subject.kind !== 'user') return caller
  const user = await findUserWithPassword(transaction, subject.username)
  if (user === undefined || user.id !== subject.id || user.disabled) {
    throw new AppError('UNAUTHORIZED', {
      detail: `the account ${subject.username} may not sign in any more`,
    })
  }
  if (subject.signInEpoch !== undefined && subject.signInEpoch !== user.signInEpoch) {
    throw new AppError('UNAUTHORIZED', {
      detail: `the sign-in of ${subject.username} is over: the password was changed meanwhile; sign in again`,
    })
  }
  const credential = await refreshCredential(transaction, subject)
  return { ...caller, subject: { ...subject, ...roleLeft(subject, user), credential } }
}

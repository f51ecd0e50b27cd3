import { findUser } from '../accounts/queries.ts'
import { refreshCaller } from '../accounts/refresh-caller.ts'
import { unknownUser } from '../accounts/update-user.ts'
import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import { requireSystem } from '../projects/require-permission.ts'
import type { UserSubject } from '../protocol/subject.ts'
import { findAccessToken } from './queries.ts'

/**
 * The person who asks.
 *
 * @throws AppError UNAUTHORIZED (401) for nobody, DENIED (403) for a robot
 */
export function requireUser({ subject }: Caller): UserSubject {
  if (subject.kind === 'user') return subject
  if (subject.kind === 'anonymous') throw new AppError('UNAUTHORIZED')
  throw new AppError('DENIED', {
    detail: `${subject.username} is a robot, and tokens belong to people; rotate its secret instead`,
  })
}

/**
 * Reads the caller again inside a transaction, and what was signed in with: a token that was revoked
 * a moment ago makes and changes nothing any more (R11).
 *
 * @throws AppError UNAUTHORIZED (401)
 */
export async function refreshSignIn(transaction: Database, caller: Caller): Promise<Caller> {
  const fresh = await refreshCaller(transaction, caller)
  const { subject } = fresh
  if (subject.kind !== 'user' || subject.credential === undefined) return fresh
  const own = { userId: subject.id, id: subject.credential.id }
  const token = await findAccessToken(transaction, own)
  if (token !== undefined) return fresh
  throw new AppError('UNAUTHORIZED', { detail: 'the access token is revoked' })
}

/**
 * The same for what belongs to a person.
 *
 * @throws AppError UNAUTHORIZED (401), DENIED (403)
 */
export const refreshUser = async (transaction: Database, caller: Caller): Promise<UserSubject> =>
  requireUser(await refreshSignIn(transaction, caller))

/** Whose credentials are asked for: undefined means the caller's own. */
export interface AccountQuestion {
  readonly caller: Caller
  readonly username: string | undefined
  readonly permission: 'user:read' | 'user:write'
}

/**
 * The id of an account whose credentials the caller may see or revoke: one's own, or that of others
 * as the system role says.
 *
 * @throws AppError UNAUTHORIZED (401), DENIED (403), USER_UNKNOWN (404)
 */
export async function requireAccount(
  database: Database,
  { caller, username, permission }: AccountQuestion,
): Promise<number> {
  const { subject } = caller
  if (username === undefined) return requireUser(caller).id
  if (subject.kind === 'user' && subject.username === username) return subject.id
  requireSystem(caller, permission)
  const user = await findUser(database, username)
  if (user === undefined) throw unknownUser(username)
  return user.id
}

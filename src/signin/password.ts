import type { CachedUsers } from '../accounts/cached-users.ts'
import type { PasswordHasher } from '../accounts/password-hash.ts'
import { LONGEST_PASSWORD } from '../accounts/password-rules.ts'
import type { User } from '../accounts/types.ts'
import { normalizeUsername } from '../accounts/username.ts'
import { AppError } from '../errors.ts'
import type { BasicCredentials } from '../http/caller.ts'
import type { Subject } from '../protocol/subject.ts'
import type { FamiliarNetworks } from './familiar-networks.ts'
import type { ProvenCache } from './proven-cache.ts'

export interface RecognizeDeps {
  readonly users: CachedUsers
  readonly proven: ProvenCache
}

export interface SignInDeps extends RecognizeDeps {
  readonly hasher: PasswordHasher
  readonly familiar: FamiliarNetworks
}

export interface PasswordSignIn extends BasicCredentials {
  /** Where the client comes from. */
  readonly address: string
}

/** The user as after signing in with the password. */
export const toSubject = (user: User): Subject => ({
  kind: 'user',
  id: user.id,
  username: user.username,
  systemRole: user.systemRole,
})

/**
 * The subject of credentials that were proven before, from memory alone.
 *
 * @returns undefined for all others, which says nothing against them
 */
export function recognizePassword(
  { users, proven }: RecognizeDeps,
  { username, secret }: BasicCredentials,
): Subject | undefined {
  const name = normalizeUsername(username)
  const user = name === undefined ? undefined : users.peek(name)
  if (user?.passwordHash === undefined || user.disabled) return undefined
  return proven.isProven(user.passwordHash, secret) ? toSubject(user) : undefined
}

/**
 * Proves a local account by its password.
 *
 * An unknown name, a wrong password and a disabled account's wrong password take the same work and
 * get the same answer; only who has the right password is told that the account is disabled. Who
 * proved an account from a network before does not wait there behind strangers (R17).
 *
 * @throws AppError UNAUTHORIZED (401), BUSY (503)
 */
export async function signInWithPassword(
  { users, proven, hasher, familiar }: SignInDeps,
  { username, secret, address }: PasswordSignIn,
): Promise<Subject> {
  const name = normalizeUsername(username)
  const user = name === undefined ? undefined : await users.read(name)
  const isTooLong = secret.length > LONGEST_PASSWORD
  const hash = isTooLong ? undefined : user?.passwordHash
  const password = secret.slice(0, LONGEST_PASSWORD)
  const isFamiliar = user !== undefined && familiar.isFamiliar(user.id, address)
  const applicant = { address, familiarAccount: isFamiliar ? user.id : undefined }
  // A wrong proof of an unknown name is remembered by that name: the same work, once.
  const isRight = await proven.prove(hash ?? `nobody ${username}`, password, () =>
    hasher.verify(hash, password, applicant),
  )
  if (!isRight || user === undefined) {
    throw new AppError('UNAUTHORIZED', { detail: 'the user name or the password is wrong' })
  }
  if (user.disabled) {
    throw new AppError('UNAUTHORIZED', {
      detail: `the account ${user.username} is disabled; ask an administrator`,
    })
  }
  familiar.remember(user.id, address)
  return toSubject(user)
}

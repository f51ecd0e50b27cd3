import type { PasswordHasher } from '../accounts/password-hash.ts'
import { LONGEST_PASSWORD } from '../accounts/password-rules.ts'
import { findUserWithPassword } from '../accounts/queries.ts'
import { normalizeUsername } from '../accounts/username.ts'
import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import type { BasicCredentials } from '../http/caller.ts'
import type { Subject } from '../protocol/subject.ts'

export interface SignInDeps {
  readonly database: Database
  readonly hasher: PasswordHasher
}

/**
 * Proves a local account by its password.
 *
 * An unknown name, a wrong password and a disabled account's wrong password take the same work and
 * get the same answer; only who has the right password is told that the account is disabled.
 *
 * @throws AppError UNAUTHORIZED (401), BUSY (503)
 */
export async function signInWithPassword(
  { database, hasher }: SignInDeps,
  { username, secret }: BasicCredentials,
): Promise<Subject> {
  const name = normalizeUsername(username)
  const user = name === undefined ? undefined : await findUserWithPassword(database, name)
  const isTooLong = secret.length > LONGEST_PASSWORD
  const hash = isTooLong ? undefined : user?.passwordHash
  const isRight = await hasher.verify(hash, secret.slice(0, LONGEST_PASSWORD))
  if (!isRight || user === undefined) {
    throw new AppError('UNAUTHORIZED', { detail: 'the user name or the password is wrong' })
  }
  if (user.disabled) {
    throw new AppError('UNAUTHORIZED', {
      detail: `the account ${user.username} is disabled; ask an administrator`,
    })
  }
  return { kind: 'user', id: user.id, username: user.username, systemRole: user.systemRole }
}

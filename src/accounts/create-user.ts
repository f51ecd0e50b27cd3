import { recordAudit } from '../audit/record.ts'
import { isDuplicateKey } from '../database/database-error.ts'
import type { Database } from '../database/open-database.ts'
import { inTransaction } from '../database/transaction.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import type { Keep } from '../http/once.ts'
import type { PasswordHasher } from './password-hash.ts'
import { requireGoodPassword } from './password-rules.ts'
import { findUser, insertUser } from './queries.ts'
import { type RequireSystem, refreshCaller } from './refresh-caller.ts'
import type { NewUser, User } from './types.ts'

export interface CreateUserDeps {
  readonly database: Database
  readonly hasher: PasswordHasher
  readonly now: () => Date
  readonly requireSystem: RequireSystem
}

/**
 * Makes a local account. A new account changes no right of anybody, so the change version stays.
 *
 * @throws AppError PASSWORD_REFUSED (400), BUSY (503)
 * @throws AppError NAME_TAKEN (409) also when the account of that name was deleted
 */
export async function createUser(
  { database, hasher, now, requireSystem }: CreateUserDeps,
  {
    caller,
    user,
    password,
    keep,
  }: {
    readonly caller: Caller
    readonly user: Omit<NewUser, 'passwordHash'>
    readonly password: string
    readonly keep?: Keep<User>
  },
): Promise<User> {
  requireGoodPassword(password, user.username)
  const passwordHash = await hasher.hash(password, caller.origin.address)
  try {
    return await inTransaction(database, async (transaction) => {
      requireSystem(await refreshCaller(transaction, caller), 'user:write')
      await insertUser(transaction, { ...user, passwordHash, now: now() })
      await recordAudit(transaction, caller, {
        action: 'user.create',
        target: user.username,
        outcome: 'done',
      })
      const created = await findUser(transaction, user.username)
      if (created === undefined) throw new Error('the new user is not there')
      await keep?.(transaction, created)
      return created
    })
  } catch (error) {
    if (!isDuplicateKey(error)) throw error
    throw new AppError('NAME_TAKEN', { detail: `the user name ${user.username} is taken` })
  }
}

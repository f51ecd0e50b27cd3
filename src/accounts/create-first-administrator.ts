import type { Database } from '../database/open-database.ts'
import type { PasswordHasher } from './password-hash.ts'
import { requireGoodPassword } from './password-rules.ts'
import { insertUser } from './queries.ts'

export interface FirstAdministrator {
  readonly username: string
  readonly passwordHash: string
}

/**
 * Readies the first administrator before anything is written.
 *
 * @throws AppError PASSWORD_REFUSED (400) when the password is a known weak one
 */
export async function prepareFirstAdministrator(
  hasher: PasswordHasher,
  { username, password }: { readonly username: string; readonly password: string },
): Promise<FirstAdministrator> {
  requireGoodPassword(password, username)
  return { username, passwordHash: await hasher.hash(password) }
}

/** Only the process whose insert made the installation calls this, in that same transaction (R2). */
export async function insertFirstAdministrator(
  transaction: Database,
  { username, passwordHash }: FirstAdministrator,
  now: Date,
): Promise<void> {
  await insertUser(transaction, {
    username,
    passwordHash,
    email: undefined,
    displayName: undefined,
    systemRole: 'administrator',
    now,
  })
}

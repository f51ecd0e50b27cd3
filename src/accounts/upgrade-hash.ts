import type { Database } from '../database/open-database.ts'
import type { Log } from '../http/middleware.ts'
import { hashForm } from './hash-forms.ts'
import type { PasswordHasher } from './password-hash.ts'
import { upgradeHash } from './password-queries.ts'
import type { UserWithPassword } from './types.ts'

/** Looks at who has just proven a password; returns at once and never fails. */
export type UpgradeHash = (user: UserWithPassword, password: string) => void

export interface UpgradeHashDeps {
  readonly database: Database
  readonly hasher: PasswordHasher
  readonly log: Pick<Log, 'info'>
}

/**
 * Turns an imported hash into one of our own, once its password is known: behind the answer, and only
 * where the stored hash is still the one that was proven. When there is no time for it now, the next
 * sign-in brings it.
 *
 * The change version stays: whoever remembers the old hash is not wrong, since it proves the same
 * password, and each of some thousand imported users would make every process forget all answers.
 */
export function createUpgradeHash({ database, hasher, log }: UpgradeHashDeps): UpgradeHash {
  const underWay = new Set<number>()
  const upgrade = async (id: number, from: string, password: string): Promise<void> => {
    const to = await hasher.hash(password)
    await upgradeHash(database, id, { from, to })
  }
  return ({ id, username, passwordHash }, password) => {
    if (passwordHash === undefined || hashForm(passwordHash) === 'argon2') return
    if (underWay.has(id)) return
    underWay.add(id)
    upgrade(id, passwordHash, password)
      .then(() => log.info({ username }, 'imported password hash upgraded'))
      .catch((error: unknown) => log.info({ username, error }, 'password hash not upgraded yet'))
      .finally(() => underWay.delete(id))
  }
}

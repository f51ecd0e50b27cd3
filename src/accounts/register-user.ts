import { recordAudit } from '../audit/record.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import type { Keep } from '../http/once.ts'
import type { CachedSettings } from '../settings/cached-settings.ts'
import { isSquattable } from '../settings/change-settings.ts'
import { type InsertAccountDeps, insertAccount } from './create-user.ts'
import type { AccountSource } from './identity.ts'
import type { PasswordHasher } from './password-hash.ts'
import { requireGoodPassword } from './password-rules.ts'
import type { NewUser, User } from './types.ts'

export interface RegisterUserDeps extends InsertAccountDeps {
  readonly hasher: PasswordHasher
  readonly runtimeSettings: Pick<CachedSettings, 'read'>
  readonly sources: readonly AccountSource[]
}

type Registrant = Omit<NewUser, 'passwordHash'>

/** @throws AppError UNAUTHORIZED (401) where only administrators make users, or a role is asked for */
export async function requireRegistration(
  { runtimeSettings, sources }: Pick<RegisterUserDeps, 'runtimeSettings' | 'sources'>,
  { systemRole }: Registrant,
): Promise<void> {
  const settings = await runtimeSettings.read()
  // Set before there was a source; a fault of the configuration, and never open (R8).
  const isOpen = settings.selfRegistration && !isSquattable(settings, sources)
  if (isOpen && systemRole === undefined) return
  throw new AppError('UNAUTHORIZED', { detail: 'this needs a user name and a password' })
}

/**
 * Lets somebody who has no account make one, where that is set: an ordinary user, without a system
 * role. Their hash waits among strangers, so that a crowd of them keeps nobody else out (R17).
 *
 * @throws AppError UNAUTHORIZED (401) as `requireRegistration`
 * @throws AppError PASSWORD_REFUSED (400), NAME_TAKEN (409), BUSY (503)
 */
export async function registerUser(
  deps: RegisterUserDeps,
  {
    caller,
    user,
    password,
    keep,
  }: {
    readonly caller: Caller
    readonly user: Registrant
    readonly password: string
    readonly keep?: Keep<User>
  },
): Promise<User> {
  await requireRegistration(deps, user)
  const check = (): void => requireGoodPassword(password, user.username)
  const passwordHash = await deps.hasher.hashForStranger(password, caller.origin.address, check)
  return insertAccount(deps, {
    user: { ...user, passwordHash },
    action: 'user.register',
    check: async () => undefined,
    audit: (transaction, entry) => recordAudit(transaction, caller, entry),
    keep,
  })
}

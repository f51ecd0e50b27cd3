import { type AuditAction, recordAudit } from '../audit/record.ts'
import { inRightsChange } from '../database/change-version.ts'
import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import type { Check } from '../http/etag.ts'
import { hashGivenPassword } from './change-password.ts'
import { LOCAL } from './identity.ts'
import type { PasswordHasher } from './password-hash.ts'
import { countEnabledAdministrators, findUser, updateUser } from './queries.ts'
import { type RequireSystem, refreshCaller } from './refresh-caller.ts'
import { requireFullSignIn } from './require-full-sign-in.ts'
import { requireWholeCredential } from './require-whole-credential.ts'
import type { User, UserChange } from './types.ts'

export interface UpdateUserDeps {
  readonly database: Database
  readonly hasher: PasswordHasher
  readonly now: () => Date
  readonly requireSystem: RequireSystem
}

export const unknownUser = (username: string): AppError =>
  new AppError('USER_UNKNOWN', { detail: `there is no user ${username}` })

/** @throws AppError CONFLICT (409) when no administrator is left who can sign in */
export async function requireAdministratorLeft(
  transaction: Database,
  username: string,
): Promise<void> {
  if ((await countEnabledAdministrators(transaction)) > 0) return
  throw new AppError('CONFLICT', {
    detail: `${username} is the last administrator who can sign in; make another one first`,
  })
}

interface ChangeUserInput {
  readonly caller: Caller
  readonly username: string
  readonly change: UserChange
  /** A new one, which its owner did not choose. */
  readonly password?: string | undefined
  readonly check?: Check<User>
}

/** What another source says of an account is for that source alone to change (R10). */
function refuseFollowed({ username, source }: User, { change, password }: ChangeUserInput): void {
  const isOurs = change.email === undefined && change.displayName === undefined
  if (source === LOCAL || (isOurs && password === undefined)) return
  throw new AppError('CONFLICT', {
    detail: `${username} is an account of the source ${source}, which keeps its password, mail and name; change them there`,
  })
}

/** What the audit record says was done. */
const actionsOf = ({ change, password }: ChangeUserInput): readonly AuditAction[] => {
  const isUpdate = Object.values(change).some((value) => value !== undefined)
  return [
    ...(password === undefined ? [] : (['user.password'] as const)),
    ...(isUpdate || password === undefined ? (['user.update'] as const) : []),
  ]
}

/**
 * Changes an account: its mail, shown name, system role, whether it is disabled, its password.
 *
 * @throws AppError USER_UNKNOWN (404), PASSWORD_REFUSED (400), BUSY (503)
 * @throws AppError DENIED (403) also for one's own password, and mail or password by a token,
 *   and for a system role, or to enable an account, by a token that gives less or ends
 * @throws AppError PRECONDITION_FAILED (412) by `check`, which is called on the account as it is
 * @throws AppError CONFLICT (409) when no enabled administrator would be left, and for password, mail
 *   and shown name of an account of another source
 */
export async function changeUser(
  { database, hasher, now, requireSystem }: UpdateUserDeps,
  input: ChangeUserInput,
): Promise<User> {
  const { caller, username, change, password, check } = input
  if (change.email !== undefined) requireFullSignIn(caller.subject)
  if (change.systemRole || change.disabled === false) requireWholeCredential(caller)
  const passwordHash =
    password === undefined
      ? undefined
      : await hashGivenPassword(hasher, { caller, username, password })
  return inRightsChange(database, async ({ transaction, note }) => {
    requireSystem(await refreshCaller(transaction, caller), 'user:write')
    const user = await findUser(transaction, username)
    if (user === undefined) throw unknownUser(username)
    check?.(user)
    refuseFollowed(user, input)
    await note({ kind: 'user', id: user.id })
    await updateUser(transaction, user.id, { change: { ...change, passwordHash }, now: now() })
    await requireAdministratorLeft(transaction, username)
    for (const action of actionsOf(input)) {
      await recordAudit(transaction, caller, { action, target: username, outcome: 'done' })
    }
    return (await findUser(transaction, username)) ?? user
  })
}

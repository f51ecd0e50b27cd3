import { recordAudit } from '../audit/record.ts'
import { inRightsChange } from '../database/change-version.ts'
import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import type { Check } from '../http/etag.ts'
import { countEnabledAdministrators, findUser, updateUser } from './queries.ts'
import { type RequireSystem, refreshCaller } from './refresh-caller.ts'
import type { User, UserChange } from './types.ts'

export interface UpdateUserDeps {
  readonly database: Database
  readonly now: () => Date
  readonly requireSystem: RequireSystem
}

export const unknownUser = (username: string): AppError =>
  new AppError('USER_UNKNOWN', { detail: `there is no user ${username}` })

/**
 * Changes an account: its mail, shown name, system role, or whether it is disabled.
 *
 * @throws AppError USER_UNKNOWN (404)
 * @throws AppError PRECONDITION_FAILED (412) by `check`, which is called on the account as it is
 * @throws AppError CONFLICT (409) when no enabled administrator would be left
 */
export function changeUser(
  { database, now, requireSystem }: UpdateUserDeps,
  {
    caller,
    username,
    change,
    check,
  }: {
    readonly caller: Caller
    readonly username: string
    readonly change: UserChange
    readonly check?: Check<User>
  },
): Promise<User> {
  return inRightsChange(database, async ({ transaction, note }) => {
    requireSystem(await refreshCaller(transaction, caller), 'user:write')
    const user = await findUser(transaction, username)
    if (user === undefined) throw unknownUser(username)
    check?.(user)
    await note({ kind: 'user', id: user.id })
    await updateUser(transaction, user.id, { change, now: now() })
    if ((await countEnabledAdministrators(transaction)) === 0) {
      throw new AppError('CONFLICT', {
        detail: `${username} is the last administrator who can sign in; make another one first`,
      })
    }
    await recordAudit(transaction, caller, {
      action: 'user.update',
      target: username,
      outcome: 'done',
    })
    return (await findUser(transaction, username)) ?? user
  })
}

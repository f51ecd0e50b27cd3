import { recordAudit } from '../audit/record.ts'
import { inRightsChange } from '../database/change-version.ts'
import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import type { Check } from '../http/etag.ts'
import { removeFromAllGroups } from './group-queries.ts'
import { deleteUserRow, findUser } from './queries.ts'
import { type RequireSystem, refreshCaller } from './refresh-caller.ts'
import type { User } from './types.ts'
import { requireAdministratorLeft, unknownUser } from './update-user.ts'

export interface DeleteUserDeps {
  readonly database: Database
  readonly now: () => Date
  readonly requireSystem: RequireSystem
  /** These two end what higher rooms hold of a user. */
  readonly endMemberships: (transaction: Database, userId: number) => Promise<void>
  readonly endTokens: (transaction: Database, userId: number) => Promise<void>
}

/** As in Harbor: who is gone cannot undo it, and a slip of the hand should not end one's own session. */
function refuseOwn({ subject }: Caller, username: string): void {
  if (subject.kind !== 'user' || subject.username !== username) return
  throw new AppError('CONFLICT', {
    detail: 'you cannot delete your own account; another administrator can',
  })
}

/**
 * Deletes an account: nobody can sign in with it, its memberships, groups and tokens end, and its mail,
 * shown name and password are forgotten. Its name stays and is never given again; projects and the audit
 * record stay too.
 *
 * @throws AppError USER_UNKNOWN (404), PRECONDITION_FAILED (412) by `check`
 * @throws AppError CONFLICT (409) for one's own account, and for the last administrator
 */
export async function deleteUser(
  { database, now, requireSystem, endMemberships, endTokens }: DeleteUserDeps,
  {
    caller,
    username,
    check,
  }: { readonly caller: Caller; readonly username: string; readonly check?: Check<User> },
): Promise<void> {
  refuseOwn(caller, username)
  await inRightsChange(database, async ({ transaction, note }) => {
    requireSystem(await refreshCaller(transaction, caller), 'user:write')
    const user = await findUser(transaction, username)
    if (user === undefined) throw unknownUser(username)
    check?.(user)
    await note({ kind: 'user', id: user.id })
    await note({ kind: 'membership', id: user.id })
    await deleteUserRow(transaction, user.id, now())
    await removeFromAllGroups(transaction, user.id)
    await endMemberships(transaction, user.id)
    await endTokens(transaction, user.id)
    await requireAdministratorLeft(transaction, username)
    await recordAudit(transaction, caller, {
      action: 'user.delete',
      target: username,
      outcome: 'done',
    })
  })
}

import { recordAudit } from '../audit/record.ts'
import { inRightsChange } from '../database/change-version.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import { type ChangeGroupDeps, resolveGroup } from './change-group.ts'
import { insertGroupMember, removeGroupMember } from './group-queries.ts'
import { LOCAL } from './identity.ts'
import { findUser } from './queries.ts'
import { requireWholeCredential } from './require-whole-credential.ts'
import type { Group } from './types.ts'
import { unknownUser } from './update-user.ts'

interface GroupMemberPath {
  readonly caller: Caller
  /** Name of the group. */
  readonly name: string
  readonly username: string
}

/** Who is in a group of another source is for that source alone to say (R9). */
function refuseFollowed({ source, name }: Group): void {
  if (source === LOCAL) return
  throw new AppError('CONFLICT', {
    detail: `who is in the group ${name} is said by its source ${source}; change it there`,
  })
}

/**
 * Puts a user into a group; who is in it already stays in it.
 *
 * @throws AppError GROUP_UNKNOWN or USER_UNKNOWN (404), CONFLICT (409) for a group of another source
 * @throws AppError DENIED (403) by an access token that gives less, or ends
 */
export function addGroupMember(deps: ChangeGroupDeps, input: GroupMemberPath): Promise<void> {
  const { caller, name, username } = input
  requireWholeCredential(caller)
  return inRightsChange(deps.database, async ({ transaction, note }) => {
    const group = await resolveGroup(transaction, deps, input)
    refuseFollowed(group)
    const user = await findUser(transaction, username)
    if (user === undefined) throw unknownUser(username)
    await note({ kind: 'membership', id: user.id })
    const key = { groupId: group.id, userId: user.id }
    if (!(await insertGroupMember(transaction, key, deps.now()))) return
    await recordAudit(transaction, caller, {
      action: 'group.member.add',
      target: `${name}/${username}`,
      outcome: 'done',
    })
  })
}

/**
 * Takes a user out of a group.
 *
 * @throws AppError GROUP_UNKNOWN, USER_UNKNOWN or MEMBER_UNKNOWN (404), CONFLICT (409) as above
 */
export function dropGroupMember(deps: ChangeGroupDeps, input: GroupMemberPath): Promise<void> {
  const { caller, name, username } = input
  return inRightsChange(deps.database, async ({ transaction, note }) => {
    const group = await resolveGroup(transaction, deps, input)
    refuseFollowed(group)
    const user = await findUser(transaction, username)
    if (user === undefined) throw unknownUser(username)
    await note({ kind: 'membership', id: user.id })
    if (!(await removeGroupMember(transaction, { groupId: group.id, userId: user.id }))) {
      throw new AppError('MEMBER_UNKNOWN', { detail: `${username} is not in the group ${name}` })
    }
    await recordAudit(transaction, caller, {
      action: 'group.member.remove',
      target: `${name}/${username}`,
      outcome: 'done',
    })
  })
}

import { findUser } from '../accounts/queries.ts'
import { unknownUser } from '../accounts/update-user.ts'
import { recordAudit } from '../audit/record.ts'
import { inRightsChange } from '../database/change-version.ts'
import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import { putMember, removeMember } from './member-queries.ts'
import { type RequirePermissionDeps, requireProject } from './require-permission.ts'
import type { Member, Membership } from './types.ts'

interface MemberPath {
  readonly caller: Caller
  /** Name of the project. */
  readonly name: string
  readonly username: string
}

interface MemberKey {
  readonly projectId: number
  readonly userId: number
}

async function resolveMember(
  deps: RequirePermissionDeps,
  { caller, name, username }: MemberPath,
): Promise<MemberKey> {
  const project = await requireProject(deps, { caller, name, permission: 'member:write' })
  const user = await findUser(deps.database, username)
  if (user === undefined) throw unknownUser(username)
  return { projectId: project.id, userId: user.id }
}

const audit = (
  transaction: Database,
  { caller, name, username }: MemberPath,
  action: 'member.set' | 'member.remove',
): Promise<void> =>
  recordAudit(transaction, caller, {
    action,
    target: `${name}/${username}`,
    project: name,
    outcome: 'done',
  })

/**
 * Makes a user a member of a project, or changes what the membership gives.
 *
 * @throws AppError UNAUTHORIZED (401), PROJECT_UNKNOWN or USER_UNKNOWN (404), DENIED (403)
 */
export function setMember(
  deps: RequirePermissionDeps,
  input: MemberPath & { readonly membership: Membership },
): Promise<Member> {
  return inRightsChange(deps.database, async ({ transaction, note }) => {
    const key = await resolveMember({ ...deps, database: transaction }, input)
    await note({ kind: 'membership', id: key.userId })
    const { membership, username } = input
    await putMember(transaction, key, { membership, now: deps.now() })
    await audit(transaction, input, 'member.set')
    return { ...membership, username }
  })
}

/**
 * Ends a membership.
 *
 * @throws AppError as `setMember`, and MEMBER_UNKNOWN (404)
 */
export function endMembership(deps: RequirePermissionDeps, input: MemberPath): Promise<void> {
  return inRightsChange(deps.database, async ({ transaction, note }) => {
    const key = await resolveMember({ ...deps, database: transaction }, input)
    await note({ kind: 'membership', id: key.userId })
    if (!(await removeMember(transaction, key))) {
      throw new AppError('MEMBER_UNKNOWN', {
        detail: `${input.username} is not a member of ${input.name}`,
      })
    }
    await audit(transaction, input, 'member.remove')
  })
}

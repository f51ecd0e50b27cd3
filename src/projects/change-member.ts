import { unknownGroup } from '../accounts/change-group.ts'
import { findGroup } from '../accounts/group-queries.ts'
import { findUser } from '../accounts/queries.ts'
import { refreshCaller } from '../accounts/refresh-caller.ts'
import { unknownUser } from '../accounts/update-user.ts'
import { recordAudit } from '../audit/record.ts'
import { type Change, inRightsChange } from '../database/change-version.ts'
import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import { type MemberId, type MemberKey, putMember, removeMember } from './member-queries.ts'
import { GROUP, type MemberKind, USER } from './queries.ts'
import { requireGiving } from './require-giving.ts'
import { type RequirePermissionDeps, requireProject } from './require-permission.ts'
import type { Member, Membership } from './types.ts'

/** A user or a group, by name. */
export interface MemberName {
  readonly kind: MemberKind
  readonly name: string
}

interface MemberPath {
  readonly caller: Caller
  /** Name of the project. */
  readonly project: string
  readonly member: MemberName
}

async function findMember(database: Database, { kind, name }: MemberName): Promise<MemberId> {
  const found = kind === USER ? await findUser(database, name) : await findGroup(database, name)
  if (found === undefined) throw kind === USER ? unknownUser(name) : unknownGroup(name)
  return { kind, id: found.id }
}

async function resolveMember(
  deps: RequirePermissionDeps,
  { caller, project: name, member }: MemberPath,
): Promise<MemberKey> {
  const current = await refreshCaller(deps.database, caller)
  const question = { caller: current, name, permission: 'member:write' } as const
  const project = await requireProject(deps, question)
  return { projectId: project.id, member: await findMember(deps.database, member) }
}

/** Who is in a group may be many: all that is known of the project is read again instead. */
const changeOf = ({ projectId, member }: MemberKey): Change =>
  member.kind === GROUP ? { kind: 'project', id: projectId } : { kind: 'membership', id: member.id }

const audit = (
  transaction: Database,
  { caller, project, member: { kind, name } }: MemberPath,
  action: 'member.set' | 'member.remove',
): Promise<void> =>
  recordAudit(transaction, caller, {
    action,
    target: kind === GROUP ? `${project}/group ${name}` : `${project}/${name}`,
    project,
    outcome: 'done',
  })

/** Who has no right at all must not wait for, and hold, the row that all changes go through. */
async function refuseEarly(
  deps: RequirePermissionDeps,
  { caller, project: name }: MemberPath,
): Promise<void> {
  await requireProject(deps, { caller, name, permission: 'member:write' })
}

/**
 * Makes a user or a group a member of a project, or changes what the membership gives.
 *
 * @throws AppError UNAUTHORIZED (401), DENIED (403), also for more, or for longer, than the caller may
 * @throws AppError PROJECT_UNKNOWN, USER_UNKNOWN or GROUP_UNKNOWN (404)
 */
export async function setMember(
  deps: RequirePermissionDeps,
  input: MemberPath & { readonly membership: Membership },
): Promise<Member> {
  await refuseEarly(deps, input)
  return inRightsChange(deps.database, async ({ transaction, note }) => {
    const key = await resolveMember({ ...deps, database: transaction }, input)
    await requireGiving({ ...deps, database: transaction }, input)
    await note(changeOf(key))
    const { membership, member } = input
    await putMember(transaction, key, { membership, now: deps.now() })
    await audit(transaction, input, 'member.set')
    return { ...membership, ...member }
  })
}

/**
 * Ends a membership.
 *
 * @throws AppError as `setMember`, and MEMBER_UNKNOWN (404)
 */
export async function endMembership(deps: RequirePermissionDeps, input: MemberPath): Promise<void> {
  await refuseEarly(deps, input)
  return inRightsChange(deps.database, async ({ transaction, note }) => {
    const key = await resolveMember({ ...deps, database: transaction }, input)
    await note(changeOf(key))
    if (!(await removeMember(transaction, key))) {
      const { kind, name } = input.member
      throw new AppError('MEMBER_UNKNOWN', {
        detail: `${kind === GROUP ? `the group ${name}` : name} is not a member of ${input.project}`,
      })
    }
    await audit(transaction, input, 'member.remove')
  })
}

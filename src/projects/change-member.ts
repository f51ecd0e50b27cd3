import { unknownGroup } from '../accounts/change-group.ts'
import { findGroup } from '../accounts/group-queries.ts'
import { findUser } from '../accounts/queries.ts'
import { refreshCaller } from '../accounts/refresh-caller.ts'
import { requireInPerson } from '../accounts/require-in-person.ts'
import { unknownUser } from '../accounts/update-user.ts'
import { recordAudit } from '../audit/record.ts'
import { type Change, inRightsChange } from '../database/change-version.ts'
import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import type { Check } from '../http/etag.ts'
import {
  findMember,
  type MemberId,
  type MemberKey,
  putMember,
  removeMember,
} from './member-queries.ts'
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
  /** Called on the membership as it is, before anything changes. */
  readonly check?: Check<Member>
}

async function findId(
  database: Database,
  { kind, name }: MemberName,
): Promise<MemberId | undefined> {
  const found = kind === USER ? await findUser(database, name) : await findGroup(database, name)
  return found && { kind, id: found.id }
}

async function requireId(database: Database, member: MemberName): Promise<MemberId> {
  const found = await findId(database, member)
  if (found !== undefined) return found
  throw member.kind === USER ? unknownUser(member.name) : unknownGroup(member.name)
}

async function resolveMember(
  deps: RequirePermissionDeps,
  { caller, project: name, member }: MemberPath,
): Promise<MemberKey> {
  const current = await refreshCaller(deps.database, caller)
  const question = { caller: current, name, permission: 'member:write' } as const
  const project = await requireProject(deps, question)
  return { projectId: project.id, member: await requireId(deps.database, member) }
}

async function findOne(
  database: Database,
  key: MemberKey,
  name: MemberName,
): Promise<Member | undefined> {
  const membership = await findMember(database, key)
  return membership && { ...membership, ...name }
}

const unknownMember = ({ project, member: { kind, name } }: MemberPath): AppError =>
  new AppError('MEMBER_UNKNOWN', {
    detail: `${kind === GROUP ? `the group ${name}` : name} is not a member of ${project}`,
  })

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
  requireInPerson(caller.subject)
}

/**
 * Makes a user or a group a member of a project, or changes what the membership gives.
 *
 * @throws AppError UNAUTHORIZED (401), DENIED (403), also for more, or for longer, than the caller may
 * @throws AppError PROJECT_UNKNOWN, USER_UNKNOWN or GROUP_UNKNOWN (404)
 * @throws AppError PRECONDITION_FAILED (412) by `check`
 */
export async function setMember(
  deps: RequirePermissionDeps,
  input: MemberPath & { readonly membership: Membership },
): Promise<Member> {
  await refuseEarly(deps, input)
  return inRightsChange(deps.database, async ({ transaction, note }) => {
    const inside = { ...deps, database: transaction }
    const key = await resolveMember(inside, input)
    const { membership, member, check } = input
    check?.(await findOne(transaction, key, member))
    await requireGiving(inside, input)
    await note(changeOf(key))
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
    const member = await findOne(transaction, key, input.member)
    if (member === undefined) throw unknownMember(input)
    input.check?.(member)
    await note(changeOf(key))
    await removeMember(transaction, key)
    await audit(transaction, input, 'member.remove')
  })
}

/**
 * Reads the membership of one user or group.
 *
 * @throws AppError UNAUTHORIZED (401), DENIED (403), PROJECT_UNKNOWN or MEMBER_UNKNOWN (404)
 */
export async function readMember(deps: RequirePermissionDeps, input: MemberPath): Promise<Member> {
  const { caller, project: name, member } = input
  const { id } = await requireProject(deps, { caller, name, permission: 'member:read' })
  const memberId = await findId(deps.database, member)
  const found =
    memberId && (await findOne(deps.database, { projectId: id, member: memberId }, member))
  if (found === undefined) throw unknownMember(input)
  return found
}

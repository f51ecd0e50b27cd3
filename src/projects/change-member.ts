import { findUser } from '../accounts/queries.ts'
import { refreshCaller } from '../accounts/refresh-caller.ts'
import { unknownUser } from '../accounts/update-user.ts'
import { recordAudit } from '../audit/record.ts'
import { inRightsChange } from '../database/change-version.ts'
import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import type { Check } from '../http/etag.ts'
import { findMember, putMember, removeMember } from './member-queries.ts'
import { type RequirePermissionDeps, requireProject } from './require-permission.ts'
import type { Member, Membership } from './types.ts'

interface MemberPath {
  readonly caller: Caller
  /** Name of the project. */
  readonly name: string
  readonly username: string
  /** Called on the membership as it is, before anything changes. */
  readonly check?: Check<Member>
}

interface MemberKey {
  readonly projectId: number
  readonly userId: number
}

async function resolveMember(
  deps: RequirePermissionDeps,
  { caller, name, username }: MemberPath,
): Promise<MemberKey> {
  const current = await refreshCaller(deps.database, caller)
  const question = { caller: current, name, permission: 'member:write' } as const
  const project = await requireProject(deps, question)
  const user = await findUser(deps.database, username)
  if (user === undefined) throw unknownUser(username)
  return { projectId: project.id, userId: user.id }
}

async function findOne(
  database: Database,
  key: MemberKey,
  username: string,
): Promise<Member | undefined> {
  const membership = await findMember(database, key)
  return membership && { ...membership, username }
}

const unknownMember = ({ name, username }: MemberPath): AppError =>
  new AppError('MEMBER_UNKNOWN', { detail: `${username} is not a member of ${name}` })

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

/** Who has no right at all must not wait for, and hold, the row that all changes go through. */
async function refuseEarly(
  deps: RequirePermissionDeps,
  { caller, name }: MemberPath,
): Promise<void> {
  await requireProject(deps, { caller, name, permission: 'member:write' })
}

/**
 * Makes a user a member of a project, or changes what the membership gives.
 *
 * @throws AppError UNAUTHORIZED (401), PROJECT_UNKNOWN or USER_UNKNOWN (404), DENIED (403)
 * @throws AppError PRECONDITION_FAILED (412) by `check`
 */
export async function setMember(
  deps: RequirePermissionDeps,
  input: MemberPath & { readonly membership: Membership },
): Promise<Member> {
  await refuseEarly(deps, input)
  return inRightsChange(deps.database, async ({ transaction, note }) => {
    const key = await resolveMember({ ...deps, database: transaction }, input)
    const { membership, username, check } = input
    check?.(await findOne(transaction, key, username))
    await note({ kind: 'membership', id: key.userId })
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
export async function endMembership(deps: RequirePermissionDeps, input: MemberPath): Promise<void> {
  await refuseEarly(deps, input)
  return inRightsChange(deps.database, async ({ transaction, note }) => {
    const key = await resolveMember({ ...deps, database: transaction }, input)
    const member = await findOne(transaction, key, input.username)
    if (member === undefined) throw unknownMember(input)
    input.check?.(member)
    await note({ kind: 'membership', id: key.userId })
    await removeMember(transaction, key)
    await audit(transaction, input, 'member.remove')
  })
}

/**
 * Reads the membership of one user.
 *
 * @throws AppError UNAUTHORIZED (401), DENIED (403), PROJECT_UNKNOWN or MEMBER_UNKNOWN (404)
 */
export async function readMember(deps: RequirePermissionDeps, input: MemberPath): Promise<Member> {
  const { caller, name, username } = input
  const project = await requireProject(deps, { caller, name, permission: 'member:read' })
  const user = await findUser(deps.database, username)
  if (user === undefined) throw unknownMember(input)
  const member = await findOne(deps.database, { projectId: project.id, userId: user.id }, username)
  if (member === undefined) throw unknownMember(input)
  return member
}

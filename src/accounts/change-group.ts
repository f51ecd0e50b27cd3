import { type AuditAction, recordAudit } from '../audit/record.ts'
import { inRightsChange, type RightsChange } from '../database/change-version.ts'
import { isDuplicateKey } from '../database/database-error.ts'
import type { Database } from '../database/open-database.ts'
import { inTransaction } from '../database/transaction.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import type { Check } from '../http/etag.ts'
import type { Keep } from '../http/once.ts'
import { parseGroupLabel } from './group-name.ts'
import { findGroup, insertGroup, lockGroup, removeGroup, updateGroup } from './group-queries.ts'
import { type AccountSource, LOCAL } from './identity.ts'
import { type RequireSystem, refreshCaller } from './refresh-caller.ts'
import type { Group } from './types.ts'

export interface ChangeGroupDeps {
  readonly database: Database
  readonly now: () => Date
  readonly requireSystem: RequireSystem
  /** Where accounts and groups come from, beside this service. */
  readonly sources: readonly AccountSource[]
}

export interface DeleteGroupDeps extends ChangeGroupDeps {
  /** Ends what higher rooms gave to a group, and notes whom that concerns. */
  readonly endGroupMemberships: (change: RightsChange, groupId: number) => Promise<void>
  /** Ends the right of robots to act for its members, and notes which robots. */
  readonly endActingFor: (change: RightsChange, groupId: number) => Promise<void>
}

interface GroupPath {
  readonly caller: Caller
  readonly name: string
  /** Called on the group as it is, before anything changes. */
  readonly check?: Check<Group>
}

export const unknownGroup = (name: string): AppError =>
  new AppError('GROUP_UNKNOWN', { detail: `there is no group ${name}` })

/** Finds a group for a change of it, and checks once more who asks. */
export async function resolveGroup(
  transaction: Database,
  { requireSystem }: ChangeGroupDeps,
  { caller, name, check }: GroupPath,
): Promise<Group> {
  requireSystem(await refreshCaller(transaction, caller), 'user:write')
  const group = await lockGroup(transaction, name)
  if (group === undefined) throw unknownGroup(name)
  check?.(group)
  return group
}

const audit = (
  transaction: Database,
  { caller, name }: GroupPath,
  action: AuditAction,
): Promise<void> => recordAudit(transaction, caller, { action, target: name, outcome: 'done' })

/** @throws AppError REQUEST_INVALID (400) for a source that is not there */
function requireKey(sources: readonly AccountSource[], label: string) {
  const key = parseGroupLabel(label)
  const isThere = key && (key.source === LOCAL || sources.some(({ name }) => name === key.source))
  if (isThere) return key
  const detail = `the group ${label} would be of the source ${key?.source}, and none of that name is configured`
  throw new AppError('REQUEST_INVALID', { detail, faults: [{ pointer: 'name', detail }] })
}

/**
 * Makes a group without members; one of another source before somebody comes who is in it. It gives
 * nobody a right, so the change version stays.
 *
 * @throws AppError REQUEST_INVALID (400) for a source that is not there, NAME_TAKEN (409)
 */
export async function createGroup(
  { database, now, requireSystem, sources }: ChangeGroupDeps,
  input: Omit<GroupPath, 'check'> & {
    readonly description: string | undefined
    readonly keep?: Keep<Group>
  },
): Promise<Group> {
  const { caller, name, description, keep } = input
  const key = requireKey(sources, name)
  try {
    return await inTransaction(database, async (transaction) => {
      requireSystem(await refreshCaller(transaction, caller), 'user:write')
      await insertGroup(transaction, { ...key, description, now: now() })
      await audit(transaction, input, 'group.create')
      const group = await findGroup(transaction, name)
      if (group === undefined) throw new Error('the new group is not there')
      await keep?.(transaction, group)
      return group
    })
  } catch (error) {
    if (!isDuplicateKey(error)) throw error
    throw new AppError('NAME_TAKEN', { detail: `the group name ${name} is taken` })
  }
}

/**
 * Changes what a group says of itself; no right hangs on that.
 *
 * @throws AppError GROUP_UNKNOWN (404), PRECONDITION_FAILED (412) by `check`
 */
export function changeGroup(
  deps: ChangeGroupDeps,
  input: GroupPath & { readonly description: string | null | undefined },
): Promise<Group> {
  return inTransaction(deps.database, async (transaction) => {
    const group = await resolveGroup(transaction, deps, input)
    await updateGroup(transaction, group.id, { description: input.description, now: deps.now() })
    await audit(transaction, input, 'group.update')
    return (await findGroup(transaction, input.name)) ?? group
  })
}

/**
 * Deletes a group; who had rights through it has them no more. A later group of the same name is
 * another one and has none of them (R4).
 *
 * @throws AppError GROUP_UNKNOWN (404), PRECONDITION_FAILED (412) by `check`
 */
export function deleteGroup(deps: DeleteGroupDeps, input: GroupPath): Promise<void> {
  return inRightsChange(deps.database, async (change) => {
    const { transaction } = change
    const group = await resolveGroup(transaction, deps, input)
    // A change that notes nothing would make every process drop all that it has cached.
    await change.note({ kind: 'group', id: group.id })
    await deps.endGroupMemberships(change, group.id)
    await deps.endActingFor(change, group.id)
    await removeGroup(transaction, group.id)
    await audit(transaction, input, 'group.delete')
  })
}

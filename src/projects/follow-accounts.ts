import type { AuditEntry } from '../audit/record.ts'
import type { RightsChange } from '../database/change-version.ts'
import { isDuplicateKey } from '../database/database-error.ts'
import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import { hasReservedSegment, isProjectName } from '../protocol/reference.ts'
import { insertOwnedProject } from './create-project.ts'
import { listProjectsOfMember, removeMemberships } from './member-queries.ts'
import { GROUP, USER } from './queries.ts'

/**
 * Makes the personal project of a new user: private, of the same name, and theirs to administer.
 *
 * @throws AppError REQUEST_INVALID (400) where the user name cannot be the name of a project
 * @throws AppError NAME_TAKEN (409) where such a project is there already
 */
async function makePersonalProject(
  transaction: Database,
  {
    owner,
    now,
    audit,
  }: {
    readonly owner: { readonly id: number; readonly username: string }
    readonly now: Date
    readonly audit: (entry: AuditEntry) => Promise<void>
  },
): Promise<void> {
  const { id, username: name } = owner
  if (!isProjectName(name) || hasReservedSegment(name)) {
    const detail = `every new user gets a project of the same name, and ${name} cannot be the name of one: only lower-case letters and digits, which single . _ - may part, and no word of a registry's paths`
    throw new AppError('REQUEST_INVALID', { detail, faults: [{ pointer: 'username', detail }] })
  }
  try {
    await insertOwnedProject(transaction, { name, visibility: 'private', ownerId: id, now })
  } catch (error) {
    if (!isDuplicateKey(error)) throw error
    throw new AppError('NAME_TAKEN', {
      detail: `every new user gets a project of the same name, and there is a project ${name} already`,
    })
  }
  await audit({ action: 'project.create', target: name, project: name, outcome: 'done' })
}

const endMemberships = (transaction: Database, userId: number): Promise<void> =>
  removeMemberships(transaction, { kind: USER, id: userId })

async function endGroupMemberships(
  { transaction, note }: RightsChange,
  groupId: number,
): Promise<void> {
  const member = { kind: GROUP, id: groupId }
  for (const id of await listProjectsOfMember(transaction, member)) {
    await note({ kind: 'project', id })
  }
  await removeMemberships(transaction, member)
}

/** What follows here from a change of accounts, in the same transaction; `app.ts` hands it down. */
export const followAccounts = { makePersonalProject, endMemberships, endGroupMemberships } as const

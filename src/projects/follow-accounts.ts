import type { MakePersonalProject, PlanPersonalProject } from '../accounts/create-user.ts'
import type { RightsChange } from '../database/change-version.ts'
import { isDuplicateKey } from '../database/database-error.ts'
import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import { hasReservedSegment, isProjectName } from '../protocol/reference.ts'
import type { CachedSettings } from '../settings/cached-settings.ts'
import { insertOwnedProject } from './create-project.ts'
import { listProjectsOfMember, removeMemberships } from './member-queries.ts'
import { GROUP, USER } from './queries.ts'
import { requireNoRepositories } from './require-no-repositories.ts'
import type { RepositoryNames } from './tagged-repositories.ts'

function requireProjectName(name: string): void {
  if (isProjectName(name) && !hasReservedSegment(name)) return
  const detail = `every new user gets a project of the same name, and ${name} cannot be the name of one: only lower-case letters and digits, which single . _ - may part, and no word of a registry's paths`
  throw new AppError('REQUEST_INVALID', { detail, faults: [{ pointer: 'username', detail }] })
}

/** Makes the personal project of a new user: private, of the same name, and theirs to administer. */
const makePersonalProject: MakePersonalProject = async (transaction, { owner, now, audit }) => {
  const { id, username: name } = owner
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

export interface FollowAccountsDeps {
  readonly registry: RepositoryNames
  readonly runtimeSettings: Pick<CachedSettings, 'read'>
}

/** What follows here from a change of accounts, in the same transaction; `app.ts` hands it down. */
export function followAccounts({ registry, runtimeSettings }: FollowAccountsDeps) {
  const planPersonalProject: PlanPersonalProject = async (username) => {
    if (!(await runtimeSettings.read()).personalProjects) return undefined
    requireProjectName(username)
    await requireNoRepositories(registry, username)
    return makePersonalProject
  }
  return {
    planPersonalProject,
    endMemberships: (transaction: Database, userId: number): Promise<void> =>
      removeMemberships(transaction, { kind: USER, id: userId }),
    endGroupMemberships,
  }
}

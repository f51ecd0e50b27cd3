import { refreshCaller } from '../accounts/refresh-caller.ts'
import { recordAudit } from '../audit/record.ts'
import { isDuplicateKey } from '../database/database-error.ts'
import type { Database } from '../database/open-database.ts'
import { inTransaction } from '../database/transaction.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import type { Keep } from '../http/once.ts'
import { LIBRARY } from '../protocol/reference.ts'
import type { CachedSettings } from '../settings/cached-settings.ts'
import type { Settings } from '../settings/types.ts'
import { authorizeSystem } from './authorize.ts'
import { putMember } from './member-queries.ts'
import { findProject, insertProject, USER } from './queries.ts'
import { requireNoRepositories } from './require-no-repositories.ts'
import { type RequirePermissionDeps, requireSystem, userIdOf } from './require-permission.ts'
import { type RepositoryTags, requireNoTags } from './tagged-repositories.ts'
import { requireRested, takeName } from './take-name.ts'
import { findTombstone } from './tombstone-queries.ts'
import type { Project, Visibility } from './types.ts'

export interface ProjectDeps extends RequirePermissionDeps {
  readonly runtimeSettings: Pick<CachedSettings, 'read'>
  readonly registry: RepositoryTags
}

/**
 * Makes the row, and whoever owns it its administrator. A taken name is a duplicate key.
 *
 * @throws AppError NAME_TAKEN (409) as `takeName`
 */
export async function insertOwnedProject(
  transaction: Database,
  {
    ownerId,
    isForced = false,
    ...row
  }: {
    readonly name: string
    readonly visibility: Visibility
    readonly ownerId: number | undefined
    readonly now: Date
    readonly isForced?: boolean
  },
): Promise<Project> {
  await takeName(transaction, { ...row, isForced })
  await insertProject(transaction, row)
  const project = await findProject(transaction, row.name)
  if (project === undefined) throw new Error('the new project is not there')
  if (ownerId === undefined) return project
  const key = { projectId: project.id, member: { kind: USER, id: ownerId } } as const
  const membership = {
    role: 'projectAdmin',
    repositories: undefined,
    expiresAt: undefined,
  } as const
  await putMember(transaction, key, { membership, now: row.now })
  return project
}

/**
 * Whether somebody may make projects: administrators, or where that is set everybody with an account.
 *
 * @throws AppError UNAUTHORIZED (401) or DENIED (403)
 */
export const requireProjectCreation = (caller: Caller, { projectCreation }: Settings): void =>
  requireSystem(caller, 'project:create', projectCreation === 'everyone' ? ['project:create'] : [])

/** @throws AppError DENIED (403) where the settings allow no public projects */
export function requireVisibility(visibility: Visibility, { forbidPublic }: Settings): void {
  if (visibility !== 'public' || !forbidPublic) return
  throw new AppError('DENIED', {
    detail: 'no project may be public here: an administrator set forbidPublic; make it private',
  })
}

interface CreateProjectInput {
  readonly caller: Caller
  readonly name: string
  readonly visibility: Visibility
  /** Take the name of a deleted project before its time, whatever the registry has of it. */
  readonly isForced: boolean
  readonly keep?: Keep<Project>
}

/**
 * Looks, before anything is written, whether the name brings tokens or images of others (R4).
 *
 * @returns whether there was a project of that name, which is deleted
 */
async function requireFreeName(
  { database, now, registry }: ProjectDeps,
  { caller, name, isForced }: CreateProjectInput,
): Promise<boolean> {
  const tombstone = await findTombstone(database, name)
  if (isForced) return tombstone !== undefined
  if (tombstone !== undefined) requireRested(name, tombstone, now())
  const isAdministrators = authorizeSystem(caller.subject, 'project:create').allowed
  if (!isAdministrators) await requireNoRepositories(registry, name)
  else if (tombstone !== undefined) {
    const remedy = 'delete their tags first, or make it all the same by force'
    await requireNoTags(registry, { project: name, remedy })
  }
  return tombstone !== undefined
}

/**
 * Makes a project; who makes it becomes its administrator. Misses are never cached, so a new name
 * changes nothing that anybody remembers and the change version stays.
 *
 * @throws AppError UNAUTHORIZED (401), NAME_TAKEN (409) also for a name that has to rest still
 * @throws AppError DENIED (403) who may not make one, or a public one, or by force
 * @throws AppError CONFLICT (409), UNAVAILABLE (503) as `requireNoRepositories`, for all but administrators
 * @throws AppError CONFLICT (409), UNAVAILABLE (503) as `requireNoTags` for a name that is used again
 */
export async function createProject(
  deps: ProjectDeps,
  input: CreateProjectInput,
): Promise<Project> {
  const { database, now, runtimeSettings } = deps
  const { caller, name, visibility, isForced, keep } = input
  const settings = await runtimeSettings.read()
  const requireRight = (who: Caller): void =>
    isForced ? requireSystem(who, 'project:create') : requireProjectCreation(who, settings)
  requireRight(caller)
  requireVisibility(visibility, settings)
  const isUsedAgain = await requireFreeName(deps, input)
  try {
    return await inTransaction(database, async (transaction) => {
      requireRight(await refreshCaller(transaction, caller))
      const ownerId = userIdOf(caller.subject)
      const row = { name, visibility, ownerId, now: now(), isForced }
      const project = await insertOwnedProject(transaction, row)
      await recordAudit(transaction, caller, {
        action: isForced && isUsedAgain ? 'project.create.forced' : 'project.create',
        target: name,
        project: name,
        outcome: 'done',
      })
      await keep?.(transaction, project)
      return project
    })
  } catch (error) {
    if (!isDuplicateKey(error)) throw error
    throw new AppError('NAME_TAKEN', { detail: `the project name ${name} is taken` })
  }
}

/** The built-in project of names without a slash; made with the installation. */
export const insertLibrary = (transaction: Database, now: Date): Promise<void> =>
  insertProject(transaction, { name: LIBRARY, visibility: 'private', now })

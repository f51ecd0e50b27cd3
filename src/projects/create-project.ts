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
import { type RepositoryNames, requireNoRepositories } from './require-no-repositories.ts'
import { type RequirePermissionDeps, requireSystem, userIdOf } from './require-permission.ts'
import type { Project, Visibility } from './types.ts'

export interface ProjectDeps extends RequirePermissionDeps {
  readonly runtimeSettings: Pick<CachedSettings, 'read'>
  readonly registry: RepositoryNames
}

/** Makes the row, and whoever owns it its administrator. A taken name is a duplicate key. */
export async function insertOwnedProject(
  transaction: Database,
  {
    ownerId,
    ...row
  }: {
    readonly name: string
    readonly visibility: Visibility
    readonly ownerId: number | undefined
    readonly now: Date
  },
): Promise<Project> {
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

/**
 * Makes a project; who makes it becomes its administrator. Misses are never cached, so a new name
 * changes nothing that anybody remembers and the change version stays.
 *
 * @throws AppError UNAUTHORIZED (401), NAME_TAKEN (409)
 * @throws AppError DENIED (403) who may not make one, or a public one
 * @throws AppError CONFLICT (409), UNAVAILABLE (503) as `requireNoRepositories`, for all but administrators
 */
export async function createProject(
  { database, now, runtimeSettings, registry }: ProjectDeps,
  {
    caller,
    name,
    visibility,
    keep,
  }: {
    readonly caller: Caller
    readonly name: string
    readonly visibility: Visibility
    readonly keep?: Keep<Project>
  },
): Promise<Project> {
  const settings = await runtimeSettings.read()
  requireProjectCreation(caller, settings)
  requireVisibility(visibility, settings)
  const isAdministrators = authorizeSystem(caller.subject, 'project:create').allowed
  if (!isAdministrators) await requireNoRepositories(registry, name)
  try {
    return await inTransaction(database, async (transaction) => {
      requireProjectCreation(await refreshCaller(transaction, caller), settings)
      const ownerId = userIdOf(caller.subject)
      const project = await insertOwnedProject(transaction, {
        name,
        visibility,
        ownerId,
        now: now(),
      })
      await recordAudit(transaction, caller, {
        action: 'project.create',
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

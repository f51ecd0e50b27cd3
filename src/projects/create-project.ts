import { refreshCaller } from '../accounts/refresh-caller.ts'
import { recordAudit } from '../audit/record.ts'
import { isDuplicateKey } from '../database/database-error.ts'
import type { Database } from '../database/open-database.ts'
import { inTransaction } from '../database/transaction.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import type { Keep } from '../http/once.ts'
import { LIBRARY } from '../protocol/reference.ts'
import { putMember } from './member-queries.ts'
import { findProject, insertProject } from './queries.ts'
import { type RequirePermissionDeps, requireSystem, userIdOf } from './require-permission.ts'
import type { Project, Visibility } from './types.ts'

/**
 * Makes a project; who makes it becomes its administrator. Misses are never cached, so a new name
 * changes nothing that anybody remembers and the change version stays.
 *
 * @throws AppError NAME_TAKEN (409)
 */
export async function createProject(
  { database, now }: RequirePermissionDeps,
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
  try {
    return await inTransaction(database, async (transaction) => {
      requireSystem(await refreshCaller(transaction, caller), 'project:create')
      await insertProject(transaction, { name, visibility, now: now() })
      const project = await findProject(transaction, name)
      if (project === undefined) throw new Error('the new project is not there')
      const userId = userIdOf(caller.subject)
      if (userId !== undefined) {
        const membership = {
          role: 'projectAdmin',
          repositories: undefined,
          expiresAt: undefined,
        } as const
        await putMember(transaction, { projectId: project.id, userId }, { membership, now: now() })
      }
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

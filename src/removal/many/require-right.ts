import { AppError } from '../../errors.ts'
import type { Caller } from '../../http/caller.ts'
import { requireRepository } from '../../images/require-repository.ts'
import { type RequirePermissionDeps, requireProject } from '../../projects/require-permission.ts'
import { isWithin } from '../../projects/require-within.ts'
import { refreshAsker } from './asker.ts'
import type { Removal } from './types.ts'

/** Whoever removes by filter has to be able to delete each: an access token without `delete` is not (R11). */
export function requireDelete(caller: Caller, project: string): void {
  if (isWithin(caller, [{ repositories: [`${project}/**`], actions: ['delete'] }])) return
  throw new AppError('DENIED', {
    detail: `the access token that you use may not delete in all of ${project}; use one with the action delete, or sign in with the password`,
  })
}

async function requireStill(
  deps: RequirePermissionDeps,
  { asker, right, project }: Removal,
  repository: string,
): Promise<void> {
  if (asker === undefined) {
    throw new AppError('DENIED', { detail: 'who asked is not written down; ask again' })
  }
  const caller = await refreshAsker(deps, asker)
  if (right === 'repository:delete') {
    return requireRepository(deps, { caller, repository, permission: right })
  }
  await requireProject(deps, { caller, name: project, permission: 'removal:write' })
  requireDelete(caller, project)
}

/**
 * Asks again, in the middle of a removal, whether who asked for it may still delete there.
 *
 * @returns why they may not any more, for people; undefined while they may
 */
export async function findRefusal(
  deps: RequirePermissionDeps,
  removal: Removal,
  repository: string,
): Promise<string | undefined> {
  try {
    await requireStill(deps, removal, repository)
    return undefined
  } catch (error) {
    if (!(error instanceof AppError) || error.status >= 500) throw error
    const { actorName, onBehalfOf = actorName } = removal.actor
    return `${onBehalfOf} may not delete tags of ${repository} any more, so that this ends here, and what is gone stays gone: ${error.message}`
  }
}

import { actorOf } from '../../audit/record.ts'
import type { Caller } from '../../http/caller.ts'
import { authorizeSystem } from '../../projects/authorize.ts'
import { type RequirePermissionDeps, requireProject } from '../../projects/require-permission.ts'
import { sinceMade } from '../../projects/since-made.ts'
import { findRemoval } from './queries.ts'
import { readRemoval } from './read-removal.ts'
import type { RemovalReading } from './types.ts'

/**
 * Finds a removal for a caller. Who asked for it may look at it and cancel it, also where they may
 * only delete some repositories of the project. Administrators find those of names that are no project,
 * too: a repository may have been there before its project, or outlast it.
 *
 * @throws AppError UNAUTHORIZED (401), PROJECT_UNKNOWN or REMOVAL_UNKNOWN (404), DENIED (403)
 */
export async function requireRemoval(
  deps: RequirePermissionDeps,
  {
    caller,
    project,
    id,
  }: { readonly caller: Caller; readonly project: string; readonly id: number },
  permission: 'removal:read' | 'removal:write',
): Promise<RemovalReading> {
  const ofAll = permission === 'removal:read' ? 'job:read' : 'job:write'
  if (authorizeSystem(caller.subject, ofAll).allowed) {
    return readRemoval(deps.database, { project, id })
  }
  const { actorId } = actorOf(caller.subject)
  const own = actorId === undefined ? undefined : await findRemoval(deps.database, id)
  const isOwn = own !== undefined && own.actor.actorId === actorId && own.project === project
  const wanted = isOwn ? 'project:read' : permission
  const found = await requireProject(deps, { caller, name: project, permission: wanted })
  return readRemoval(deps.database, { project, id, since: sinceMade(found) })
}

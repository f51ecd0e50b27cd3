import { actorOf } from '../../audit/record.ts'
import type { Caller } from '../../http/caller.ts'
import { type RequirePermissionDeps, requireProject } from '../../projects/require-permission.ts'
import { findRemoval } from './queries.ts'
import { readRemoval } from './read-removal.ts'
import type { RemovalReading } from './types.ts'

/**
 * Finds a removal for a caller. Who asked for it may look at it and cancel it, also where they may
 * only delete some repositories of the project.
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
  const { actorId } = actorOf(caller.subject)
  const own = actorId === undefined ? undefined : await findRemoval(deps.database, id)
  const isOwn = own !== undefined && own.actor.actorId === actorId && own.project === project
  const wanted = isOwn ? 'project:read' : permission
  await requireProject(deps, { caller, name: project, permission: wanted })
  return readRemoval(deps.database, { project, id })
}

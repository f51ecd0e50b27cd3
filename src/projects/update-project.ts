import { recordAudit } from '../audit/record.ts'
import { inRightsChange } from '../database/change-version.ts'
import type { Caller } from '../http/caller.ts'
import { updateProject } from './queries.ts'
import { type RequirePermissionDeps, requireProject } from './require-permission.ts'
import type { Project, Visibility } from './types.ts'

/**
 * Opens a project to everybody or closes it.
 *
 * @throws AppError UNAUTHORIZED (401), PROJECT_UNKNOWN (404), DENIED (403)
 */
export function changeProject(
  deps: RequirePermissionDeps,
  {
    caller,
    name,
    visibility,
  }: { readonly caller: Caller; readonly name: string; readonly visibility: Visibility },
): Promise<Project> {
  return inRightsChange(deps.database, async ({ transaction, note }) => {
    const inside = { ...deps, database: transaction }
    const project = await requireProject(inside, { caller, name, permission: 'project:write' })
    const now = deps.now()
    await note({ kind: 'project', id: project.id })
    await updateProject(transaction, project.id, { visibility, now })
    await recordAudit(transaction, caller, {
      action: 'project.update',
      target: name,
      project: name,
      outcome: 'done',
    })
    return { ...project, visibility, updatedAt: now }
  })
}

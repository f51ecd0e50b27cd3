import { refreshCaller } from '../accounts/refresh-caller.ts'
import { recordAudit } from '../audit/record.ts'
import { inRightsChange } from '../database/change-version.ts'
import type { Caller } from '../http/caller.ts'
import type { Check } from '../http/etag.ts'
import { type ProjectDeps, requireVisibility } from './create-project.ts'
import { updateProject } from './queries.ts'
import { requireProject } from './require-permission.ts'
import type { Project, Visibility } from './types.ts'

/**
 * Opens a project to everybody or closes it.
 *
 * @throws AppError UNAUTHORIZED (401), PROJECT_UNKNOWN (404)
 * @throws AppError DENIED (403) also where the settings allow no public projects
 * @throws AppError PRECONDITION_FAILED (412) by `check`, which is called on the project as it is
 */
export async function changeProject(
  deps: ProjectDeps,
  {
    caller,
    name,
    visibility,
    check,
  }: {
    readonly caller: Caller
    readonly name: string
    readonly visibility: Visibility
    readonly check?: Check<Project>
  },
): Promise<Project> {
  const question = { name, permission: 'project:write' } as const
  // Who has no right must not hold the row that all changes go through.
  await requireProject(deps, { caller, ...question })
  requireVisibility(visibility, await deps.runtimeSettings.read())
  return inRightsChange(deps.database, async ({ transaction, note }) => {
    const inside = { ...deps, database: transaction }
    const current = await refreshCaller(transaction, caller)
    const project = await requireProject(inside, { caller: current, ...question })
    check?.(project)
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

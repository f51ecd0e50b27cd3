import { AppError } from '../../errors.ts'
import { type RequirePermissionDeps, requireProject } from '../../projects/require-permission.ts'
import type { ProjectInput } from './change-retention.ts'
import { findRun } from './run-queries.ts'
import type { Run } from './run-types.ts'

/**
 * Reads a run of a project, and of no other.
 *
 * @throws AppError UNAUTHORIZED (401), PROJECT_UNKNOWN or RETENTION_RUN_UNKNOWN (404), DENIED (403)
 */
export async function readRun(
  deps: RequirePermissionDeps,
  { caller, project: name, id }: ProjectInput & { readonly id: number },
): Promise<Run> {
  const { id: projectId } = await requireProject(deps, {
    caller,
    name,
    permission: 'retention:read',
  })
  const run = await findRun(deps.database, { projectId, id })
  if (run !== undefined) return run
  throw new AppError('RETENTION_RUN_UNKNOWN', {
    detail: `there is no run ${id} of retention in ${name}; old ones are forgotten`,
  })
}

import type { AuditScope } from '../audit/routes.ts'
import type { Caller } from '../http/caller.ts'
import { authorizeSystem } from './authorize.ts'
import { type RequirePermissionDeps, requireProject, requireSystem } from './require-permission.ts'
import { sinceMade } from './since-made.ts'

/**
 * Decides who reads the audit record: administrators and auditors all of it, also of projects that
 * are gone; a project administrator the rows of that project since it was made, because there may
 * have been another one of its name before (R4).
 */
export const createRequireAuditRead =
  (deps: RequirePermissionDeps) =>
  async (caller: Caller, project: string | undefined): Promise<AuditScope> => {
    if (authorizeSystem(caller.subject, 'audit:read').allowed) return { since: undefined }
    if (project === undefined) {
      requireSystem(caller, 'audit:read')
      return { since: undefined }
    }
    const permission = 'audit:read'
    return { since: sinceMade(await requireProject(deps, { caller, name: project, permission })) }
  }

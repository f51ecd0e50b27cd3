import type { AuditScope } from '../audit/routes.ts'
import type { Caller } from '../http/caller.ts'
import { authorizeSystem } from './authorize.ts'
import { type RequirePermissionDeps, requireProject, requireSystem } from './require-permission.ts'

/** Clocks of the database, which dates rows, and of this process differ by less. */
const CLOCK_MS = 60_000

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
    const { createdAt } = await requireProject(deps, { caller, name: project, permission })
    return { since: new Date(createdAt.getTime() - CLOCK_MS) }
  }

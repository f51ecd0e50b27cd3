import { refreshCaller } from '../../accounts/refresh-caller.ts'
import { recordAudit } from '../../audit/record.ts'
import { inRightsChange } from '../../database/change-version.ts'
import type { Database } from '../../database/open-database.ts'
import type { Caller } from '../../http/caller.ts'
import type { Check } from '../../http/etag.ts'
import {
  type RequirePermissionDeps,
  requireProject,
  requireSystem,
} from '../../projects/require-permission.ts'
import type { Project } from '../../projects/types.ts'
import type { CachedSettings } from '../../settings/cached-settings.ts'
import { effectiveLimit } from './limits.ts'
import { deleteQuota, findQuotaState, putQuota, type QuotaState } from './queries.ts'

export interface QuotaDeps extends RequirePermissionDeps {
  readonly runtimeSettings: Pick<CachedSettings, 'read'>
}

export interface Quota extends QuotaState {
  /** The project's own limit, or that of the settings; undefined: none. */
  readonly effectiveLimitBytes: number | undefined
}

async function findQuota(deps: QuotaDeps, { id }: Project): Promise<Quota> {
  const state = (await findQuotaState(deps.database, id)) ?? { limitBytes: undefined, usedBytes: 0 }
  const limit = await effectiveLimit(deps.runtimeSettings, state.limitBytes)
  return { ...state, effectiveLimitBytes: limit }
}

/** @throws AppError UNAUTHORIZED (401), PROJECT_UNKNOWN (404), DENIED (403) */
export async function readQuota(
  deps: QuotaDeps,
  { caller, project: name }: { readonly caller: Caller; readonly project: string },
): Promise<Quota> {
  return findQuota(deps, await requireProject(deps, { caller, name, permission: 'project:read' }))
}

interface ChangeQuotaInput {
  readonly caller: Caller
  readonly project: string
  /** Undefined: that of the settings. */
  readonly limitBytes: number | undefined
  readonly check: Check<Quota>
}

async function requireChange(
  deps: RequirePermissionDeps,
  { caller, project: name }: Pick<ChangeQuotaInput, 'caller' | 'project'>,
): Promise<Project> {
  const project = await requireProject(deps, { caller, name, permission: 'project:read' })
  requireSystem(caller, 'quota:write')
  return project
}

const writeLimit = (
  transaction: Database,
  id: number,
  { limitBytes, now }: { readonly limitBytes: number | undefined; readonly now: Date },
): Promise<void> =>
  limitBytes === undefined
    ? deleteQuota(transaction, id)
    : putQuota(transaction, id, { limitBytes, now })

/**
 * Sets how much a project may keep, or leaves that to the settings. Every process decides by it
 * within a second; what is there already stays, also where it is more.
 *
 * @throws AppError UNAUTHORIZED (401), PROJECT_UNKNOWN (404), DENIED (403)
 * @throws AppError PRECONDITION_FAILED (412) by `check`
 */
export async function changeQuota(deps: QuotaDeps, input: ChangeQuotaInput): Promise<Quota> {
  const { caller, project: name, limitBytes, check } = input
  // Who has no right must not hold the row that all changes go through.
  await requireChange(deps, input)
  return inRightsChange(deps.database, async ({ transaction, note }) => {
    const inside = { ...deps, database: transaction }
    const current = await refreshCaller(transaction, caller)
    const project = await requireChange(inside, { caller: current, project: name })
    check(await findQuota(inside, project))
    await note({ kind: 'project', id: project.id })
    await writeLimit(transaction, project.id, { limitBytes, now: deps.now() })
    await recordAudit(transaction, caller, {
      action: 'quota.set',
      target: `${name}: ${limitBytes ?? 'default'}`,
      project: name,
      outcome: 'done',
    })
    return findQuota(inside, project)
  })
}

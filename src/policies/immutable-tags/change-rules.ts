import { refreshCaller } from '../../accounts/refresh-caller.ts'
import { recordAudit } from '../../audit/record.ts'
import { inRightsChange } from '../../database/change-version.ts'
import type { Caller } from '../../http/caller.ts'
import type { Check } from '../../http/etag.ts'
import { type RequirePermissionDeps, requireProject } from '../../projects/require-permission.ts'
import type { ImmutableTagRule } from '../types.ts'
import { findRules, putRules } from './queries.ts'

/** @throws AppError UNAUTHORIZED (401), PROJECT_UNKNOWN (404), DENIED (403) */
export async function readImmutableTags(
  deps: RequirePermissionDeps,
  { caller, project: name }: { readonly caller: Caller; readonly project: string },
): Promise<readonly ImmutableTagRule[]> {
  const { id } = await requireProject(deps, { caller, name, permission: 'project:read' })
  return findRules(deps.database, id)
}

/**
 * Replaces the rules by which tags of a project are immutable; without one, none is. Every process
 * decides by the new ones within a second. Tags that are there already count from then on.
 *
 * @throws AppError UNAUTHORIZED (401), PROJECT_UNKNOWN (404), DENIED (403)
 * @throws AppError PRECONDITION_FAILED (412) by `check`
 */
export async function changeImmutableTags(
  deps: RequirePermissionDeps,
  {
    caller,
    project: name,
    rules,
    check,
  }: {
    readonly caller: Caller
    readonly project: string
    readonly rules: readonly ImmutableTagRule[]
    readonly check: Check<readonly ImmutableTagRule[]>
  },
): Promise<void> {
  const question = { name, permission: 'policy:write' } as const
  // Who has no right must not hold the row that all changes go through.
  await requireProject(deps, { caller, ...question })
  await inRightsChange(deps.database, async ({ transaction, note }) => {
    const inside = { ...deps, database: transaction }
    const current = await refreshCaller(transaction, caller)
    const { id } = await requireProject(inside, { caller: current, ...question })
    check(await findRules(transaction, id))
    await note({ kind: 'project', id })
    await putRules(transaction, id, { rules, now: deps.now() })
    await recordAudit(transaction, caller, {
      action: 'immutable-tags.set',
      target: name,
      project: name,
      outcome: 'done',
    })
  })
}

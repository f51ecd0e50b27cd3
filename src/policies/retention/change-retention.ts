import { refreshCaller } from '../../accounts/refresh-caller.ts'
import { recordAudit } from '../../audit/record.ts'
import type { Database } from '../../database/open-database.ts'
import { inTransaction } from '../../database/transaction.ts'
import { AppError } from '../../errors.ts'
import type { Caller } from '../../http/caller.ts'
import type { Check } from '../../http/etag.ts'
import { type RequirePermissionDeps, requireProject } from '../../projects/require-permission.ts'
import { isWithin } from '../../projects/require-within.ts'
import type { Project } from '../../projects/types.ts'
import { findPolicy, lockProject, putPolicy, removePolicy } from './policy-queries.ts'
import { findNextRun, keepSchedule } from './schedule.ts'
import type { RetentionPolicy } from './types.ts'

/** What a project keeps, as it stands. */
export interface Retention extends RetentionPolicy {
  /** By the schedule; undefined where there is none. */
  readonly nextRunAt: Date | undefined
}

export interface ProjectInput {
  readonly caller: Caller
  readonly project: string
}

async function findRetention(database: Database, projectId: number): Promise<Retention> {
  const policy = await findPolicy(database, projectId)
  const nextRunAt = await findNextRun(database, projectId)
  const { rules = [], schedule, untaggedDays } = policy ?? {}
  return { rules, schedule, untaggedDays, nextRunAt }
}

/**
 * Rules delete tags by and by, so whoever sets them off has to be able to delete each of them: an
 * access token without `delete` is not (R11).
 *
 * @throws AppError UNAUTHORIZED (401), PROJECT_UNKNOWN (404), DENIED (403)
 */
export async function requireRemoval(
  deps: RequirePermissionDeps,
  { caller, project: name }: ProjectInput,
): Promise<Project> {
  const project = await requireProject(deps, { caller, name, permission: 'retention:write' })
  if (isWithin(caller, [{ repositories: [`${name}/**`], actions: ['delete'] }])) return project
  throw new AppError('DENIED', {
    detail: `rules of retention delete tags, and the access token that you use may not delete in all of ${name}; use one with the action delete, or sign in with the password`,
  })
}

/** A transaction in which the caller may, the project is there, and nobody else changes the rules. */
function change(
  deps: RequirePermissionDeps,
  input: ProjectInput & { readonly check?: Check<Retention> },
  work: (transaction: Database, projectId: number) => Promise<void>,
): Promise<Retention> {
  return inTransaction(deps.database, async (transaction) => {
    const caller = await refreshCaller(transaction, input.caller)
    const inside = { ...deps, database: transaction }
    const { id, name } = await requireRemoval(inside, { ...input, caller })
    if ((await lockProject(transaction, id)) === undefined) {
      throw new AppError('PROJECT_UNKNOWN', { detail: `there is no project ${name}` })
    }
    input.check?.(await findRetention(transaction, id))
    await work(transaction, id)
    return findRetention(transaction, id)
  })
}

const audit = (
  transaction: Database,
  { caller, project }: ProjectInput,
  action: 'retention.set' | 'retention.delete',
): Promise<void> =>
  recordAudit(transaction, caller, { action, target: project, project, outcome: 'done' })

/**
 * Reads what a project keeps; without rules it keeps everything.
 *
 * @throws AppError UNAUTHORIZED (401), PROJECT_UNKNOWN (404), DENIED (403)
 */
export async function readRetention(
  deps: RequirePermissionDeps,
  { caller, project: name }: ProjectInput,
): Promise<Retention> {
  const { id } = await requireProject(deps, { caller, name, permission: 'retention:read' })
  return findRetention(deps.database, id)
}

/**
 * Says what a project keeps from now on, and when the rest is removed. A run that is under way goes on
 * with the rules that it began with.
 *
 * @throws AppError UNAUTHORIZED (401), PROJECT_UNKNOWN (404), DENIED (403)
 * @throws AppError PRECONDITION_FAILED (412) by `check`
 */
export function setRetention(
  deps: RequirePermissionDeps,
  input: ProjectInput & { readonly policy: RetentionPolicy; readonly check?: Check<Retention> },
): Promise<Retention> {
  return change(deps, input, async (transaction, projectId) => {
    await putPolicy(transaction, projectId, input.policy)
    await keepSchedule(transaction, projectId, input.policy.schedule)
    await audit(transaction, input, 'retention.set')
  })
}

/**
 * Takes the rules of a project away: it keeps everything. Its runs stay.
 *
 * @throws AppError as `setRetention`
 */
export async function deleteRetention(
  deps: RequirePermissionDeps,
  input: ProjectInput & { readonly check?: Check<Retention> },
): Promise<void> {
  await change(deps, input, async (transaction, projectId) => {
    await keepSchedule(transaction, projectId, undefined)
    if (!(await removePolicy(transaction, projectId))) return
    await audit(transaction, input, 'retention.delete')
  })
}

/** What ends with a project, in the transaction that deletes it. */
export async function endRetention(transaction: Database, projectId: number): Promise<void> {
  await keepSchedule(transaction, projectId, undefined)
  await removePolicy(transaction, projectId)
}

import { refreshCaller } from '../../accounts/refresh-caller.ts'
import { actorOf, recordAudit } from '../../audit/record.ts'
import type { Database } from '../../database/open-database.ts'
import { inTransaction } from '../../database/transaction.ts'
import { AppError } from '../../errors.ts'
import { readIndexTrust } from '../../images/index-trust.ts'
import { enqueueJob } from '../../jobs/enqueue-job.ts'
import { type RequirePermissionDeps, requireProject } from '../../projects/require-permission.ts'
import type { Project } from '../../projects/types.ts'
import { type ProjectInput, requireRemoval } from './change-retention.ts'
import { findPolicy, lockProject } from './policy-queries.ts'
import { findRunOfJob, insertRun, listRuns } from './run-queries.ts'
import type { Run } from './run-types.ts'
import { KIND } from './schedule.ts'
import { KEEP_RUNS } from './trim-runs.ts'

export interface StartRunDeps extends RequirePermissionDeps {
  /** Whether this service can remove what a run finds. */
  readonly canRemove: boolean
  /** Lets a worker of this process look at once. */
  readonly wake: () => void
}

export interface StartRunInput extends ProjectInput {
  readonly isDryRun: boolean
}

const conflict = (detail: string): AppError => new AppError('CONFLICT', { detail })

/** The run of a project that waits or works; there is one at a time. */
export async function findOpenRun(database: Database, projectId: number): Promise<Run | undefined> {
  const runs = await listRuns(database, { projectId, before: undefined, most: KEEP_RUNS })
  return runs.find(({ state }) => state === 'waiting' || state === 'running')
}

const requireRight = (deps: RequirePermissionDeps, input: StartRunInput): Promise<Project> =>
  input.isDryRun
    ? requireProject(deps, { ...input, name: input.project, permission: 'retention:write' })
    : requireRemoval(deps, input)

async function requireTrust({ database }: StartRunDeps): Promise<void> {
  const { isTrusted, reasons } = await readIndexTrust(database)
  if (isTrusted) return
  throw conflict(`the index cannot be trusted with a removal now: ${reasons.join('; ')}`)
}

async function openRun(
  transaction: Database,
  { id, name }: Project,
  { caller, isDryRun }: StartRunInput,
): Promise<Run> {
  await lockProject(transaction, id)
  const policy = await findPolicy(transaction, id)
  if (policy === undefined) {
    throw conflict(`the project ${name} has no rules of retention; set them first`)
  }
  const open = await findOpenRun(transaction, id)
  if (open !== undefined) {
    throw conflict(`the run ${open.id} of ${name} is under way; wait until it has ended`)
  }
  const jobId = await enqueueJob(transaction, { kind: KIND, payload: { projectId: id } })
  const actor = actorOf(caller.subject)
  const { rules } = policy
  await insertRun(transaction, {
    projectId: id,
    jobId,
    isDryRun,
    isScheduled: false,
    rules,
    actor,
  })
  const run = await findRunOfJob(transaction, jobId)
  if (run === undefined) throw new Error(`the run of job ${jobId} is gone`)
  return run
}

/**
 * Asks for a run of a project's rules over its tags: a dry one only says what would go.
 *
 * @throws AppError UNAUTHORIZED (401), PROJECT_UNKNOWN (404), DENIED (403)
 * @throws AppError CONFLICT (409) without rules, while another run is under way, and while the index
 *   is not to be trusted (R28), with the reasons
 */
export async function startRun(deps: StartRunDeps, input: StartRunInput): Promise<Run> {
  await requireRight(deps, input)
  if (!input.isDryRun && !deps.canRemove) {
    throw conflict('this service cannot remove tags by rules yet; ask for a dry run')
  }
  await requireTrust(deps)
  const run = await inTransaction(deps.database, async (transaction) => {
    const caller = await refreshCaller(transaction, input.caller)
    const project = await requireRight({ ...deps, database: transaction }, { ...input, caller })
    const opened = await openRun(transaction, project, input)
    if (input.isDryRun) return opened
    await recordAudit(transaction, caller, {
      action: 'retention.run',
      target: `${project.name}/${opened.id}`,
      project: project.name,
      outcome: 'done',
    })
    return opened
  })
  deps.wake()
  return run
}

import { type Actor, recordActorAudit } from '../../audit/record.ts'
import type { Database } from '../../database/open-database.ts'
import type { RunningJob } from '../../jobs/types.ts'
import { findPolicy, lockProject } from './policy-queries.ts'
import { endRun, findRunOfJob, insertRun } from './run-queries.ts'
import type { OpenedRun, RetentionDeps, Run } from './run-types.ts'
import { keepSchedule } from './schedule.ts'
import { findOpenRun } from './start-run.ts'

const ACTOR: Actor = { actorId: undefined, actorName: 'warden$retention', onBehalfOf: undefined }

type Job = RunningJob<{ readonly projectId: number }>

/** Makes the run that a schedule asked for, unless another one is under way. */
async function openScheduled(
  transaction: Database,
  { canRemove, job, project }: { canRemove: boolean; job: Job; project: string },
): Promise<void> {
  const { projectId } = job.payload
  const policy = await findPolicy(transaction, projectId)
  if (policy === undefined) return
  const open = await findOpenRun(transaction, projectId)
  if (open !== undefined) return job.tell(`the run ${open.id} of ${project} is under way`)
  const { rules } = policy
  const run = { projectId, jobId: job.id, isDryRun: false, isScheduled: true, rules, actor: ACTOR }
  const id = await insertRun(transaction, run)
  if (!canRemove) {
    const detail = 'this service cannot remove tags by rules yet'
    return endRun(transaction, id, { outcome: 'skipped', detail })
  }
  const entry = { target: `${project}/${id}`, project, outcome: 'done' } as const
  await recordActorAudit(transaction, ACTOR, { action: 'retention.run', ...entry })
}

const isOver = ({ endedAt }: Run): boolean => endedAt !== undefined

/**
 * Finds the run of a job, or makes it where a schedule asked for it.
 *
 * @returns undefined when there is nothing to do: the project or its rules are gone, the run has ended,
 *   or another one is under way
 */
export function openRun(
  { removeTags }: Pick<RetentionDeps, 'removeTags'>,
  job: Job,
): Promise<OpenedRun | undefined> {
  const { projectId } = job.payload
  return job.inLease(async (transaction) => {
    const project = await lockProject(transaction, projectId)
    if (project === undefined) {
      await keepSchedule(transaction, projectId, undefined)
      return undefined
    }
    const { name } = project
    if ((await findRunOfJob(transaction, job.id)) === undefined) {
      const canRemove = removeTags !== undefined
      await openScheduled(transaction, { canRemove, job, project: name })
    }
    const run = await findRunOfJob(transaction, job.id)
    return run === undefined || isOver(run) ? undefined : { run, project: name }
  })
}

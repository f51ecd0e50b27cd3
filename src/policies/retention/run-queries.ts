import { databaseNow } from '../../database/clock.ts'
import type { Database } from '../../database/open-database.ts'
import { readRules } from './policy-queries.ts'
import type { NewRun, Run, RunCounts, RunOutcome, RunState } from './run-types.ts'

interface RunRow {
  readonly id: number
  readonly project_id: number
  readonly job_id: number
  readonly is_dry_run: number
  readonly is_scheduled: number
  readonly rules: string
  readonly actor_id: number | null
  readonly actor_name: string
  readonly on_behalf_of: string | null
  readonly planned_name: string
  readonly after_name: string
  readonly repositories: number
  readonly kept: number
  readonly to_remove: number
  readonly removed: number
  readonly not_removed: number
  readonly reclaimable_bytes: number
  readonly items: number
  readonly outcome: RunOutcome | null
  readonly detail: string | null
  readonly created_at: Date
  readonly ended_at: Date | null
  readonly job_state: RunState | null
  readonly job_ended_at: Date | null
}

const COLUMNS = [
  'runs.id',
  'project_id',
  'job_id',
  'is_dry_run',
  'is_scheduled',
  'rules',
  'actor_id',
  'actor_name',
  'on_behalf_of',
  'planned_name',
  'after_name',
  'repositories',
  'kept',
  'to_remove',
  'removed',
  'not_removed',
  'reclaimable_bytes',
  'items',
  'outcome',
  'detail',
  'runs.created_at',
  'runs.ended_at',
  'jobs.state as job_state',
  'jobs.ended_at as job_ended_at',
]

/** A job that ended, or is gone, without a word in the run's own row failed, or was cancelled. */
function stateOf({ outcome, job_state }: RunRow): RunState {
  if (outcome !== null) return outcome
  return job_state === null || job_state === 'done' ? 'failed' : job_state
}

const toRun = (row: RunRow): Run => ({
  id: row.id,
  projectId: row.project_id,
  jobId: row.job_id,
  isDryRun: row.is_dry_run === 1,
  isScheduled: row.is_scheduled === 1,
  rules: readRules(row.rules),
  actor: {
    actorId: row.actor_id ?? undefined,
    actorName: row.actor_name,
    onBehalfOf: row.on_behalf_of ?? undefined,
  },
  planned: row.planned_name,
  after: row.after_name,
  repositories: row.repositories,
  kept: row.kept,
  toRemove: row.to_remove,
  removed: row.removed,
  notRemoved: row.not_removed,
  reclaimableBytes: Number(row.reclaimable_bytes),
  items: row.items,
  state: stateOf(row),
  detail: row.detail ?? undefined,
  createdAt: row.created_at,
  endedAt: row.ended_at ?? row.job_ended_at ?? undefined,
})

const selectRuns = (database: Database) =>
  database('retention_runs as runs')
    .leftJoin('jobs', 'jobs.id', 'runs.job_id')
    .select<RunRow[]>(...COLUMNS)

/** A second run of the same job is a duplicate key. */
export async function insertRun(transaction: Database, run: NewRun): Promise<number> {
  const [id] = await transaction('retention_runs').insert({
    project_id: run.projectId,
    job_id: run.jobId,
    is_dry_run: run.isDryRun ? 1 : 0,
    is_scheduled: run.isScheduled ? 1 : 0,
    rules: JSON.stringify(run.rules),
    actor_id: run.actor.actorId ?? null,
    actor_name: run.actor.actorName,
    on_behalf_of: run.actor.onBehalfOf ?? null,
    created_at: databaseNow(transaction),
  })
  return Number(id)
}

export async function findRunOfJob(database: Database, jobId: number): Promise<Run | undefined> {
  const [row] = await selectRuns(database).where({ job_id: jobId })
  return row && toRun(row)
}

export interface RunKey {
  readonly projectId: number
  readonly id: number
}

/** A run of that project, and of no other. */
export async function findRun(
  database: Database,
  { projectId, id }: RunKey,
): Promise<Run | undefined> {
  const [row] = await selectRuns(database).where({ 'runs.id': id, project_id: projectId })
  return row && toRun(row)
}

/** The newest first, with ids below `before`. */
export async function listRuns(
  database: Database,
  {
    projectId,
    before,
    most,
  }: {
    readonly projectId: number
    readonly before: number | undefined
    readonly most: number
  },
): Promise<readonly Run[]> {
  const query = selectRuns(database)
    .where({ project_id: projectId })
    .orderBy('runs.id', 'desc')
    .limit(most)
  if (before !== undefined) query.where('runs.id', '<', before)
  return (await query).map(toRun)
}

/** Writes down how far a run is. */
export async function saveRun(
  transaction: Database,
  { id, planned, after, ...counts }: Pick<Run, 'id' | 'planned' | 'after' | keyof RunCounts>,
): Promise<void> {
  await transaction('retention_runs').where({ id }).update({
    planned_name: planned,
    after_name: after,
    repositories: counts.repositories,
    kept: counts.kept,
    to_remove: counts.toRemove,
    removed: counts.removed,
    not_removed: counts.notRemoved,
    reclaimable_bytes: counts.reclaimableBytes,
    items: counts.items,
  })
}

const DETAIL_LENGTH = 1000

/** One that has ended stays as it is. */
export async function endRun(
  transaction: Database,
  id: number,
  { outcome, detail }: { readonly outcome: RunOutcome; readonly detail?: string | undefined },
): Promise<void> {
  await transaction('retention_runs')
    .where({ id, outcome: null })
    .update({
      outcome,
      detail: detail?.slice(0, DETAIL_LENGTH) ?? null,
      ended_at: databaseNow(transaction),
    })
}

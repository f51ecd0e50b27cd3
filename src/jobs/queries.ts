import { databaseNow } from '../database/clock.ts'
import { byIndex } from '../database/keyset.ts'
import type { Database } from '../database/open-database.ts'
import type { Job, JobState, JobWithLog, LogLine } from './types.ts'

const COLUMNS = [
  'id',
  'kind',
  'state',
  'attempts',
  'most_attempts',
  'done',
  'total',
  'cancel_requested_at',
  'run_at',
  'created_at',
  'started_at',
  'ended_at',
  'error',
] as const

interface JobRow {
  readonly id: number
  readonly kind: string
  readonly state: JobState
  readonly attempts: number
  readonly most_attempts: number
  readonly done: number | null
  readonly total: number | null
  readonly cancel_requested_at: Date | null
  readonly run_at: Date
  readonly created_at: Date
  readonly started_at: Date | null
  readonly ended_at: Date | null
  readonly error: string | null
}

const toJob = (row: JobRow): Job => ({
  id: row.id,
  kind: row.kind,
  state: row.state,
  attempts: row.attempts,
  mostAttempts: row.most_attempts,
  progress:
    row.done === null || row.total === null
      ? undefined
      : { done: Number(row.done), total: Number(row.total) },
  cancelRequested: row.cancel_requested_at !== null,
  runAt: row.run_at,
  createdAt: row.created_at,
  startedAt: row.started_at ?? undefined,
  endedAt: row.ended_at ?? undefined,
  error: row.error ?? undefined,
})

export const readLog = (text: string): readonly LogLine[] => (text === '' ? [] : JSON.parse(text))

export interface JobToInsert {
  readonly kind: string
  readonly payload: string
  readonly runAt: Date | undefined
  readonly dedupeKey: string | undefined
  readonly mostAttempts: number
}

/** @returns its id, or that of the one with the same dedupe key, which stays as it is */
export async function insertJob(database: Database, job: JobToInsert): Promise<number> {
  const [{ insertId }] = await database.raw(
    `INSERT INTO jobs
            (kind, payload, state, run_at, attempts, most_attempts, dedupe_key, log, created_at)
     VALUES (?, ?, 'waiting', COALESCE(?, UTC_TIMESTAMP(3)), 0, ?, ?, '', UTC_TIMESTAMP(3))
         ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id)`,
    [job.kind, job.payload, job.runAt ?? null, job.mostAttempts, job.dedupeKey ?? null],
  )
  return Number(insertId)
}

export async function findJob(database: Database, id: number): Promise<JobWithLog | undefined> {
  const row = await database('jobs')
    .where({ id })
    .first<(JobRow & { readonly log: string }) | undefined>(...COLUMNS, 'log')
  return row && { ...toJob(row), log: readLog(row.log) }
}

/** The same, locked until the transaction ends. */
export async function lockJob(transaction: Database, id: number): Promise<Job | undefined> {
  const row = await transaction('jobs')
    .where({ id })
    .forUpdate()
    .first<JobRow | undefined>(...COLUMNS)
  return row && toJob(row)
}

export interface JobFilter {
  readonly kind?: string | undefined
  readonly state?: JobState | undefined
}

function indexOf({ kind, state }: JobFilter): string {
  if (kind !== undefined && state !== undefined) return 'jobs_state_kind'
  if (kind !== undefined) return 'jobs_kind'
  return state === undefined ? 'PRIMARY' : 'jobs_state'
}

/** Those that fit, the newest first, with ids below `before`, at most `most`. */
export async function listJobs(
  database: Database,
  {
    filter,
    before,
    most,
  }: {
    readonly filter: JobFilter
    readonly before: number | undefined
    readonly most: number
  },
): Promise<readonly Job[]> {
  const { kind, state } = filter
  const query = database
    .queryBuilder()
    .from(byIndex(database, 'jobs', indexOf(filter)))
    .orderBy('id', 'desc')
    .limit(most)
    .select<JobRow[]>(...COLUMNS)
  if (kind !== undefined) query.where({ kind })
  if (state !== undefined) query.where({ state })
  if (before !== undefined) query.where('id', '<', before)
  return (await query).map(toJob)
}

/** Ends a job that nobody runs. */
export async function cancelWaitingJob(transaction: Database, id: number): Promise<void> {
  await transaction('jobs')
    .where({ id, state: 'waiting' })
    .update({
      state: 'cancelled',
      dedupe_key: null,
      ended_at: databaseNow(transaction),
    })
}

/** Asks the worker that runs it. */
export async function requestCancel(transaction: Database, id: number): Promise<void> {
  await transaction('jobs')
    .where({ id, state: 'running', cancel_requested_at: null })
    .update({ cancel_requested_at: databaseNow(transaction) })
}

/** How many wait, by kind; a kind without any is left out. */
export async function countWaiting(database: Database): Promise<ReadonlyMap<string, number>> {
  const rows = await database
    .queryBuilder()
    .from(byIndex(database, 'jobs', 'jobs_state_kind'))
    .where({ state: 'waiting' })
    .groupBy('kind')
    .select('kind')
    .count({ count: '*' })
  return new Map(rows.map(({ kind, count }) => [String(kind), Number(count)]))
}

export interface TrimInput {
  readonly keepDays: number
  readonly keepMost: number
  readonly atOnce: number
}

/** Removes ended jobs that are too old, or too many; the oldest first, a few at once. */
export async function removeEndedJobs(
  database: Database,
  { keepDays, keepMost, atOnce }: TrimInput,
): Promise<number> {
  const last = await database('jobs')
    .whereNotNull('ended_at')
    .orderBy([
      { column: 'ended_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .offset(keepMost)
    .first<{ readonly ended_at: Date } | undefined>('ended_at')
  const [{ affectedRows }] = await database.raw(
    `DELETE FROM jobs
      WHERE ended_at < UTC_TIMESTAMP(3) - INTERVAL ? DAY OR ended_at <= ?
      ORDER BY ended_at LIMIT ?`,
    [keepDays, last?.ended_at ?? null, atOnce],
  )
  return affectedRows
}

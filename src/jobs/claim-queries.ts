import { databaseNow, inSeconds } from '../database/clock.ts'
import { byIndex } from '../database/keyset.ts'
import type { Database } from '../database/open-database.ts'
import { readLog } from './queries.ts'
import type { ClaimedJob, JobKey, Notes } from './types.ts'

const NOW = 'UTC_TIMESTAMP(3)'

/** The job as long as this holder has it, by the database's own clock. */
const held = (database: Database, { id, holder }: JobKey) =>
  database('jobs')
    .where({ id, holder, state: 'running' })
    .where('lease_ends_at', '>', databaseNow(database))

const noteColumns = ({ progress, log }: Notes) => ({
  done: progress?.done ?? null,
  total: progress?.total ?? null,
  log: JSON.stringify(log),
})

export interface DueJob {
  readonly id: number
  readonly kind: string
}

/** Jobs of these kinds whose time has come, the longest waiting first. */
export async function listDueJobs(
  database: Database,
  { kinds, most }: { readonly kinds: readonly string[]; readonly most: number },
): Promise<readonly DueJob[]> {
  return database
    .queryBuilder()
    .from(byIndex(database, 'jobs', 'jobs_due'))
    .where({ state: 'waiting' })
    .where('run_at', '<=', databaseNow(database))
    .whereIn('kind', [...kinds])
    .orderBy(['run_at', 'id'])
    .limit(most)
    .select('id', 'kind')
}

/** A job whose worker let its lease run out. */
export interface AbandonedJob extends DueJob {
  /** What is to become of it. */
  readonly next: 'retry' | 'cancel' | 'fail'
}

/** Jobs of these kinds whose worker died, hangs or lost the database. */
export async function listAbandonedJobs(
  database: Database,
  { kinds, most }: { readonly kinds: readonly string[]; readonly most: number },
): Promise<readonly AbandonedJob[]> {
  const rows = await database
    .queryBuilder()
    .from(byIndex(database, 'jobs', 'jobs_state'))
    .where({ state: 'running' })
    .where('lease_ends_at', '<', databaseNow(database))
    .whereIn('kind', [...kinds])
    .limit(most)
    .select('id', 'kind', 'attempts', 'most_attempts', 'cancel_requested_at')
  return rows.map((row) => {
    const isOver = row.attempts >= row.most_attempts
    const next = row.cancel_requested_at !== null ? 'cancel' : isOver ? 'fail' : 'retry'
    return { id: row.id, kind: row.kind, next }
  })
}

/**
 * Takes a job that waits, or whose lease has run out, by one conditional UPDATE: portable to every
 * cluster, and never won twice.
 *
 * @returns undefined when another worker was faster
 */
export async function claimJob(
  database: Database,
  { id, holder }: JobKey,
  leaseSeconds: number,
): Promise<ClaimedJob | undefined> {
  const [{ affectedRows }] = await database.raw(
    `UPDATE jobs
        SET state = 'running', holder = ?, attempts = attempts + 1,
            lease_ends_at = ${NOW} + INTERVAL ? SECOND,
            started_at = COALESCE(started_at, ${NOW})
      WHERE id = ? AND ((state = 'waiting' AND run_at <= ${NOW})
         OR (state = 'running' AND lease_ends_at < ${NOW} AND cancel_requested_at IS NULL
             AND attempts < most_attempts))`,
    [holder, leaseSeconds, id],
  )
  if (affectedRows !== 1) return undefined
  const row = await database('jobs')
    .where({ id, holder })
    .first('kind', 'payload', 'attempts', 'most_attempts', 'log')
  return (
    row && {
      id,
      holder,
      kind: row.kind,
      payload: row.payload,
      attempt: row.attempts,
      mostAttempts: row.most_attempts,
      log: readLog(row.log),
    }
  )
}

/** @returns false when the job is this holder's no more */
export async function renewLease(
  database: Database,
  key: JobKey,
  { leaseSeconds, notes }: { readonly leaseSeconds: number; readonly notes: Notes },
): Promise<boolean> {
  const renewed = await held(database, key).update({
    lease_ends_at: inSeconds(database, leaseSeconds),
    ...noteColumns(notes),
  })
  return renewed === 1
}

/** @returns false when the job is this holder's no more; else nobody takes it until the end of it */
export async function lockHeldJob(transaction: Database, key: JobKey): Promise<boolean> {
  return (await held(transaction, key).forUpdate().first('id')) !== undefined
}

export async function isCancelRequested(database: Database, { id }: JobKey): Promise<boolean> {
  const row = await database('jobs').where({ id }).first('cancel_requested_at')
  return row !== undefined && row.cancel_requested_at !== null
}

/** How an attempt ends; `returned` does not count as one. */
export type Ending =
  | { readonly as: 'done' | 'cancelled' }
  | { readonly as: 'failed'; readonly error: string }
  | { readonly as: 'retried'; readonly error: string; readonly delaySeconds: number }
  | { readonly as: 'returned' }

/** What was cancelled in the meantime is not begun again. */
const waitingColumns = (database: Database) => ({
  state: database.raw("IF(cancel_requested_at IS NULL, 'waiting', 'cancelled')"),
  dedupe_key: database.raw('IF(cancel_requested_at IS NULL, dedupe_key, NULL)'),
  ended_at: database.raw(`IF(cancel_requested_at IS NULL, NULL, ${NOW})`),
})

const endColumns = (database: Database, ending: Ending) => {
  const ended = { dedupe_key: null, ended_at: databaseNow(database) }
  switch (ending.as) {
    case 'done':
      return { ...ended, state: 'done', error: null }
    case 'cancelled':
      return { ...ended, state: 'cancelled' }
    case 'failed':
      return { ...ended, state: 'failed', error: ending.error }
    case 'retried':
      return {
        ...waitingColumns(database),
        run_at: inSeconds(database, ending.delaySeconds),
        error: ending.error,
      }
    case 'returned':
      return {
        ...waitingColumns(database),
        run_at: databaseNow(database),
        attempts: database.raw('attempts - 1'),
      }
  }
}

const FREE = { holder: null, lease_ends_at: null } as const

/** @returns false when the job was this holder's no more; nothing is changed then */
export async function endAttempt(
  database: Database,
  key: JobKey,
  { ending, notes }: { readonly ending: Ending; readonly notes: Notes },
): Promise<boolean> {
  const ended = await held(database, key).update({
    ...FREE,
    ...noteColumns(notes),
    ...endColumns(database, ending),
  })
  return ended === 1
}

/** Ends a job that its worker left behind. @returns whether it was there to be ended */
export async function endAbandonedJob(
  database: Database,
  id: number,
  ending: Exclude<Ending, { readonly as: 'retried' | 'returned' }>,
): Promise<boolean> {
  const ended = await database('jobs')
    .where({ id, state: 'running' })
    .where('lease_ends_at', '<', databaseNow(database))
    .update({ ...FREE, ...endColumns(database, ending) })
  return ended === 1
}

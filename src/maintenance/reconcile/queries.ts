import { databaseNow, daysAgo } from '../../database/clock.ts'
import type { Database } from '../../database/open-database.ts'
import type { Counts, Phase, Run } from './types.ts'

interface RunRow {
  readonly id: number
  readonly phase: Phase
  readonly after_name: string
  readonly listed: number
  readonly repositories: number
  readonly tags: number
  readonly added: number
  readonly moved: number
  readonly missing: number
  readonly untold: number
  readonly omitted_repositories: number
  readonly omitted_tags: number
  readonly failures: number
  readonly started_at: Date
  readonly ended_at: Date | null
}

const COLUMNS: readonly (keyof RunRow)[] = [
  'id',
  'phase',
  'after_name',
  'listed',
  'repositories',
  'tags',
  'added',
  'moved',
  'missing',
  'untold',
  'omitted_repositories',
  'omitted_tags',
  'failures',
  'started_at',
  'ended_at',
]

const toRun = (row: RunRow): Run => ({
  id: row.id,
  phase: row.phase,
  after: row.after_name,
  listed: row.listed,
  repositories: row.repositories,
  tags: row.tags,
  added: row.added,
  moved: row.moved,
  missing: row.missing,
  untold: row.untold,
  omittedRepositories: row.omitted_repositories,
  omittedTags: row.omitted_tags,
  failures: row.failures,
  startedAt: row.started_at,
  endedAt: row.ended_at ?? undefined,
})

const toColumns = (counts: Counts) => ({
  listed: counts.listed,
  repositories: counts.repositories,
  tags: counts.tags,
  added: counts.added,
  moved: counts.moved,
  missing: counts.missing,
  untold: counts.untold,
  omitted_repositories: counts.omittedRepositories,
  omitted_tags: counts.omittedTags,
  failures: counts.failures,
})

/** The run of a job: a new one, or the one that an earlier attempt began. */
export async function openRun(database: Database, jobId: number): Promise<Run> {
  await database('reconcile_runs')
    .insert({
      job_id: jobId,
      phase: 'catalog',
      after_name: '',
      started_at: databaseNow(database),
    })
    .onConflict('job_id')
    .ignore()
  const row = await database('reconcile_runs')
    .where({ job_id: jobId })
    .first<RunRow | undefined>(...COLUMNS)
  if (row === undefined) throw new Error(`the run of job ${jobId} is gone`)
  return toRun(row)
}

/** Writes down how far a run is. */
export async function saveRun(
  transaction: Database,
  { id, phase, after, ...counts }: Omit<Run, 'startedAt' | 'endedAt'>,
): Promise<void> {
  await transaction('reconcile_runs')
    .where({ id })
    .update({
      phase,
      after_name: after,
      ...toColumns(counts),
      ended_at: phase === 'done' ? databaseNow(transaction) : null,
    })
}

/** The last one that came to its end. */
export async function findLastRun(database: Database): Promise<Run | undefined> {
  const row = await database('reconcile_runs')
    .whereNotNull('ended_at')
    .orderBy([
      { column: 'ended_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .first<RunRow | undefined>(...COLUMNS)
  return row && toRun(row)
}

/** Changes within seven days that no event told of. */
export async function countUntold(database: Database): Promise<number> {
  const row = await database('reconcile_runs')
    .where('ended_at', '>=', daysAgo(database, 7))
    .sum({ untold: 'untold' })
    .first()
  return Number(row?.untold ?? 0)
}

/** Forgets runs before a run, but for the newest ones. */
export async function removeOldRuns(
  database: Database,
  { before, keepDays, most }: { before: number; keepDays: number; most: number },
): Promise<number> {
  return database('reconcile_runs')
    .where('id', '<', before)
    .where('started_at', '<', daysAgo(database, keepDays))
    .orderBy('id')
    .limit(most)
    .delete()
}

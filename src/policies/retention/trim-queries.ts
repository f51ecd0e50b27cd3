import { daysAgo } from '../../database/clock.ts'
import type { Database } from '../../database/open-database.ts'

/** Of a project, those that ended before its newest ones; the oldest first. */
export async function listSurplusRuns(
  database: Database,
  { projectId, keep, most }: { projectId: number; keep: number; most: number },
): Promise<readonly number[]> {
  const last = await database('retention_runs')
    .where({ project_id: projectId })
    .orderBy('id', 'desc')
    .offset(keep)
    .first<{ readonly id: number } | undefined>('id')
  if (last === undefined) return []
  return database('retention_runs')
    .where({ project_id: projectId })
    .where('id', '<=', last.id)
    .orderBy('id')
    .limit(most)
    .pluck('id')
}

/** Of whatever project, those that are older. */
export async function listOldRuns(
  database: Database,
  { keepDays, most }: { readonly keepDays: number; readonly most: number },
): Promise<readonly number[]> {
  return database('retention_runs')
    .where('created_at', '<', daysAgo(database, keepDays))
    .orderBy(['created_at', 'id'])
    .limit(most)
    .pluck('id')
}

/** @returns how many went */
export async function removeItems(
  database: Database,
  runId: number,
  most: number,
): Promise<number> {
  return database('retention_items').where({ run_id: runId }).limit(most).delete()
}

export async function removeRun(database: Database, id: number): Promise<void> {
  await database('retention_runs').where({ id }).delete()
}

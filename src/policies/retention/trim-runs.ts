import type { Database } from '../../database/open-database.ts'
import { listOldRuns, listSurplusRuns, removeItems, removeRun } from './trim-queries.ts'

/** Of a project; older ones say little, and may have many thousand decisions each. */
export const KEEP_RUNS = 50
const KEEP_DAYS = 90
const RUNS_AT_ONCE = 10
const ITEMS_AT_ONCE = 5000

/** Forgets runs that are too old, or too many of a project, a few at once. */
export async function trimRuns(database: Database, projectId: number): Promise<void> {
  const surplus = { projectId, keep: KEEP_RUNS, most: RUNS_AT_ONCE }
  const ids = new Set([
    ...(await listSurplusRuns(database, surplus)),
    ...(await listOldRuns(database, { keepDays: KEEP_DAYS, most: RUNS_AT_ONCE })),
  ])
  for (const id of ids) {
    // Statements of a size that holds nobody up for long.
    while ((await removeItems(database, id, ITEMS_AT_ONCE)) === ITEMS_AT_ONCE);
    await removeRun(database, id)
  }
}

import type { Database } from '../../database/open-database.ts'
import { type Brake, readBrake } from '../../images/brake.ts'
import { listJobs } from '../../jobs/queries.ts'
import type { Job } from '../../jobs/types.ts'
import { countUntold, findLastRun } from './queries.ts'
import { KIND } from './run-reconcile.ts'
import type { Run } from './types.ts'

/** How the index stands to the registry. */
export interface ReconcileState {
  /** The newest one, whatever became of it. */
  readonly job: Job | undefined
  readonly lastRun: Run | undefined
  readonly brake: Brake
  /** Within seven days. */
  readonly lostEvents: number
}

export async function readReconcile(database: Database): Promise<ReconcileState> {
  const [job] = await listJobs(database, { filter: { kind: KIND }, before: undefined, most: 1 })
  return {
    job,
    lastRun: await findLastRun(database),
    brake: await readBrake(database),
    lostEvents: await countUntold(database),
  }
}

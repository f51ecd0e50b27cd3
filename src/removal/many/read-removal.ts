import type { Database } from '../../database/open-database.ts'
import { AppError } from '../../errors.ts'
import { findJob } from '../../jobs/queries.ts'
import type { Job } from '../../jobs/types.ts'
import { countOutcomes } from './item-queries.ts'
import { findRemoval } from './queries.ts'
import type { Removal, RemovalReading } from './types.ts'

/** Jobs are forgotten after a while: what had not ended by then never will. */
const FORGOTTEN: Pick<Job, 'state' | 'error'> = {
  state: 'failed',
  error: 'its job is forgotten; what was not removed by then stays',
}

/** With what its job and its items tell. */
export async function withState(database: Database, removal: Removal): Promise<RemovalReading> {
  const [job, counts] = await Promise.all([
    findJob(database, removal.jobId),
    countOutcomes(database, removal.id),
  ])
  const { state, error } = job ?? FORGOTTEN
  return removal.endedAt === undefined
    ? { ...removal, state, error, counts }
    : { ...removal, state: 'done', error: undefined, counts }
}

/**
 * @param since that of an earlier project of the same name is not found
 * @throws AppError REMOVAL_UNKNOWN (404), also for a removal of another project
 */
export async function readRemoval(
  database: Database,
  { project, id, since }: { readonly project: string; readonly id: number; readonly since?: Date },
): Promise<RemovalReading> {
  const removal = await findRemoval(database, id)
  const isEarlier = since !== undefined && removal !== undefined && removal.createdAt < since
  if (removal === undefined || removal.project !== project || isEarlier) {
    throw new AppError('REMOVAL_UNKNOWN', {
      detail: `there is no removal ${id} in the project ${project}; they are forgotten after 90 days`,
    })
  }
  return withState(database, removal)
}

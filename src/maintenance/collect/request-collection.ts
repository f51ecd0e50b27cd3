import { refreshCaller } from '../../accounts/refresh-caller.ts'
import { actorOf, recordAudit } from '../../audit/record.ts'
import type { Database } from '../../database/open-database.ts'
import { inTransaction } from '../../database/transaction.ts'
import { AppError } from '../../errors.ts'
import type { Caller } from '../../http/caller.ts'
import { enqueueJob } from '../../jobs/enqueue-job.ts'
import { findJob } from '../../jobs/queries.ts'
import { requireSystem } from '../../projects/require-permission.ts'
import { insertCollection } from './change-queries.ts'
import { findObstacles, NOT_CONFIGURED, type ObstacleDeps } from './find-obstacles.ts'
import { findCollection, findCollectionOfJob } from './queries.ts'
import type { CollectionReading } from './types.ts'

export const KIND = 'gc.collect'
export const SCHEDULE = 'gc'
/** That of the schedule: there is one at a time, whoever asked for it. */
export const DEDUPE_KEY = `schedule:${SCHEDULE}`
/** The collector itself is begun once; what comes before it may be begun again. */
export const MOST_ATTEMPTS = 5

export interface RequestCollectionDeps extends ObstacleDeps {
  /** Lets a worker of this process look at once. */
  readonly wake: () => void
}

export interface RequestCollectionInput {
  readonly caller: Caller
  readonly isDryRun: boolean
}

const conflict = (detail: string): AppError => new AppError('CONFLICT', { detail })

/** A dry run reads and sweeps nothing: it needs a collector, and no more. */
async function requireNoObstacle(deps: RequestCollectionDeps, isDryRun: boolean): Promise<void> {
  if (isDryRun && deps.collector === undefined) throw conflict(NOT_CONFIGURED)
  const obstacles = isDryRun ? [] : await findObstacles(deps)
  if (obstacles.length === 0) return
  throw conflict(`garbage cannot be collected now: ${obstacles.join('; ')}`)
}

async function insert(
  transaction: Database,
  { caller, isDryRun }: RequestCollectionInput,
): Promise<CollectionReading> {
  const jobId = await enqueueJob(transaction, {
    kind: KIND,
    payload: { isDryRun },
    dedupeKey: DEDUPE_KEY,
    mostAttempts: MOST_ATTEMPTS,
  })
  const other = await findCollectionOfJob(transaction, jobId)
  const job = await findJob(transaction, jobId)
  if (other !== undefined || job?.state !== 'waiting') {
    throw conflict(
      `a collection is under way${other ? `: ${other.id}` : ''}; wait until it has ended, or cancel its job ${jobId}`,
    )
  }
  const actor = actorOf(caller.subject)
  const id = await insertCollection(transaction, { jobId, isDryRun, actor })
  const collection = await findCollection(transaction, id)
  if (collection === undefined) throw new Error(`the collection ${id} is gone`)
  return collection
}

/**
 * Asks for a collection of garbage, as a job; a dry one only tells what would go.
 *
 * @throws AppError UNAUTHORIZED (401), DENIED (403)
 * @throws AppError CONFLICT (409) with every reason why not now (R28), and while one is under way
 */
export async function requestCollection(
  deps: RequestCollectionDeps,
  input: RequestCollectionInput,
): Promise<CollectionReading> {
  requireSystem(input.caller, 'job:write')
  await requireNoObstacle(deps, input.isDryRun)
  const collection = await inTransaction(deps.database, async (transaction) => {
    const caller = await refreshCaller(transaction, input.caller)
    requireSystem(caller, 'job:write')
    const made = await insert(transaction, { ...input, caller })
    const target = `${KIND}/${made.id}${input.isDryRun ? ' (dry run)' : ''}`
    await recordAudit(transaction, caller, { action: 'gc.start', target, outcome: 'done' })
    return made
  })
  deps.wake()
  return collection
}

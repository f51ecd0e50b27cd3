import type { Database } from '../database/open-database.ts'
import { insertJob } from './queries.ts'

const MOST_ATTEMPTS = 5
const LONGEST_PAYLOAD = 65_536
const NAME = /^[\x21-\x7e]+$/
const LONGEST_KIND = 64
const LONGEST_KEY = 191

export interface NewJob {
  readonly kind: string
  /** Written as JSON, and never a secret: whoever runs the job finds or makes that anew. */
  readonly payload: unknown
  /** Not before this; as soon as a worker is free by default. */
  readonly runAt?: Date | undefined
  /** While a job with this key waits or runs, there is no second one. Visible ASCII. */
  readonly dedupeKey?: string | undefined
  /** How often it is begun at most; five times by default. */
  readonly mostAttempts?: number | undefined
}

function requireStorable({ kind, dedupeKey }: NewJob, payload: string): void {
  const names = [
    { name: kind, longest: LONGEST_KIND },
    ...(dedupeKey === undefined ? [] : [{ name: dedupeKey, longest: LONGEST_KEY }]),
  ]
  for (const { name, longest } of names) {
    if (name.length <= longest && NAME.test(name)) continue
    throw new Error(`a job cannot be called ${JSON.stringify(name.slice(0, longest))}`)
  }
  if (payload.length > LONGEST_PAYLOAD) {
    throw new Error(`the payload of a job ${kind} has more than ${LONGEST_PAYLOAD} characters`)
  }
}

/**
 * Puts work into the queue, in the transaction of the change that it follows from: it is there if and
 * only if that change is. A worker finds it within about a second, or at once where `wake` of this
 * process's jobs is called after the commit.
 *
 * @returns its id, or that of the job with the same dedupe key that waits or runs already
 */
export async function enqueueJob(transaction: Database, job: NewJob): Promise<number> {
  const payload = JSON.stringify(job.payload)
  requireStorable(job, payload)
  return insertJob(transaction, {
    kind: job.kind,
    payload,
    runAt: job.runAt,
    dedupeKey: job.dedupeKey,
    mostAttempts: job.mostAttempts ?? MOST_ATTEMPTS,
  })
}

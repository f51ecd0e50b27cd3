import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../http/middleware.ts'
import { type Ending, endAttempt } from './claim-queries.ts'
import { type HeldLease, type HoldLeaseDeps, holdLease } from './hold-lease.ts'
import { retryDelaySeconds } from './retry-delay.ts'
import { createNoteBook, type NoteBook, toLine } from './take-notes.ts'
import { type ClaimedJob, JobGaveUp, type JobKind, JobStopped, type RunningJob } from './types.ts'

const ERROR_LENGTH = 500
const WRITE_AGAIN_MS = 500

/** `lost`: another worker may have taken it over; nothing more was written. */
export type Outcome = Ending['as'] | 'lost'

export interface RunJobDeps extends HoldLeaseDeps {
  readonly now: () => Date
  readonly random: () => number
  readonly log: Pick<Log, 'info' | 'warn'>
}

const wordsOf = (error: unknown): string =>
  toLine(error instanceof Error ? error.message : String(error), ERROR_LENGTH)

function parsePayload(kind: JobKind, { payload }: ClaimedJob): unknown {
  const parsed = kind.payload.safeParse(JSON.parse(payload))
  if (parsed.success) return parsed.data
  throw new JobGaveUp('the payload is not one of this kind; was it made by another version?')
}

const stoppedWith = ({ signal }: HeldLease): JobStopped | undefined =>
  signal.reason instanceof JobStopped ? signal.reason : undefined

/** An attempt that was stopped has not failed, whatever it threw on its way out. */
function endingOf(
  { random }: RunJobDeps,
  { kind, claimed, lease }: Attempt,
  error: unknown,
): Ending {
  const why = stoppedWith(lease)?.why
  if (why === 'cancelled') return { as: 'cancelled' }
  // After a lost lease nothing is written at all.
  if (why !== undefined) return { as: 'returned' }
  const words = wordsOf(error)
  if (error instanceof JobGaveUp || claimed.attempt >= claimed.mostAttempts) {
    return { as: 'failed', error: words }
  }
  const delaySeconds = retryDelaySeconds(kind.retry, claimed.attempt, random())
  return { as: 'retried', error: words, delaySeconds }
}

interface Attempt {
  readonly kind: JobKind
  readonly claimed: ClaimedJob
  readonly notes: NoteBook
  readonly lease: HeldLease
}

async function work(deps: RunJobDeps, attempt: Attempt): Promise<Ending> {
  const { kind, claimed, notes, lease } = attempt
  try {
    const job: RunningJob<unknown> = {
      id: claimed.id,
      payload: parsePayload(kind, claimed),
      attempt: claimed.attempt,
      signal: lease.signal,
      progress: notes.progress,
      tell: notes.tell,
      checkLease: lease.check,
      inLease: lease.inLease,
    }
    await kind.run(job)
    return { as: 'done' }
  } catch (error) {
    const ending = endingOf(deps, attempt, error)
    if (ending.as === 'failed' || ending.as === 'retried') {
      const { id, kind: name, attempt: number } = claimed
      deps.log.warn({ jobId: id, kind: name, attempt: number, error }, `a job ${ending.as}`)
    }
    return ending
  }
}

/** The database may be away for a moment: what was done is not to be done again for that. */
async function writeEnding(
  { database }: RunJobDeps,
  { claimed, notes, lease }: Attempt,
  ending: Ending,
): Promise<Outcome> {
  while (stoppedWith(lease)?.why !== 'lost' && !lease.isOver()) {
    try {
      const isWritten = await endAttempt(database, claimed, { ending, notes: notes.read() })
      return isWritten ? ending.as : 'lost'
    } catch {
      await sleep(WRITE_AGAIN_MS)
    }
  }
  return 'lost'
}

export interface JobRun {
  readonly lease: HeldLease
  /** Never rejects. */
  readonly outcome: Promise<Outcome>
}

/** Does one attempt of a job that was claimed at `takenAtMs`. */
export function runJob(
  deps: RunJobDeps,
  {
    kind,
    claimed,
    takenAtMs,
  }: {
    readonly kind: JobKind
    readonly claimed: ClaimedJob
    readonly takenAtMs: number
  },
): JobRun {
  const notes = createNoteBook(deps, claimed.log)
  const lease = holdLease(deps, { key: claimed, notes, takenAtMs })
  const attempt = { kind, claimed, notes, lease }
  const run = async (): Promise<Outcome> => {
    const ending = await work(deps, attempt)
    const outcome = await writeEnding(deps, attempt, ending)
    await lease.end()
    const { id: jobId, kind: name, attempt: number } = claimed
    deps.log.info({ jobId, kind: name, attempt: number, outcome }, 'job')
    return outcome
  }
  return { lease, outcome: run() }
}

import { repeat } from '../../database/repeat.ts'
import { inTransaction } from '../../database/transaction.ts'
import { AppError } from '../../errors.ts'
import { JobStopped, type RunningJob } from '../../jobs/types.ts'
import type { CollectDeps } from './collect-deps.ts'
import type { Collector, CollectorEnd } from './collector.ts'
import { type EpochDeps, inEpoch, isOwn } from './epoch.ts'
import { parseLine } from './parse-line.ts'
import type { PlacedDigest } from './swept-queries.ts'
import { takeSweep } from './take-sweep.ts'
import type { Swept } from './types.ts'

export interface CollectorRun {
  readonly deps: CollectDeps
  readonly collector: Collector
  readonly job: RunningJob<unknown>
  readonly own: EpochDeps
  readonly isDryRun: boolean
  readonly limitSeconds: number
  /** What an attempt before swept. */
  readonly before: Swept
}

export interface CollectorOutcome {
  /** `unseen`: nobody knows whether it still runs; `unbegun`: it never did. */
  readonly end: CollectorEnd | 'unbegun'
  readonly swept: Swept
  readonly samples: readonly PlacedDigest[]
  /** Why it came to nothing, or not to its end. */
  readonly error: string | undefined
  readonly notes: readonly string[]
}

const LOOK_EVERY_MS = 5000
/** What `timeout` ends with when the time was over. */
const TIMED_OUT = 124

/** A registry that nothing was ever pushed to has no folder for it. */
const EMPTY = /failed to mark: \w+: Path not found: \S*\/repositories$/

function errorOf(
  { exitCode, sawExit }: CollectorEnd,
  { limitSeconds, lastWords }: { readonly limitSeconds: number; readonly lastWords: string },
): string | undefined {
  if (!sawExit) {
    return 'the end of the collector was not seen; writes stay held until its lock is free'
  }
  if (exitCode === 0 || (exitCode === 1 && EMPTY.test(lastWords))) return undefined
  if (exitCode === TIMED_OUT) {
    return `the collector was ended by its limit of ${limitSeconds} seconds (WARDEN_GC_LIMIT_SECONDS); what it swept is gone, the next one goes on`
  }
  if (exitCode === null) return 'the collector was ended; the next one goes on'
  return `the collector ended with ${exitCode}: ${lastWords || 'it said nothing'}`
}

interface Progress {
  total: number
  done: number
  manifests: number
  lastWords: string
}

const noteLine = (
  { job }: CollectorRun,
  { progress, onBlob }: { readonly progress: Progress; readonly onBlob: (digest: string) => void },
) => {
  return (line: string): void => {
    const word = parseLine(line)
    if (word === undefined) progress.lastWords = line
    else if (word.kind === 'marking') progress.manifests++
    else if (word.kind === 'total') {
      progress.total = word.blobs
      job.tell(`${progress.manifests} manifests looked at, ${word.blobs} blobs to sweep`)
    } else {
      progress.done++
      onBlob(word.digest)
      job.progress(progress.done, Math.max(progress.done, progress.total))
    }
  }
}

/** Nobody waits for a collector whose collection was ended by somebody else. */
function watchOwn({ deps, own, job }: CollectorRun) {
  const ending = new AbortController()
  const work = async (): Promise<void> => {
    const isStill = await inTransaction(deps.database, (transaction) => isOwn(own, transaction))
    if (!isStill) ending.abort(new JobStopped('lost'))
  }
  const stop = repeat({ everyMs: LOOK_EVERY_MS, work, onFailure: () => undefined })
  return { signal: AbortSignal.any([job.signal, ending.signal]), stop }
}

/** What it came to where no collector was begun: it was not even confirmed. */
function unbegun({ deps: { log } }: CollectorRun, error: unknown): AppError {
  if (error instanceof JobStopped) return new AppError('UNAVAILABLE', { detail: error.message })
  log.warn({ error }, 'a collector could not be begun')
  return new AppError('UNAVAILABLE', { detail: 'the collector could not be begun; begin again' })
}

async function begin(
  run: CollectorRun,
  onLine: (line: string) => void,
): Promise<CollectorEnd | AppError> {
  const { collector, job, own, isDryRun, limitSeconds } = run
  const { signal, stop } = watchOwn(run)
  const { epoch } = own
  let isConfirmed = false
  const confirm = async (): Promise<void> => {
    await inEpoch(own, async () => job.checkLease())
    isConfirmed = true
  }
  run.deps.log.info({ epoch, isDryRun, collector: collector.describe }, 'a collector begins')
  try {
    return await collector.run({
      epoch: epoch ?? 0,
      dryRun: isDryRun,
      limitSeconds,
      signal,
      confirm,
      onLine,
    })
  } catch (error) {
    if (error instanceof AppError) return error
    if (!isConfirmed) return unbegun(run, error)
    throw error
  } finally {
    await stop()
  }
}

/** Lets the collector run to its end or its limit, and takes in what it tells. */
export async function runCollector(run: CollectorRun): Promise<CollectorOutcome> {
  const { deps, own, isDryRun, before, limitSeconds } = run
  const sweep = takeSweep(
    { database: deps.database, mayWrite: isDryRun ? undefined : (tx) => isOwn(own, tx) },
    before,
  )
  const progress: Progress = { total: 0, done: 0, manifests: 0, lastWords: '' }
  const end = await begin(run, noteLine(run, { progress, onBlob: sweep.take }))
  if (end instanceof AppError) {
    // Somebody else's collector may be at it: that is no reason to open.
    const isOther = end.code === 'CONFLICT'
    const unseen = { exitCode: null, sawExit: false }
    const outcome = { swept: before, samples: [], error: end.message, notes: [] }
    return { ...outcome, end: isOther ? unseen : 'unbegun' }
  }
  await sweep.end(end.exitCode === 0)
  const left = sweep.countLeft()
  return {
    end,
    swept: sweep.read(),
    samples: sweep.samples(),
    error: errorOf(end, { limitSeconds, lastWords: progress.lastWords }),
    notes:
      left === 0 ? [] : [`the index could not be told of ${left} swept blobs; quotas count them`],
  }
}

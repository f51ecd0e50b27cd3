import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  claimJob,
  type DueJob,
  endAbandonedJob,
  listAbandonedJobs,
  listDueJobs,
} from './claim-queries.ts'
import { type JobRun, type Outcome, type RunJobDeps, runJob } from './run-job.ts'
import type { JobKinds } from './types.ts'

const LOOK_EVERY_MS = 1000
/** More than there is room for: other replicas are after the same ones. */
const SPARE = 8
const MOST_ABANDONED = 20
/** What is left of the time that a stop may take; a lease ends by itself too. */
const STOP_MS = 2000

export interface WorkJobsDeps extends RunJobDeps {
  readonly kinds: JobKinds
  /** Jobs that this process runs at once. */
  readonly concurrency: number
  readonly onEnd: (kind: string, outcome: Outcome) => void
}

export interface JobWorker {
  /** Looks at once. */
  readonly wake: () => void
  /** Takes no more jobs, tells those that run to stop, and hands them back. */
  readonly stop: () => Promise<void>
  readonly countRunning: (kind: string) => number
}

interface Running extends JobRun {
  readonly kind: string
}

/** Something that is asked for again while it runs is done once more after it. */
function createRounds(round: () => Promise<void>, onFailure: (error: unknown) => void) {
  let running: Promise<void> | undefined
  let isWanted = false
  let hasFailed = false
  const once = async (): Promise<void> => {
    try {
      await round()
      hasFailed = false
    } catch (error) {
      if (!hasFailed) onFailure(error)
      hasFailed = true
    }
  }
  const ask = (): void => {
    isWanted = running !== undefined
    running ??= once().finally(() => {
      running = undefined
      if (isWanted) ask()
    })
  }
  return { ask, settled: async () => running }
}

const ABANDONED = {
  retry: undefined,
  cancel: { as: 'cancelled' },
  fail: {
    as: 'failed',
    error: 'its worker went away in the middle, and there are no attempts left',
  },
} as const

/** Makes what is left of the jobs of dead workers end, or be begun again. */
async function tendAbandoned(
  { database, kinds, onEnd }: WorkJobsDeps,
  begin: (job: DueJob) => Promise<void>,
): Promise<void> {
  const question = { kinds: Object.keys(kinds), most: MOST_ABANDONED }
  for (const job of await listAbandonedJobs(database, question)) {
    const ending = ABANDONED[job.next]
    if (ending === undefined) await begin(job)
    else if (await endAbandonedJob(database, job.id, ending)) onEnd(job.kind, ending.as)
  }
}

/** Takes jobs from the queue and runs them, so many at once. Begins at once. */
export function workJobs(deps: WorkJobsDeps): JobWorker {
  const { database, kinds, concurrency, leaseSeconds, monotonicMs, log, onEnd } = deps
  const running = new Set<Running>()
  let isStopping = false
  const countRunning = (kind: string): number =>
    [...running].filter((run) => run.kind === kind).length
  const hasRoom = (kind: string): boolean =>
    running.size < concurrency && countRunning(kind) < (kinds[kind]?.atOnce ?? 0)

  const begin = async ({ id, kind: name }: DueJob): Promise<void> => {
    const kind = kinds[name]
    if (isStopping || kind === undefined || !hasRoom(name)) return
    const takenAtMs = monotonicMs()
    const claimed = await claimJob(database, { id, holder: randomUUID() }, leaseSeconds)
    if (claimed === undefined) return
    const run: Running = { kind: name, ...runJob(deps, { kind, claimed, takenAtMs }) }
    running.add(run)
    if (isStopping) run.lease.stopBecause('stopping')
    void run.outcome.then((outcome) => {
      running.delete(run)
      onEnd(run.kind, outcome)
      rounds.ask()
    })
  }
  const round = async (): Promise<void> => {
    if (isStopping || running.size >= concurrency) return
    const open = Object.keys(kinds).filter(hasRoom)
    if (open.length === 0) return
    await tendAbandoned(deps, begin)
    const most = concurrency - running.size + SPARE
    for (const job of await listDueJobs(database, { kinds: open, most })) await begin(job)
  }
  const rounds = createRounds(round, (error) => log.warn({ error }, 'no jobs can be taken now'))
  const timer = setInterval(rounds.ask, LOOK_EVERY_MS)
  rounds.ask()
  const stop = async (): Promise<void> => {
    isStopping = true
    clearInterval(timer)
    await rounds.settled()
    for (const { lease } of running) lease.stopBecause('stopping')
    const ended = Promise.all([...running].map(({ outcome }) => outcome))
    await Promise.race([ended, sleep(STOP_MS, undefined, { ref: false })])
  }
  return { wake: rounds.ask, stop, countRunning }
}

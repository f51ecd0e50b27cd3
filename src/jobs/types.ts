import type { z } from 'zod'
import type { Database } from '../database/open-database.ts'

/** `waiting` for its time, its turn or its next try; the last three are for ever. */
export const JOB_STATES = ['waiting', 'running', 'done', 'failed', 'cancelled'] as const
export type JobState = (typeof JOB_STATES)[number]

export interface Progress {
  readonly done: number
  readonly total: number
}

export interface LogLine {
  readonly time: string
  readonly line: string
}

/** A job as lists show it. */
export interface Job {
  readonly id: number
  readonly kind: string
  readonly state: JobState
  /** How often it was begun. */
  readonly attempts: number
  readonly mostAttempts: number
  readonly progress: Progress | undefined
  readonly cancelRequested: boolean
  /** Not before this. */
  readonly runAt: Date
  readonly createdAt: Date
  readonly startedAt: Date | undefined
  readonly endedAt: Date | undefined
  /** Why the last attempt failed. */
  readonly error: string | undefined
}

export interface JobWithLog extends Job {
  readonly log: readonly LogLine[]
}

/** Which attempt of which job a worker holds; another attempt has another holder. */
export interface JobKey {
  readonly id: number
  readonly holder: string
}

/** What a worker took. */
export interface ClaimedJob extends JobKey {
  readonly kind: string
  /** As it was stored: JSON. */
  readonly payload: string
  /** From 1. */
  readonly attempt: number
  readonly mostAttempts: number
  readonly log: readonly LogLine[]
}

/** What an attempt has to say; written down now and then. */
export interface Notes {
  readonly progress: Progress | undefined
  readonly log: readonly LogLine[]
}

/** Why an attempt is to go no further. */
export type StopReason = 'lost' | 'cancelled' | 'stopping'

const STOP_WORDS: Readonly<Record<StopReason, string>> = {
  lost: 'the lease of this job is over: another worker may be at it already',
  cancelled: 'the job was cancelled',
  stopping: 'the service is stopping',
}

/** What the signal of an attempt is aborted with, and what `checkLease` throws. */
export class JobStopped extends Error {
  override readonly name = 'JobStopped'
  readonly why: StopReason

  constructor(why: StopReason) {
    super(STOP_WORDS[why])
    this.why = why
  }
}

/** Thrown by a kind's `run` where another attempt would end no better. */
export class JobGaveUp extends Error {
  override readonly name = 'JobGaveUp'
}

/** What the work of a job gets. */
export interface RunningJob<P> {
  readonly id: number
  readonly payload: P
  /** From 1. */
  readonly attempt: number
  /** Aborted with a `JobStopped` when the lease is lost, the job cancelled or the service stopping. */
  readonly signal: AbortSignal
  readonly progress: (done: number, total: number) => void
  /** A line for administrators; only the last fifty are kept. Never a secret. */
  readonly tell: (line: string) => void
  /** To be called before whatever could not be undone. @throws JobStopped when it is to go no further */
  readonly checkLease: () => void
  /**
   * A transaction that happens only while the lease is held, by the database's own clock: it locks the
   * job, so that no other worker takes it over before the transaction ends. To be kept short.
   *
   * @throws JobStopped when the lease is over; nothing is changed then
   */
  readonly inLease: <T>(work: (transaction: Database) => Promise<T>) => Promise<T>
}

/** Delay before the second attempt, doubled for each further one up to the longest. */
export interface RetryRule {
  readonly firstSeconds: number
  readonly longestSeconds: number
}

/** One kind of work: what its payload is and how it is done. Payloads never hold secrets. */
export interface JobKind {
  readonly payload: z.ZodType
  readonly retry: RetryRule
  /** The most of this kind at once, in one process. */
  readonly atOnce: number
  readonly run: (job: RunningJob<unknown>) => Promise<void>
}

/** Every kind by its name. */
export type JobKinds = Readonly<Record<string, JobKind>>

const RETRY: RetryRule = { firstSeconds: 5, longestSeconds: 900 }

/**
 * Declares a kind. An attempt may be cut off at any moment and begun again elsewhere, so `run` must
 * come to the same result however often it is begun.
 */
export const defineJobKind = <P extends z.ZodType>({
  payload,
  retry = RETRY,
  atOnce = Number.POSITIVE_INFINITY,
  run,
}: {
  readonly payload: P
  readonly retry?: RetryRule
  readonly atOnce?: number
  readonly run: (job: RunningJob<z.output<P>>) => Promise<void>
}): JobKind => ({
  payload,
  retry,
  atOnce,
  // `runJob` parses with exactly this schema before it calls.
  run: (job) => run(job as RunningJob<z.output<P>>),
})

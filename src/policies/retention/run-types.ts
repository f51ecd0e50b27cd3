import type { Actor } from '../../audit/record.ts'
import type { Database } from '../../database/open-database.ts'
import type { RunningJob } from '../../jobs/types.ts'
import type { RetentionRule, TagDecision } from './types.ts'

/** How a run ended; `stopped`: before it had seen everything, `skipped`: before it began. */
export const RUN_OUTCOMES = ['done', 'skipped', 'stopped', 'failed', 'cancelled'] as const
export type RunOutcome = (typeof RUN_OUTCOMES)[number]

export const RUN_STATES = ['waiting', 'running', ...RUN_OUTCOMES] as const
export type RunState = (typeof RUN_STATES)[number]

/** What a run has come to so far. */
export interface RunCounts {
  readonly repositories: number
  readonly kept: number
  readonly toRemove: number
  readonly removed: number
  /** Those that were to be removed and were not. */
  readonly notRemoved: number
  readonly reclaimableBytes: number
  /** Decisions that are written down; the rest is only counted. */
  readonly items: number
}

export interface NewRun {
  readonly projectId: number
  readonly jobId: number
  readonly isDryRun: boolean
  readonly isScheduled: boolean
  /** As they were when it was asked for. */
  readonly rules: readonly RetentionRule[]
  readonly actor: Actor
}

export interface Run extends NewRun, RunCounts {
  readonly id: number
  /** The repository whose decisions were written down last, and the one that was done with last. */
  readonly planned: string
  readonly after: string
  readonly state: RunState
  /** Why it was skipped or stopped, or what else is to be known. */
  readonly detail: string | undefined
  readonly createdAt: Date
  readonly endedAt: Date | undefined
}

/** What came of a tag that was to be removed. `changed`: it is not what it was when that was decided. */
export const REMOVAL_OUTCOMES = ['removed', 'changed', 'immutable', 'failed'] as const
export type RemovalOutcome = (typeof REMOVAL_OUTCOMES)[number]

/** A decision as it is kept. */
export interface RunItem {
  readonly repository: string
  readonly tag: string
  readonly digest: string
  readonly decision: TagDecision['decision']
  readonly reason: TagDecision['reason']
  readonly rule: number | undefined
  readonly neededBy: string | undefined
  readonly pushedAt: Date
  readonly pulledAt: Date | undefined
  /** Undefined where it was not measured. */
  readonly reclaimableBytes: number | undefined
  /** Undefined where nothing was done. */
  readonly outcome: RemovalOutcome | 'held' | undefined
}

/** Some tags of one repository that are to go, if they are still on the digests that are named. */
export interface TagRemovals {
  readonly repository: string
  readonly tags: readonly { readonly tag: string; readonly digest: string }[]
  readonly actor: Actor
  readonly signal: AbortSignal
  /** Told of each of them when it is dealt with. */
  readonly onItem: (item: {
    readonly tag: string
    readonly outcome: RemovalOutcome
    /** Why it stays. */
    readonly reason?: string | undefined
  }) => Promise<void>
}

/** What stands in other rooms; handed over by `app.ts`. */
export interface RetentionDeps {
  readonly database: Database
  readonly now: () => Date
  /** Waits while requests have to be answered first. */
  readonly giveWay: () => Promise<void>
  /**
   * Removes tags one by one, each compared live and under a hold (R21). Undefined where there is none:
   * then there are dry runs only.
   */
  readonly removeTags: ((removals: TagRemovals) => Promise<unknown>) | undefined
  /** Which tags of a project may not change or go, as its rules are now. */
  readonly readImmutable: (
    database: Database,
    projectId: number,
  ) => Promise<(repository: string, tag: string) => boolean>
}

/** A run that is to be worked on, with the name of its project. */
export interface OpenedRun {
  readonly run: Run
  readonly project: string
}

/** A run that is being worked on. */
export interface Walk extends OpenedRun {
  readonly deps: RetentionDeps
  readonly job: RunningJob<unknown>
  readonly isImmutable: (repository: string, tag: string) => boolean
}

import type { Actor } from '../../audit/record.ts'
import type { JobState } from '../../jobs/types.ts'

/**
 * How far a collection is. `holding`: writes are held, and no collector was begun; `collecting`: one may
 * run; the last three are for ever.
 */
export const PHASES = [
  'waiting',
  'holding',
  'collecting',
  'checking',
  'done',
  'failed',
  'cancelled',
] as const
export type Phase = (typeof PHASES)[number]

export const ENDED_PHASES: readonly Phase[] = ['done', 'failed', 'cancelled']

/** A manifest that nothing needs, which went or would go. */
export interface UntaggedManifest {
  readonly repository: string
  readonly digest: string
}

/** A blob that a manifest needs and the registry does not have (R26). */
export interface Gap {
  readonly repository: string
  readonly manifest: string
  readonly blob: string
}

/** What the collector swept, or would sweep. */
export interface Swept {
  readonly blobs: number
  /** By the sizes that the index knows. */
  readonly bytes: number
  /** Of these blobs, those whose size it does not. */
  readonly unknownBlobs: number
}

/** One collection, as it is kept. Of lists only the beginning is. */
export interface Collection extends Swept {
  readonly id: number
  readonly jobId: number
  readonly isDryRun: boolean
  readonly phase: Phase
  /** Of the hold under which it goes on, or went on last. */
  readonly epoch: number | undefined
  readonly actor: Actor
  readonly untaggedCount: number
  readonly untagged: readonly UntaggedManifest[]
  readonly gapCount: number
  readonly gaps: readonly Gap[]
  /** What is to be known besides, a sentence each. */
  readonly notes: readonly string[]
  readonly error: string | undefined
  readonly createdAt: Date
  /** While writes were held. */
  readonly heldAt: Date | undefined
  readonly openedAt: Date | undefined
  readonly endedAt: Date | undefined
}

/** With the state of its job, which may have ended without a word in its own row. */
export interface CollectionReading extends Collection {
  readonly jobState: JobState | undefined
  /** Why its last attempt failed. */
  readonly jobError: string | undefined
}

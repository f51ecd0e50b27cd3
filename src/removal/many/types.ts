import type { Actor } from '../../audit/record.ts'
import type { JobState } from '../../jobs/types.ts'
import type { Asker } from './asker.ts'

/** Which tags are to go: those that fit all that is said. */
export interface RemovalFilter {
  /** One repository alone, by its whole name: two of `library` may have one path, `foo` and `library/foo`. */
  readonly repository?: string | undefined
  /** Patterns of repositories, relative to the project; undefined: all of them. */
  readonly repositories: readonly string[] | undefined
  /** Patterns of tags; undefined: all of them. */
  readonly tags: readonly string[] | undefined
  readonly pushedBefore: Date | undefined
  /** Neither pulled nor pushed since. */
  readonly pulledBefore: Date | undefined
}

export const ITEM_OUTCOMES = [
  'waiting',
  'removed',
  'needed',
  'absent',
  'changed',
  'immutable',
  'hollow',
] as const

/**
 * What became of a tag. `waiting`: nothing yet; after a dry run: it would go. `needed`: it belongs to
 * an image that stays. The others are those of `TagResult`.
 */
export type ItemOutcome = (typeof ITEM_OUTCOMES)[number]

export interface RemovalItem {
  readonly position: number
  readonly repository: string
  readonly tag: string
  /** What it was on when it was selected. */
  readonly digest: string
  readonly sizeBytes: number | undefined
  readonly outcome: ItemOutcome
  readonly reason: string | undefined
}

export type NewItem = Omit<RemovalItem, 'position'>

/** The right by which a removal was asked for: over tags of a project, or over one repository. */
export type RemovalRight = 'removal:write' | 'repository:delete'

export interface Removal {
  readonly id: number
  readonly project: string
  readonly jobId: number
  readonly filter: RemovalFilter
  readonly isDryRun: boolean
  readonly actor: Actor
  /** Undefined where an earlier version did not write it down. */
  readonly asker: Asker | undefined
  readonly right: RemovalRight
  readonly selectedAt: Date | undefined
  /** The most that a collection frees afterwards; undefined until it is known. */
  readonly sizeBytes: number | undefined
  readonly createdAt: Date
  readonly endedAt: Date | undefined
}

/** A removal as it is shown, with the state of its job and a count of each outcome. */
export interface RemovalReading extends Removal {
  readonly state: JobState
  readonly error: string | undefined
  readonly counts: Readonly<Partial<Record<ItemOutcome, number>>>
}

import type { LimitFunction } from 'p-limit'
import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { DirtyMark } from './dirty-queries.ts'
import type { TagChange } from './write-findings.ts'

/** A reference with what it was found on. */
export interface MovableTag extends Pick<DirtyMark, 'repository' | 'reference' | 'actor'> {
  readonly digest: string
}

/** @returns those that it put back, or tried to */
export type RestoreMoved = (
  tags: readonly MovableTag[],
) => Promise<ReadonlyMap<MovableTag, 'restored' | { readonly error: unknown }>>

export interface RefreshDeps {
  readonly database: Database
  readonly registry: RegistryClient
  /** What its looks at the registry wait for; a few at once for each batch where this is undefined. */
  readonly looks?: LimitFunction
  /** Waited for before each look, where nobody waits for the work. */
  readonly giveWay?: () => Promise<void>
  /** Digests among these that we put on tags ourselves for a moment, to remove the tags (R23). */
  readonly findPassing: (digests: readonly string[]) => Promise<ReadonlySet<string>>
  /**
   * Puts those back that may not have moved; undefined where nothing moves past us. Called for every
   * reference that was found; what it did not put back is written as it was found.
   */
  readonly restoreMoved?: RestoreMoved | undefined
}

/**
 * `waiting`: absent, to be looked at again after the grace. `passing`: being removed by ourselves.
 * `deferred`: the batch was full.
 */
export type RefreshState = 'read' | 'settled' | 'waiting' | 'passing' | 'deferred' | 'failed'

export interface RefreshOutcome {
  readonly repository: string
  readonly reference: string
  readonly state: RefreshState
  readonly error?: unknown
  /** Undefined where the index had it right. */
  readonly change?: TagChange
}

export const outcomeOf = (
  { repository, reference }: DirtyMark,
  state: RefreshState,
  error?: unknown,
): RefreshOutcome => ({ repository, reference, state, ...(error !== undefined && { error }) })

/** Whether it is the registry as a whole that is away, so that nothing else need be tried now. */
export const isRegistryAway = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'UNAVAILABLE'

/**
 * Why writes are stopped: the whole registry is read-only, its garbage is being collected, or what a
 * repository or a tag is on is being taken away.
 */
export type HoldKind = 'read-only' | 'collecting' | 'removal'

/** A repository, one tag of it, or with `*` everything there is. */
export interface HoldTarget {
  readonly repository: string
  /** Undefined: all tags, and what has none. */
  readonly tag?: string | undefined
}

export const EVERYTHING = '*'

/** What stops the writes that its target concerns. */
export interface Hold {
  /** Higher than that of any hold before: a fence that is taken anew is another one. */
  readonly epoch: number
  readonly target: HoldTarget
  readonly kind: HoldKind
  /** Who took it. Whoever else names himself so is the same. */
  readonly holder: string
  /** For the person whose write is stopped. */
  readonly reason: string
  readonly takenAt: Date
  /** By the clock of the database; undefined: it ends when it is released. */
  readonly expiresAt: Date | undefined
  /**
   * Until when a collecting fence is its holder's. It stays closed after that, until somebody has the
   * collector's lock in hand (R25).
   */
  readonly deadline: Date | undefined
}

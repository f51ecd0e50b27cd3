/** One collection, as it is ordered. */
export interface CollectOrder {
  /** That of the hold under which it runs: a later one belongs to somebody else. */
  readonly epoch: number
  /** Only tells what would be swept. */
  readonly dryRun: boolean
  /** The collector is ended after that, also where nobody waits for it any more. */
  readonly limitSeconds: number
  /** Aborted when it is to end at once. */
  readonly signal: AbortSignal
  /**
   * To be asked when the order stands and can be withdrawn, right before the collector begins: who
   * opens the fence ends the collection first, then withdraws orders with the lock in hand.
   *
   * @throws when it is not to begin
   */
  readonly confirm: () => Promise<void>
  /** What the collector prints, line by line, as it comes; long lines come cut. */
  readonly onLine: (line: string) => void
}

/** What became of it. */
export interface CollectorEnd {
  /** Null where it was killed, or nobody knows. */
  readonly exitCode: number | null
  /** Whether its end was seen: only then can nothing of it be under way any more (R25). */
  readonly sawExit: boolean
}

/**
 * The registry's own `garbage-collect`, run on its storage by whatever can reach that. It keeps an
 * exclusive lock beside the storage for as long as it runs, and ends by itself after its limit (R25).
 */
export interface Collector {
  /** For people: what is run, and where. Never a secret. */
  readonly describe: string
  /** @throws AppError CONFLICT (409) while another one has the lock; then nothing was run */
  readonly run: (order: CollectOrder) => Promise<CollectorEnd>
  /**
   * Whether no collector runs anywhere on this storage: the lock was in hand for a moment. What was
   * ordered before and has not begun by then never will.
   */
  readonly isFree: () => Promise<boolean>
}

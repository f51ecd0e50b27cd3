/** A manifest that is about to be written, whole, by who may push to its repository. */
export interface WriteToDecide {
  readonly repository: string
  /** A tag, or a digest. */
  readonly reference: string
  /** SHA-256 of the content. */
  readonly digest: string
  /** As the client names it; '' where it does not. */
  readonly mediaType: string
  readonly content: Buffer
  /** Name of who pushes; '' for nobody. */
  readonly subject: string
}

/** A manifest that is about to be deleted by who may, and that nothing else needs. */
export interface DeleteToDecide {
  readonly repository: string
  /** A tag, or a digest. */
  readonly reference: string
  /** The tags that would go. */
  readonly tags: readonly string[]
  readonly subject: string
}

/**
 * What became of a write that was allowed: the registry took it, it did not (or was never asked), or
 * nobody knows.
 */
export type WriteOutcome = 'written' | 'refused' | 'unknown'

export type WriteDecision =
  | {
      readonly allowed: true
      /** Told once, before the client is. What it throws is logged. */
      readonly settle?: (outcome: WriteOutcome) => Promise<void>
    }
  | {
      readonly allowed: false
      /** For the person who pushes: what rule it is, and what to do. */
      readonly reason: string
    }

/**
 * The rules beside rights and holds, such as immutable tags and quota. A registry token was proven
 * before they are asked; what they throw refuses the write.
 */
export interface WriteRules {
  readonly decideWrite: (write: WriteToDecide) => Promise<WriteDecision>
  readonly decideDelete: (write: DeleteToDecide) => Promise<WriteDecision>
}

/** No rule at all. */
export const ALLOW_ALL: WriteRules = {
  decideWrite: async () => ({ allowed: true }),
  decideDelete: async () => ({ allowed: true }),
}

/** Tags that never move, in some repositories of a project; patterns as in memberships. */
export interface ImmutableTagRule {
  /** Relative to the project. */
  readonly repositories: readonly string[]
  readonly tags: readonly string[]
}

/** What a project allows of writes. */
export interface ProjectPolicies {
  readonly projectId: number
  readonly createdAt: Date
  readonly immutableTags: readonly ImmutableTagRule[]
  /** Undefined where the project has no limit of its own. */
  readonly limitBytes: number | undefined
}

/** A tag of a repository, both by their whole names. */
export interface TagName {
  readonly repository: string
  readonly tag: string
}

/** What the registry made of a write that was let through; `unknown` where it did not say. */
export type WriteOutcome = 'accepted' | 'refused' | 'unknown'

/** Whether a write may go to the registry. */
export type Verdict =
  | {
      readonly allowed: true
      /**
       * To be told how it ended, where it is there. The write begins within ten seconds of the
       * verdict or not at all.
       */
      readonly settle?: (outcome: WriteOutcome) => Promise<void>
    }
  | {
      readonly allowed: false
      /** A sentence for the person who pushes. */
      readonly reason: string
    }

export const ALLOWED: Verdict = { allowed: true }

export const refuse = (reason: string): Verdict => ({ allowed: false, reason })

/** What a rule keeps; Harbor's five, in words that say it. */
export const TEMPLATES = [
  'latestPushed',
  'latestPulled',
  'pushedWithin',
  'pulledWithin',
  'always',
] as const

export type Template = (typeof TEMPLATES)[number]

/** What a rule is about: what it does not cover it says nothing of. */
export interface RuleScope {
  /** Patterns relative to the project. */
  readonly repositories: readonly string[]
  readonly tags: readonly string[]
}

export type RetentionRule = RuleScope &
  (
    | { readonly template: 'latestPushed' | 'latestPulled'; readonly k: number }
    | { readonly template: 'pushedWithin' | 'pulledWithin'; readonly days: number }
    | { readonly template: 'always' }
  )

/** What a project keeps, and when the rest goes by itself. */
export interface RetentionPolicy {
  /** A tag is kept when one of them keeps it; none: everything is kept. */
  readonly rules: readonly RetentionRule[]
  /** A cron pattern in UTC; undefined: only when somebody asks. */
  readonly schedule: string | undefined
  /**
   * A collection of garbage takes manifests that nothing needs after so many days without a push or a
   * pull (R28); undefined: they stay.
   */
  readonly untaggedDays: number | undefined
}

/** A tag as the index has it. */
export interface JudgedTag {
  readonly name: string
  readonly digest: string
  /** When we were told of its push, or found it (R28). */
  readonly pushedAt: Date
  /** Undefined where no pull of it was ever told. */
  readonly pulledAt: Date | undefined
  readonly isImmutable: boolean
}

/** What the manifests of a repository say of each other. */
export interface ManifestLinks {
  /** By the digest of an index: what it leads to. */
  readonly children: ReadonlyMap<string, readonly string[]>
  /** By the digest of a signature or another artifact: what it is about. */
  readonly subjects: ReadonlyMap<string, string>
}

export const KEEP_REASONS = [
  /** A rule keeps it. */
  'rule',
  /** No rule covers it. */
  'uncovered',
  'immutable',
  /** It may have been pulled before pulls were known, so that a rule of pulls might keep it. */
  'unknownPulls',
  /** It was pushed within a day, and a rule of pulls would have it pulled already. */
  'recent',
  /** A tag that is kept needs it: an index its images, an image its signatures, a signature its image. */
  'needed',
  /** It is about a manifest that has no tag here. */
  'untaggedSubject',
] as const

export const REMOVE_REASONS = [
  /** Rules cover it and none of them keeps it. */
  'rule',
  /** It is about an image whose tags all go. */
  'subject',
] as const

export type KeepReason = (typeof KEEP_REASONS)[number]
export type RemoveReason = (typeof REMOVE_REASONS)[number]

interface Decided {
  readonly tag: JudgedTag
  /** The rule that decided, counted from 1: the first that keeps it, or else the first that covers it. */
  readonly rule?: number | undefined
  /** The kept tag that needs it. */
  readonly neededBy?: string | undefined
}

export type TagDecision = Decided &
  (
    | { readonly decision: 'keep'; readonly reason: KeepReason }
    | { readonly decision: 'remove'; readonly reason: RemoveReason }
  )

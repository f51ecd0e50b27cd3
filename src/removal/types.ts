/** A tag that is to go. */
export interface TagTarget {
  readonly tag: string
  /** What it has to be on; undefined: whatever it is on. */
  readonly digest: string | undefined
}

/**
 * `absent`: it was not there. `changed`: it is on another digest than was asked for. `immutable`: a
 * rule keeps it. `hollow`: nothing else in the repository is seen to be an image. `unreadable`: the
 * registry cannot read it, and nothing was done. `busy`: it is being deleted already. `unfinished`:
 * begun, and completed or undone by itself within minutes.
 */
export type KeptOutcome =
  | 'absent'
  | 'changed'
  | 'immutable'
  | 'hollow'
  | 'unreadable'
  | 'busy'
  | 'unfinished'

export type TagResult =
  | { readonly outcome: 'removed' }
  | { readonly outcome: KeptOutcome; readonly reason: string; readonly cause?: unknown }

/** What became of each tag of a batch. */
export interface RemovalNotes {
  readonly keep: (tag: string, outcome: KeptOutcome, reason: string, cause?: unknown) => undefined
  readonly remove: (tag: string) => void
  readonly results: ReadonlyMap<string, TagResult>
}

export function createRemovalNotes(): RemovalNotes {
  const results = new Map<string, TagResult>()
  return {
    keep: (tag, outcome, reason, cause) => {
      results.set(tag, { outcome, reason, cause })
      return undefined
    },
    remove: (tag) => void results.set(tag, { outcome: 'removed' }),
    results,
  }
}

/** Whether the registry said of each what became of it. */
export const isAllKnown = (results: ReadonlyMap<string, TagResult>): boolean =>
  ![...results.values()].some(({ outcome }) => outcome === 'unfinished')

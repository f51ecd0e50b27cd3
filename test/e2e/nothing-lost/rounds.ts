import type { Image } from './images.ts'
import type { Frail } from './parts.ts'

/** A push that is held waits longer than a delete takes. */
export const PATIENCE_MS = 20_000

/** What one client does in a round, so long after its beginning. */
export type Step = { readonly afterMs: number } & (
  | {
      readonly kind: 'push'
      readonly image: Image
      readonly repository: string
      readonly tag: string
      readonly mountFrom: string | undefined
      readonly patienceMs: number
    }
  | {
      readonly kind: 'copy'
      readonly image: Image
      readonly source: string
      readonly repository: string
      readonly tag: string
    }
  | { readonly kind: 'delete-tag'; readonly repository: string; readonly tag: string }
  | {
      readonly kind: 'delete-manifest' | 'delete-digest'
      readonly image: Image
      readonly repository: string
    }
  | {
      readonly kind: 'remove-many'
      readonly repositories: readonly string[]
      readonly tags: string
    }
  | { readonly kind: 'delete-repository'; readonly repository: string }
  | { readonly kind: 'retention' }
  | {
      /** A manifest is deleted while others put more tags on it. */
      readonly kind: 'duel'
      readonly image: Image
      readonly repository: string
      readonly rivals: readonly Rival[]
    }
)

/** A push that comes so long after the delete was asked for: in looks through the repository, and more. */
export interface Rival {
  readonly tag: string
  readonly looks: number
  readonly moreMs: number
}

export interface Fault {
  readonly afterMs: number
  readonly part: Frail
  readonly way: 'kill' | 'freeze'
  readonly awayMs: number
}

/** What goes on at once in one project; `before` is done first. */
export interface Round {
  readonly project: string
  readonly before: readonly Step[]
  readonly steps: readonly Step[]
  readonly fault: Fault | undefined
}

/** A project with its repositories; some have one with many tags. */
export interface Lane {
  readonly project: string
  readonly repositories: readonly string[]
  readonly crowd: string | undefined
}

export interface PlannedImage {
  readonly image: Image
  readonly repository: string
  readonly tag: string
}

import type { SealedKey } from './sealed-cursor.ts'

/** Something that was found: a repository, a tag of one, or a manifest in one. */
export interface Hit {
  readonly repository: string
  readonly tag: string | undefined
  readonly digest: string | undefined
}

/** A row that was looked at, with what it comes to; nothing where it is found otherwise. */
export interface HitStep {
  readonly key: SealedKey
  readonly hits: readonly Hit[]
}

export interface HitPiece {
  readonly steps: readonly HitStep[]
  readonly isEnd: boolean
}

/** One way to find things: looks at the rows after a key. What it finds, not everybody may know. */
export type SearchPart = (key: SealedKey | undefined, most: number) => Promise<HitPiece>

/** A tag that was removed while nothing held pushes to it up; kept for an hour. */
export interface RemovedTag {
  readonly id: number
  readonly repository: string
  readonly tag: string
  /** What it was on. */
  readonly digest: string
  readonly dummyDigest: string
  /** Before the last look at the tag. */
  readonly begunAt: Date
  /** When the registry had done it, or we had put a push back since. */
  readonly endedAt: Date
  /** What we put back on it, or began to. */
  readonly restoredDigest: string | undefined
  readonly isRestored: boolean
  /** How often a push was told of; one that came since makes it differ. */
  readonly marks: number
  readonly tries: number
}

/** What a registry told of a tag. */
export interface TagEvent {
  readonly id: number
  readonly action: 'push' | 'delete'
  readonly digest: string | undefined
  readonly actor: string
  readonly happenedAt: Date
  readonly receivedAt: Date
}

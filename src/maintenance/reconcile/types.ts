import type { Log } from '../../http/middleware.ts'
import type { RefreshDeps } from '../../images/refresh-outcome.ts'

/** `catalog`: what the registry lists; `index`: what it did not list and the index has. */
export type Phase = 'catalog' | 'index' | 'done'

/** What a run has seen so far. */
export interface Counts {
  /** Names of the catalog. */
  readonly listed: number
  readonly repositories: number
  readonly tags: number
  /** Tags that the index did not have, had elsewhere, or has and the registry does not know. */
  readonly added: number
  readonly moved: number
  readonly missing: number
  /** Of these three, those that no event told of. */
  readonly untold: number
  /** Left out of the registry's lists, though the registry has them. */
  readonly omittedRepositories: number
  readonly omittedTags: number
  /** Repositories and tags that could not be read. */
  readonly failures: number
}

export const NOTHING: Counts = {
  listed: 0,
  repositories: 0,
  tags: 0,
  added: 0,
  moved: 0,
  missing: 0,
  untold: 0,
  omittedRepositories: 0,
  omittedTags: 0,
  failures: 0,
}

export const addCounts = (a: Counts, b: Partial<Counts>): Counts => {
  const sums = Object.entries(a).map(([name, count]) => [
    name,
    count + (b[name as keyof Counts] ?? 0),
  ])
  return Object.fromEntries(sums)
}

/** One comparison of the index with the registry; it may take several attempts of its job. */
export interface Run extends Counts {
  readonly id: number
  readonly phase: Phase
  /** The name that was dealt with last in this phase. */
  readonly after: string
  readonly startedAt: Date
  readonly endedAt: Date | undefined
}

export interface ReconcileDeps extends RefreshDeps {
  readonly log: Pick<Log, 'info' | 'warn'>
}

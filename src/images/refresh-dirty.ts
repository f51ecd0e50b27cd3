import { AppError } from '../errors.ts'
import { type DirtyReference, listDirty, postponeDirty, removeDirty } from './dirty-queries.ts'
import { GRACE_SECONDS, TOLD_GRACE_SECONDS } from './refresh-absent.ts'
import type { RefreshDeps, RefreshOutcome } from './refresh-outcome.ts'
import { refreshReferences } from './refresh-references.ts'

const AT_ONCE = 50
const FIRST_RETRY_MS = 500
const LAST_RETRY_MS = 300_000
const PASSING_MS = 500
/** A little more than the grace, so that the second look is past it. */
const AFTER_GRACE_MS = 50

export interface RefreshRound {
  readonly read: number
  readonly failures: readonly unknown[]
}

const retryMs = ({ tries }: DirtyReference): number =>
  Math.min(FIRST_RETRY_MS * 2 ** Math.min(tries, 20), LAST_RETRY_MS)

const waitMs = ({ isDeletion }: DirtyReference): number =>
  (isDeletion ? TOLD_GRACE_SECONDS : GRACE_SECONDS) * 1000 + AFTER_GRACE_MS

async function settle(
  { database }: RefreshDeps,
  dirty: DirtyReference,
  { state }: RefreshOutcome,
): Promise<void> {
  const later = (milliseconds: number, isFailure = false) =>
    postponeDirty(database, [dirty], { milliseconds, isFailure })
  if (state === 'waiting') return later(waitMs(dirty))
  if (state === 'passing') return later(PASSING_MS)
  if (state === 'failed') return later(retryMs(dirty), true)
}

const keyOf = ({ repository, reference }: DirtyReference | RefreshOutcome): string =>
  `${repository} ${reference}`

/**
 * Reads a batch of what was marked. A mark goes only if no other came in the meantime; what failed is
 * tried again later, ever more seldom.
 */
export async function refreshDirty(deps: RefreshDeps): Promise<RefreshRound> {
  const batch = await listDirty(deps.database, AT_ONCE)
  if (batch.length === 0) return { read: 0, failures: [] }
  const outcomes = await refreshReferences(deps, batch)
  const states = new Map(outcomes.map((outcome) => [keyOf(outcome), outcome]))
  const done: DirtyReference[] = []
  for (const dirty of batch) {
    const outcome = states.get(keyOf(dirty))
    if (outcome === undefined) continue
    if (outcome.state === 'read' || outcome.state === 'settled') done.push(dirty)
    else await settle(deps, dirty, outcome)
  }
  await removeDirty(deps.database, done)
  const failures = outcomes.flatMap(({ error }) => (error === undefined ? [] : [error]))
  return { read: batch.length, failures }
}

/** Whether it is the registry as a whole that is away, so that nothing else need be tried now. */
export const isRegistryAway = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'UNAVAILABLE'

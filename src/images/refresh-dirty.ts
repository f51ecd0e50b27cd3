import { type DirtyReference, listDirty, postponeDirty, removeDirty } from './dirty-queries.ts'
import { GRACE_SECONDS, TOLD_GRACE_SECONDS } from './refresh-absent.ts'
import type { RefreshDeps, RefreshOutcome, RefreshState } from './refresh-outcome.ts'
import { refreshReferences } from './refresh-references.ts'

/** References of one batch. */
export const AT_ONCE = 50
const FIRST_RETRY_MS = 500
const LAST_RETRY_MS = 300_000
const PASSING_MS = 500
/** A little more than the grace, so that the second look is past it. */
const AFTER_GRACE_MS = 50

interface Pause {
  readonly milliseconds: number
  readonly isFailure: boolean
}

export interface RefreshRound {
  readonly read: number
  readonly failures: readonly unknown[]
}

const retryMs = ({ tries }: DirtyReference): number =>
  Math.min(FIRST_RETRY_MS * 2 ** Math.min(tries, 20), LAST_RETRY_MS)

const waitMs = ({ isDeletion }: DirtyReference): number =>
  (isDeletion ? TOLD_GRACE_SECONDS : GRACE_SECONDS) * 1000 + AFTER_GRACE_MS

/** How long it is let be, and whether that is because it failed; undefined: not at all. */
function pauseOf(dirty: DirtyReference, state: RefreshState): Pause | undefined {
  if (state === 'waiting') return { milliseconds: waitMs(dirty), isFailure: false }
  if (state === 'passing') return { milliseconds: PASSING_MS, isFailure: false }
  if (state === 'failed') return { milliseconds: retryMs(dirty), isFailure: true }
  return undefined
}

/** Those that are let be for the same time in one statement. */
async function postpone(
  { database }: RefreshDeps,
  paused: readonly { readonly dirty: DirtyReference; readonly pause: Pause }[],
): Promise<void> {
  const groups = new Map<string, { readonly pause: Pause; readonly all: DirtyReference[] }>()
  for (const { dirty, pause } of paused) {
    const key = `${pause.milliseconds} ${pause.isFailure}`
    const group = groups.get(key) ?? { pause, all: [] }
    group.all.push(dirty)
    groups.set(key, group)
  }
  for (const { pause, all } of groups.values()) await postponeDirty(database, all, pause)
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
  const paused: { readonly dirty: DirtyReference; readonly pause: Pause }[] = []
  for (const dirty of batch) {
    const outcome = states.get(keyOf(dirty))
    if (outcome === undefined) continue
    const pause = pauseOf(dirty, outcome.state)
    if (pause !== undefined) paused.push({ dirty, pause })
    if (outcome.state === 'read' || outcome.state === 'settled') done.push(dirty)
  }
  await postpone(deps, paused)
  await removeDirty(deps.database, done)
  const failures = outcomes.flatMap(({ error }) => (error === undefined ? [] : [error]))
  return { read: batch.length, failures }
}

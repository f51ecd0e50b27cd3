import { saveCollection } from './change-queries.ts'
import { checkGaps } from './check-gaps.ts'
import type { CollectDeps } from './collect-deps.ts'
import { type EpochDeps, inEpoch } from './epoch.ts'
import { auditEnd } from './open-fence.ts'
import { KIND } from './request-collection.ts'
import { isPlaced, type PlacedDigest } from './swept-queries.ts'
import type { Collection, Gap } from './types.ts'

/** What came that long before writes were held is looked at again: ten times what may cross (R26). */
const BEFORE_MS = 600_000
const MOST_KEPT = 1000

/** Swept blobs that the registry says are there, where nobody pushed them again. */
async function countStale(
  { database, registry }: CollectDeps,
  samples: readonly PlacedDigest[],
): Promise<number> {
  let count = 0
  for (const sample of samples) {
    const isThere = await registry.hasBlob(sample).catch(() => false)
    if (isThere && !(await isPlaced(database, sample))) count++
  }
  return count
}

export interface Checked {
  readonly gaps: readonly Gap[]
  readonly notes: readonly string[]
}

/** Looks after a collection whether anything is gone that is needed, or said to be there and is not. */
export async function checkAfter(
  deps: CollectDeps,
  {
    heldAt,
    samples,
    signal,
  }: { readonly heldAt: Date; readonly samples: readonly PlacedDigest[]; signal: AbortSignal },
): Promise<Checked> {
  const stale = await countStale(deps, samples)
  const since = new Date(heldAt.getTime() - BEFORE_MS)
  const { gaps, notes } = await checkGaps(deps, { since, signal })
  for (const gap of gaps.slice(0, MOST_KEPT)) {
    deps.log.error({ ...gap }, 'a manifest needs a blob that is gone: push the image again')
  }
  const cached =
    stale === 0
      ? []
      : [
          `the registry says that ${stale} of ${samples.length} swept blobs are there: it runs with a blob cache (storage.cache), which loses pushes; take the cache out and restart it`,
        ]
  return { gaps, notes: [...cached, ...notes] }
}

export interface Ending extends Partial<Checked> {
  readonly phase: 'done' | 'failed' | 'cancelled'
  readonly error?: string | undefined
}

/** Writes down how a collection ended. */
export const endCollection = (
  own: EpochDeps,
  { id, actor, isDryRun, notes: before }: Collection,
  { phase, error, gaps = [], notes = [] }: Ending,
): Promise<void> =>
  inEpoch(own, async (transaction) => {
    await saveCollection(transaction, id, {
      phase,
      error,
      gaps: gaps.slice(0, MOST_KEPT),
      gapCount: gaps.length,
      notes: [...before, ...notes],
    })
    const target = `${KIND}/${id}${isDryRun ? ' (dry run)' : ''}`
    await auditEnd(transaction, { actor, target, isDone: phase === 'done' })
  })

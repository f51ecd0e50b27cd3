import { findCollectingFence } from '../../holds/collecting-queries.ts'
import { saveCollection } from './change-queries.ts'
import type { CollectDeps } from './collect-deps.ts'
import type { Collector } from './collector.ts'
import { type EpochDeps, inEpoch } from './epoch.ts'
import type { CollectJob } from './open-collection.ts'
import type { Collection } from './types.ts'
import type { UntaggedSearch } from './untagged/find-untagged.ts'
import { removeUntagged } from './untagged/remove-untagged.ts'

/** More than one delete takes. */
const SPARE_SECONDS = 60

/** A collection that is being worked on. */
export interface Work {
  readonly deps: CollectDeps
  readonly collector: Collector
  readonly job: CollectJob
  readonly collection: Collection
  readonly own: EpochDeps
  /** From then on nobody knows by himself whether a collector runs. */
  readonly mark: { mayHaveBegun: boolean }
}

/** By the clock of the database; where nothing is held, nothing goes. */
async function hasTime({ database, epoch }: EpochDeps): Promise<boolean> {
  if (epoch === undefined) return true
  const fence = await findCollectingFence(database)
  return fence?.hold.epoch === epoch && fence.overdueSeconds <= -SPARE_SECONDS
}

/** Removes what nothing needs, or tells it, and adds that to what is known of the collection. */
export async function dealWithUntagged(
  work: Work,
  { places, notes }: UntaggedSearch,
): Promise<Work> {
  const { deps, job, own, collection } = work
  const { isDryRun, actor } = collection
  const outcome = await removeUntagged(deps, {
    places,
    isDryRun,
    actor,
    signal: job.signal,
    check: async () => job.checkLease(),
    hasTime: () => hasTime(own),
    transact: (step) => inEpoch(own, step),
  })
  const next = {
    ...collection,
    untagged: [...collection.untagged, ...outcome.manifests],
    untaggedCount: collection.untaggedCount + outcome.count,
    notes: [...collection.notes, ...notes, ...outcome.notes],
  }
  if (outcome.count > 0) job.tell(`${outcome.count} untagged manifests`)
  const { untagged, untaggedCount, notes: all } = next
  await inEpoch(own, (transaction) =>
    saveCollection(transaction, collection.id, { untagged, untaggedCount, notes: all }),
  )
  return { ...work, collection: next }
}

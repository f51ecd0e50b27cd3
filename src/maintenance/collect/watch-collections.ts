import { repeat } from '../../database/repeat.ts'
import type { Metrics } from '../../metrics/create-metrics.ts'
import type { CollectDeps } from './collect-deps.ts'
import { heldSecondsOf } from './present-collection.ts'
import { findLastEnded } from './queries.ts'
import type { Collection } from './types.ts'

const LOOK_EVERY_MS = 10_000

interface WatchDeps extends Pick<CollectDeps, 'database' | 'log' | 'now'> {
  readonly metrics: Pick<Metrics, 'read'>
}

/**
 * Shows in metrics how the last collection went, and whether its fence stays closed.
 *
 * @returns starts it, which returns what stops it
 */
export function watchCollections(
  { database, log, metrics: { read }, now }: WatchDeps,
  findStuck: () => string | undefined,
): () => () => Promise<void> {
  let last: Collection | undefined
  read('warden_gc_fence_stuck', () => (findStuck() === undefined ? 0 : 1))
  read('warden_gc_gaps', () => last?.gapCount ?? 0)
  read('warden_gc_freed_bytes', () => last?.bytes ?? 0)
  read('warden_gc_held_seconds', () => (last && heldSecondsOf(last, now())) ?? 0)
  read('warden_gc_end_time_seconds', () => (last?.endedAt?.getTime() ?? 0) / 1000)
  const look = async (): Promise<void> => {
    last = await findLastEnded(database)
  }
  const onFailure = (error: unknown): void =>
    log.warn({ error }, 'collections cannot be looked at now')
  return () => repeat({ everyMs: LOOK_EVERY_MS, work: look, onFailure })
}

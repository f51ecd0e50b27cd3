import { LRUCache } from 'lru-cache'
import type { CacheStats } from '../metrics/cache-stats.ts'
import type { Change, ChangeVersion } from './change-version.ts'
import { databaseAway } from './database-error.ts'
import type { Freshness, VersionWatch } from './version-watch.ts'

const MOST_READS = 5

/** A row and the change version, read in one statement. */
export interface Versioned<V> {
  readonly version: ChangeVersion
  /** Undefined when there is no such row; that is never kept. */
  readonly value: V | undefined
}

export interface VersionedCacheDeps<V> {
  readonly watch: VersionWatch
  readonly most: number
  readonly load: (key: string) => Promise<Versioned<V>>
  /** Whether a change concerns a kept value. */
  readonly concerns: (change: Change, value: V) => boolean
}

/** Rows of the database that are kept for as long as nothing changed them (R5). */
export interface VersionedCache<V> {
  /**
   * From memory, else from the database. While the database is away, what is known is served for as
   * long as the grace lasts.
   *
   * @throws AppError UNAVAILABLE (503) for what is not known then, and for all when the grace is over
   * @throws what `load` throws
   */
  readonly read: (key: string) => Promise<V | undefined>
  /**
   * From the database, and into memory: what somebody asks for takes the same work whether it is
   * there or not.
   *
   * @throws what `load` throws
   */
  readonly readAnew: (key: string) => Promise<V | undefined>
  /** From memory alone, at once, and only while it is fresh; undefined says nothing. */
  readonly peek: (key: string) => V | undefined
  /**
   * Look-ups are a `hit`, a `miss` (read from the database), or, while that is away (R6), `grace`
   * (served from memory), `unknown` or `closed` (both refused).
   */
  readonly stats: () => CacheStats
}

const isOlder = (loaded: ChangeVersion, known: ChangeVersion | undefined): boolean =>
  known !== undefined && loaded.epoch === known.epoch && loaded.counter < known.counter

function outcomeOf(freshness: Freshness, isKnown: boolean) {
  if (freshness === 'fresh') return isKnown ? 'hit' : 'miss'
  if (freshness === 'closed') return 'closed'
  return isKnown ? 'grace' : 'unknown'
}

function drop<V extends object>(
  kept: LRUCache<string, V>,
  changes: readonly Change[] | undefined,
  concerns: VersionedCacheDeps<V>['concerns'],
): void {
  if (changes === undefined) {
    kept.clear()
    return
  }
  for (const [key, value] of kept.entries()) {
    if (changes.some((change) => concerns(change, value))) kept.delete(key)
  }
}

/**
 * Makes such a cache. A value is stored only when it was read at the newest version that is known,
 * or a later one: what a change list would have dropped meanwhile is never put back.
 */
export function createVersionedCache<V extends object>(
  deps: VersionedCacheDeps<V>,
): VersionedCache<V> {
  const { watch, load, concerns } = deps
  // By size: with `max` the room for all that it may hold is taken at once.
  const kept = new LRUCache<string, V>({ maxSize: deps.most, sizeCalculation: () => 1 })
  const loading = new Map<string, Promise<V | undefined>>()
  const lookUps = { hit: 0, miss: 0, grace: 0, unknown: 0, closed: 0 }

  watch.onChange((changes) => drop(kept, changes, concerns))

  /** Reads again what was read before the newest change that is known by now. */
  const loadCurrent = async (key: string, readsLeft: number): Promise<Versioned<V>> => {
    const loaded = await load(key)
    if (readsLeft === 0 || !isOlder(loaded.version, watch.version())) return loaded
    return loadCurrent(key, readsLeft - 1)
  }

  const loadNew = async (key: string): Promise<V | undefined> => {
    const { version, value } = await loadCurrent(key, MOST_READS)
    const known = watch.version()
    const isCurrent = known?.epoch === version.epoch && version.counter >= known.counter
    if (isCurrent && value !== undefined) kept.set(key, value)
    return value
  }

  const read = (key: string): Promise<V | undefined> => {
    // Who asks after a change must not be answered by a read from before it.
    const flight = `${watch.version()?.counter}:${key}`
    const under = loading.get(flight)
    if (under !== undefined) return under
    const started = loadNew(key).finally(() => loading.delete(flight))
    loading.set(flight, started)
    return started
  }

  return {
    readAnew: (key) => {
      lookUps.miss++
      return read(key)
    },
    // One that finds nothing is not counted: who asked reads next, and that is.
    peek: (key) => {
      const value = watch.freshness() === 'fresh' ? kept.get(key) : undefined
      if (value !== undefined) lookUps.hit++
      return value
    },
    read: async (key) => {
      const freshness = await watch.settle()
      const value = freshness === 'closed' ? undefined : kept.get(key)
      lookUps[outcomeOf(freshness, value !== undefined)]++
      if (value !== undefined) return value
      if (freshness === 'fresh') return read(key)
      throw databaseAway()
    },
    stats: () => ({ entries: kept.size, lookUps }),
  }
}

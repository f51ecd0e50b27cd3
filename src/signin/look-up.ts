import { addressPrefix } from '../accounts/address-prefix.ts'
import { createFairQueue } from '../accounts/fair-queue.ts'
import type { VersionedCache } from '../database/versioned-cache.ts'

const AT_ONCE = 4
const PLACES = 256
const PLACES_PER_NETWORK = 64

/**
 * Reads a secret's row, from memory where it is there. Unknown ones share a few connections by
 * network, so that whoever sends random secrets takes the database from nobody else (R7).
 *
 * @throws AppError BUSY (503) when too many wait already, UNAVAILABLE (503)
 */
export type LookUp = <V extends object>(
  cache: VersionedCache<V>,
  key: string,
  address: string,
) => Promise<V | undefined>

export function createLookUp(): LookUp {
  const queue = createFairQueue<'unknown'>({
    concurrency: AT_ONCE,
    lines: { unknown: { places: PLACES, placesPerLane: PLACES_PER_NETWORK } },
    what: 'secrets are being looked up',
  })
  return async (cache, key, address) =>
    cache.peek(key) ??
    queue.run({ line: 'unknown', lane: addressPrefix(address) }, () => cache.read(key))
}

import { createHmac, createSecretKey, randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { CacheStats } from '../metrics/cache-stats.ts'

/**
 * Remembers which secret proved, or failed to prove, which stored hash. That is a fact for ever, so
 * nothing ever has to be taken out; a changed password has another hash. The keys are HMACs under a
 * key of this process, so that its memory holds no secret and no quick hash of one (R7).
 */
export interface ProvenCache {
  readonly prove: (hash: string, secret: string, verify: () => Promise<boolean>) => Promise<boolean>
  /** Whether it is remembered that this secret proved this hash. */
  readonly isProven: (hash: string, secret: string) => boolean
  /** Whether `prove` has its answer without `verify`: a fact, or one that is being found out. */
  readonly isKnown: (hash: string, secret: string) => boolean
  readonly stats: () => CacheStats
}

/**
 * Every part is preceded by its length, so that no two lists of parts look alike.
 *
 * @param key of this process by default
 */
export function createFingerprint(
  key: Buffer = randomBytes(32),
): (...parts: readonly string[]) => string {
  const keyObject = createSecretKey(key)
  return (...parts) => {
    const text = parts.map((part) => `${part.length}:${part}`).join('')
    return createHmac('sha256', keyObject).update(text).digest('base64url')
  }
}

/** @param most facts that are remembered; the longest unused one goes first */
export function createProvenCache(most: number): ProvenCache {
  // By size: with `max` the room for all that it may hold is taken at once.
  const facts = new LRUCache<string, { readonly isProven: boolean }>({
    maxSize: most,
    sizeCalculation: () => 1,
  })
  const underWay = new Map<string, Promise<boolean>>()
  const fingerprint = createFingerprint()
  const lookUps = { hit: 0, miss: 0 }
  return {
    // One that proves nothing is not counted: who asked goes on to `prove`, and that is.
    isProven: (hash, secret) => {
      const isProven = facts.get(fingerprint(hash, secret))?.isProven === true
      if (isProven) lookUps.hit++
      return isProven
    },
    isKnown: (hash, secret) => {
      const key = fingerprint(hash, secret)
      return facts.has(key) || underWay.has(key)
    },
    prove: async (hash, secret, verify) => {
      const key = fingerprint(hash, secret)
      const fact = facts.get(key)
      lookUps[fact === undefined ? 'miss' : 'hit']++
      if (fact !== undefined) return fact.isProven
      const same = underWay.get(key)
      if (same !== undefined) return same
      const proof = verify()
        .then((isProven) => {
          facts.set(key, { isProven })
          return isProven
        })
        .finally(() => underWay.delete(key))
      underWay.set(key, proof)
      return proof
    },
    stats: () => ({ entries: facts.size, lookUps }),
  }
}

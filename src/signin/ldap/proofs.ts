import { LRUCache } from 'lru-cache'
import type { UserWithPassword } from '../../accounts/types.ts'
import type { CacheStats } from '../../metrics/cache-stats.ts'
import { createFingerprint } from '../proven-cache.ts'

/** A password that was made right in the directory is refused for no longer than this. */
const MOST_WRONG_SECONDS = 300
const MOST_WRONG_PROOFS = 20_000

/** One moment on the clock that only goes forward, and on that of the wall. */
interface Moment {
  readonly ms: number
  readonly wallMs: number
}

/** Which account a password proved, as that account was then. */
export interface Proof {
  readonly userId: number
  readonly username: string
  readonly signInEpoch: number
  /** When it stops being taken without asking the directory. */
  readonly freshUntil: Date
}

type Account = Pick<UserWithPassword, 'id' | 'username' | 'signInEpoch'>

interface Kept extends Proof {
  readonly at: Moment
}

/**
 * Which password proved which account by the directory, and which did not: facts with an age, since
 * the directory may change its mind. Keys are HMACs under a key of this process (R7).
 */
export interface LdapProofs {
  /** @param within `fresh`: without asking; `grace`: while the directory does not answer */
  readonly find: (name: string, secret: string, within: 'fresh' | 'grace') => Proof | undefined
  /** Whether it is remembered that this password was wrong. */
  readonly isWrong: (name: string, secret: string) => boolean
  /** Whether the same is being found out just now. */
  readonly isUnderWay: (name: string, secret: string) => boolean
  /**
   * Finds it out, once for all who ask at the same time, and remembers it.
   *
   * @param verify gives the account, or undefined for a wrong password; what it throws is forgotten
   */
  readonly prove: <T extends Account>(
    name: string,
    secret: string,
    verify: () => Promise<T | undefined>,
  ) => Promise<T | undefined>
  readonly stats: () => CacheStats
}

export interface LdapProofsDeps {
  readonly most: number
  readonly cacheSeconds: number
  readonly graceSeconds: number
  readonly monotonicMs: () => number
  readonly now: () => Date
}

/** A machine that sleeps stops the one clock, and who sets the time moves the other. */
const passedMs = (from: Moment, to: Moment): number =>
  Math.max(to.ms - from.ms, Math.abs(to.wallMs - from.wallMs))

type Facts = Pick<LdapProofs, 'find' | 'isWrong'> & {
  readonly keyOf: (name: string, secret: string) => string
  readonly keep: (key: string, account: Account | undefined) => void
  readonly size: () => number
}

/** What was found out, and how old it is. */
function createFacts(deps: LdapProofsDeps): Facts {
  const { cacheSeconds, graceSeconds } = deps
  // By size: with `max` the room for all that it may hold is taken at once.
  const proofs = new LRUCache<string, Kept>({ maxSize: deps.most, sizeCalculation: () => 1 })
  // Apart: whoever invents passwords pushes out nobody who has one.
  const wrongs = new LRUCache<string, Moment>({ max: MOST_WRONG_PROOFS })
  const fingerprint = createFingerprint()
  const keyOf = (name: string, secret: string): string => fingerprint('ldap', name, secret)
  const read = (): Moment => ({ ms: deps.monotonicMs(), wallMs: deps.now().getTime() })
  const isYounger = (at: Moment, seconds: number): boolean => passedMs(at, read()) < seconds * 1000
  return {
    keyOf,
    find: (name, secret, within) => {
      const proof = proofs.get(keyOf(name, secret))
      const seconds = within === 'fresh' ? cacheSeconds : Math.max(cacheSeconds, graceSeconds)
      return proof && isYounger(proof.at, seconds) ? proof : undefined
    },
    isWrong: (name, secret) => {
      const at = wrongs.get(keyOf(name, secret))
      return at !== undefined && isYounger(at, Math.min(cacheSeconds, MOST_WRONG_SECONDS))
    },
    keep: (key, account) => {
      const at = read()
      proofs.delete(key)
      wrongs.delete(key)
      if (account === undefined) {
        wrongs.set(key, at)
        return
      }
      const { id: userId, username, signInEpoch } = account
      const freshUntil = new Date(at.wallMs + cacheSeconds * 1000)
      proofs.set(key, { userId, username, signInEpoch, freshUntil, at })
    },
    size: () => proofs.size,
  }
}

export function createLdapProofs(deps: LdapProofsDeps): LdapProofs {
  const { keyOf, find, isWrong, keep, size } = createFacts(deps)
  const underWay = new Map<string, Promise<unknown>>()
  const lookUps = { hit: 0, miss: 0 }
  return {
    find: (name, secret, within) => {
      const found = find(name, secret, within)
      if (found !== undefined) lookUps.hit++
      return found
    },
    isWrong,
    isUnderWay: (name, secret) => underWay.has(keyOf(name, secret)),
    prove: async <T extends Account>(
      name: string,
      secret: string,
      verify: () => Promise<T | undefined>,
    ) => {
      const key = keyOf(name, secret)
      const same = underWay.get(key) as Promise<T | undefined> | undefined
      if (same !== undefined) return same
      lookUps.miss++
      const proof = verify()
        .then((account) => {
          keep(key, account)
          return account
        })
        .finally(() => underWay.delete(key))
      underWay.set(key, proof)
      return proof
    },
    stats: () => ({ entries: size(), lookUps }),
  }
}

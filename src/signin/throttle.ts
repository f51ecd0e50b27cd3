import { LRUCache } from 'lru-cache'
import { addressPrefix } from '../accounts/address-prefix.ts'
import type { UserWithPassword } from '../accounts/types.ts'
import { normalizeUsername } from '../accounts/username.ts'
import { isDatabaseLost, isRepeatable } from '../database/database-error.ts'
import type { Database } from '../database/open-database.ts'
import { inTransaction } from '../database/transaction.ts'
import type { BasicCredentials } from '../http/caller.ts'
import { createFingerprint } from './proven-cache.ts'
import {
  countFailure,
  readSignInRecord,
  removeFailures,
  removeOldFailures,
  type SignInRecord,
} from './queries.ts'
import { createNetworkBook } from './throttle-networks.ts'
import {
  countNow,
  isNetworkFull,
  readWaits,
  SAME_ATTEMPT_SECONDS,
  type ThrottleSettings,
  throttled,
} from './throttle-rules.ts'

const CLEAN_EVERY = 16
const MOST_PLACES = 10_000
/** Of 43: enough to know an attempt again, too little to find out a password by. */
const MARK_LENGTH = 4

export interface ThrottleDeps {
  readonly database: Database
  /** What all replicas share and the database does not hold. */
  readonly secret: Buffer
  readonly settings: ThrottleSettings
  readonly now: () => Date
}

export interface Attempt extends BasicCredentials {
  /** Where the client comes from. */
  readonly address: string
}

export type SignedInUser = Pick<UserWithPassword, 'id' | 'signInEpoch'>

/** Attempts of this process for one account from one network that were admitted, and that have ended. */
interface Place {
  begun: number
  ended: number
}

/** An attempt, and what is on record where it would be counted. */
export interface Standing {
  /** In its one spelling; undefined for what cannot be a name. */
  readonly username: string | undefined
  readonly network: string
  readonly account: string
  readonly mark: string
  readonly record: SignInRecord
  readonly place: Place
  /** `place.ended` before the record was read: what ended later may not be in it. */
  readonly endedBefore: number
}

/**
 * Holds up who guesses passwords, at every replica alike (R17). Failures count for the account in
 * the network that they come from, so that nobody is locked out by what others do elsewhere, and for
 * that network as a whole. Names are kept as keyed hashes: people type passwords there.
 */
export interface SignInThrottle {
  readonly read: (attempt: Attempt) => Promise<Standing>
  /**
   * Whether a stranger's attempt may be tried now. To be asked right before `prove`.
   *
   * @returns `repeated` for the last wrong attempt once more: to be refused as before
   * @throws AppError SIGN_IN_THROTTLED (429); that it was refused makes no wait longer
   */
  readonly admit: (standing: Standing) => 'admitted' | 'repeated'
  /**
   * Runs a proof and counts it when it fails. Until it ends it counts as failed for others at this
   * replica, so that many at once get no further than one after the other.
   */
  readonly prove: (standing: Standing, verify: () => Promise<boolean>) => Promise<boolean>
  /** After a success: its account's failures there are forgotten, and it is no stranger any more. */
  readonly welcome: (standing: Standing, user: SignedInUser) => Promise<void>
}

/** What a success writes is no reason to refuse it while the database takes no writes. */
async function ifPossible(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!isDatabaseLost(error) && !isRepeatable(error)) throw error
  }
}

const isRepeated = ({ mark, record }: Standing, now: Date): boolean => {
  const { lastMark, account } = record
  if (account === undefined || lastMark !== mark) return false
  return now.getTime() - account.failedAt.getTime() < SAME_ATTEMPT_SECONDS * 1000
}

/** Counts failures, and takes out old ones in passing, every so many times. */
function createFailureBook({ database, settings, now }: ThrottleDeps) {
  let written = 0
  return async (standing: Standing): Promise<void> => {
    const { network, account, mark, record } = standing
    const failedAt = now()
    // Whoever fills a network with names gets no more rows there than it has free failures.
    const isKnownOnly = record.account === undefined && isNetworkFull(record, settings, failedAt)
    await inTransaction(database, (transaction) =>
      countFailure(
        transaction,
        { network, account, mark, failedAt },
        isKnownOnly ? 'network' : 'both',
      ),
    )
    if (written++ % CLEAN_EVERY === 0) removeOldFailures(database, failedAt).catch(() => undefined)
  }
}

export function createSignInThrottle(deps: ThrottleDeps): SignInThrottle {
  const { database, settings, now } = deps
  const fingerprint = createFingerprint(deps.secret)
  const countFailed = createFailureBook(deps)
  const networks = createNetworkBook(deps)
  const places = new LRUCache<string, Place>({ max: MOST_PLACES })
  const placeOf = (name: string): Place => {
    const place = places.get(name) ?? { begun: 0, ended: 0 }
    places.set(name, place)
    return place
  }
  return {
    read: async ({ username: text, secret, address }) => {
      const username = normalizeUsername(text)
      const name = username ?? text
      const key = { network: addressPrefix(address), account: fingerprint('account', name) }
      const mark = fingerprint('attempt', name, secret).slice(0, MARK_LENGTH)
      const place = placeOf(`${key.network} ${key.account}`)
      const endedBefore = place.ended
      const record = await readSignInRecord(database, { ...key, username: username ?? '' })
      return { ...key, username, mark, record, place, endedBefore }
    },
    admit: (standing) => {
      const { record, username, place } = standing
      const waits = readWaits(record, settings, now())
      const others = place.begun - standing.endedBefore
      const isLastFree = others + countNow(record.account, now()) >= settings.freeFailures
      const isCrowded = others > 0 && isLastFree
      if (waits.account === 0 && waits.network === 0 && !isCrowded) return 'admitted'
      if (isRepeated(standing, now())) return 'repeated'
      if (waits.network > waits.account) throw throttled(undefined, waits.network)
      throw throttled(username, waits.account)
    },
    prove: async (standing, verify) => {
      standing.place.begun++
      try {
        const isRight = await verify()
        if (!isRight) await countFailed(standing)
        return isRight
      } finally {
        standing.place.ended++
      }
    },
    welcome: async (standing, { id: userId, signInEpoch }) => {
      const { record, network } = standing
      networks.note({ userId, network, signInEpoch, at: now() }, record.signedInAt)
      if (record.account !== undefined) await ifPossible(removeFailures(database, standing))
    },
  }
}

import argon2 from 'argon2'
import bcrypt from 'bcrypt'
import { addressPrefix } from './address-prefix.ts'
import { createFairQueue, type LineLimits, type Place, type QueueStats } from './fair-queue.ts'
import { hashForm, normalizeBcrypt } from './hash-forms.ts'

/** OWASP's choice for argon2id: 19 MiB and some 25 ms of one core each. */
const PARAMETERS = {
  type: argon2.argon2id,
  memoryCost: 19_456,
  timeCost: 2,
  parallelism: 1,
} as const

/** R17: whoever comes from one network, or asks for one account from there, waits four deep. */
const PLACES_PER_LANE = 4

const base64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')

/** Verified in place of a missing hash, so that unknown names take as long; of no known password. */
const NOBODY_HASH = `$argon2id$v=19$m=${PARAMETERS.memoryCost},t=${PARAMETERS.timeCost},p=${PARAMETERS.parallelism}$${base64(Buffer.alloc(16, 'nobody'))}$${base64(Buffer.alloc(32))}`

/** Both libraries work in threads of their own, off the event loop (R17). */
const verifyHash = (hash: string, password: string): Promise<boolean> =>
  hashForm(hash) === 'bcrypt'
    ? bcrypt.compare(password, normalizeBcrypt(hash))
    : argon2.verify(hash, password)

/** Whose password it is: says in which line and lane its hash waits. */
export interface Applicant {
  /** The client's address. */
  readonly address: string
  /** Id of the account, where it proved itself from that network before; undefined for all others. */
  readonly familiarAccount: number | undefined
}

export interface PasswordHasher {
  /**
   * For a new password. Only callers who may set one get here, so that they have a line of their own.
   *
   * @param address the caller's; left out for the service's own work
   * @throws AppError BUSY (503) when too many wait already
   */
  readonly hash: (password: string, address?: string) => Promise<string>
  /**
   * For the password of somebody who has no account yet: it waits among strangers.
   *
   * @param check of the password, when its turn has come: to judge one takes the event loop for
   *   some milliseconds, and anybody may send as many as they like
   * @throws AppError BUSY (503) when too many wait already, all told or from that network
   * @throws what `check` throws
   */
  readonly hashForStranger: (
    password: string,
    address: string,
    check: () => void,
  ) => Promise<string>
  /**
   * @param hash undefined for an account that does not exist or has no password: the same work is
   *   done and the answer is false
   * @param applicant left out for the service's own work
   * @throws AppError BUSY (503) when too many wait already, all told or from that network
   */
  readonly verify: (
    hash: string | undefined,
    password: string,
    applicant?: Applicant,
  ) => Promise<boolean>
  readonly stats: () => HashStats
}

export interface HashStats {
  readonly queue: QueueStats<Line>
  /** Passwords that were checked since the start. */
  readonly checks: Readonly<Record<'right' | 'wrong', number>>
}

type Line = 'familiar' | 'setting' | 'strange'

const OWN_PLACE: Place<Line> = { line: 'setting', lane: 'the service' }

function placeOf({ address, familiarAccount }: Applicant): Place<Line> {
  const prefix = addressPrefix(address)
  if (familiarAccount === undefined) return { line: 'strange', lane: prefix }
  return { line: 'familiar', lane: `${familiarAccount} ${prefix}` }
}

function createLines(queueLimit: number): Readonly<Record<Line, LineLimits>> {
  const half = Math.max(1, Math.floor(queueLimit / 2))
  return {
    familiar: { places: half, placesPerLane: PLACES_PER_LANE },
    setting: { places: half, placesPerLane: half },
    strange: { places: Math.ceil(queueLimit / 2), placesPerLane: PLACES_PER_LANE },
  }
}

async function timed<T>(work: () => Promise<T>, onWork: (seconds: number) => void): Promise<T> {
  const startedAtMs = performance.now()
  try {
    return await work()
  } finally {
    onWork((performance.now() - startedAtMs) / 1000)
  }
}

/**
 * Slow hashes, off the event loop, so many at once and so many waiting: each takes a core and 19 MiB,
 * and whoever sends passwords decides how many there are. So accounts that proved themselves from a
 * network before have half of the waiting places and turns for themselves; all others share the rest
 * by network (R17).
 *
 * @param queueLimit sign-ins that may wait, half of them from strangers; new passwords that wait
 *   have half as many places again
 * @param onWork told how long each slow hash took, its wait left out
 */
export function createPasswordHasher({
  concurrency,
  queueLimit,
  onWork = () => undefined,
}: {
  readonly concurrency: number
  readonly queueLimit: number
  readonly onWork?: (seconds: number) => void
}): PasswordHasher {
  const queue = createFairQueue<Line>({ concurrency, lines: createLines(queueLimit) })
  const checks = { right: 0, wrong: 0 }
  const run = <T>(place: Place<Line>, work: () => Promise<T>): Promise<T> =>
    queue.run(place, () => timed(work, onWork))
  return {
    hash: (password, address) => {
      const place: Place<Line> =
        address === undefined ? OWN_PLACE : { line: 'setting', lane: addressPrefix(address) }
      return run(place, () => argon2.hash(password, PARAMETERS))
    },
    hashForStranger: (password, address, check) =>
      run(placeOf({ address, familiarAccount: undefined }), async () => {
        check()
        return argon2.hash(password, PARAMETERS)
      }),
    verify: async (hash, password, applicant) => {
      const place = applicant === undefined ? OWN_PLACE : placeOf(applicant)
      const isSame = await run(place, () => verifyHash(hash ?? NOBODY_HASH, password))
      const isRight = isSame && hash !== undefined
      checks[isRight ? 'right' : 'wrong']++
      return isRight
    },
    stats: () => ({ queue: queue.stats(), checks }),
  }
}

import { AppError } from '../errors.ts'

/** Wrong passwords are forgotten after so long without another one. */
export const FORGET_AFTER_SECONDS = 1800
/** A network forgets one each minute too, so that many people's slips never add up. */
export const NETWORK_FORGETS_EVERY_SECONDS = 60
/** The same wrong attempt again, at another replica, within this time is still one. */
export const SAME_ATTEMPT_SECONDS = 60
/** A network has so many times the free failures of one account. */
export const NETWORK_FACTOR = 10

const LONGEST_WAIT_SECONDS = 900

/** Wrong passwords on record, as they were when the last of them came. */
export interface Failures {
  readonly count: number
  readonly failedAt: Date
}

/** Those of one account from one network, and those of all accounts from that network. */
export interface FailureRecord {
  readonly account: Failures | undefined
  readonly network: Failures | undefined
}

export interface ThrottleSettings {
  /** Wrong passwords for one account from one network that nobody has to wait after. */
  readonly freeFailures: number
}

const secondsSince = (date: Date, now: Date): number =>
  Math.max(0, (now.getTime() - date.getTime()) / 1000)

/** How many of an account's failures still count. */
export function countNow(failures: Failures | undefined, now: Date): number {
  if (failures === undefined) return 0
  return secondsSince(failures.failedAt, now) < FORGET_AFTER_SECONDS ? failures.count : 0
}

/** How many of a network's failures still count; not always a whole number. */
export function networkCountNow(failures: Failures | undefined, now: Date): number {
  const count = countNow(failures, now)
  if (failures === undefined) return count
  const forgotten = secondsSince(failures.failedAt, now) / NETWORK_FORGETS_EVERY_SECONDS
  return Math.max(0, count - forgotten)
}

/** 1 second after the last free failure, twice as long after each further one, 15 minutes at most. */
function waitAfter(count: number, free: number): number {
  return count < free ? 0 : Math.min(LONGEST_WAIT_SECONDS, 2 ** Math.floor(count - free))
}

function waitLeft(failures: Failures | undefined, free: number, now: Date): number {
  if (failures === undefined || countNow(failures, now) === 0) return 0
  return Math.max(0, waitAfter(failures.count, free) - secondsSince(failures.failedAt, now))
}

/** Seconds that an attempt has to wait for its account, and for its network. */
export function readWaits(
  record: FailureRecord,
  { freeFailures }: ThrottleSettings,
  now: Date,
): { readonly account: number; readonly network: number } {
  return {
    account: waitLeft(record.account, freeFailures, now),
    network: waitLeft(record.network, freeFailures * NETWORK_FACTOR, now),
  }
}

/** Whether so many wrong passwords came from a network that it gets no further rows of its own. */
export const isNetworkFull = (
  { network }: FailureRecord,
  { freeFailures }: ThrottleSettings,
  now: Date,
): boolean => networkCountNow(network, now) >= freeFailures * NETWORK_FACTOR

/**
 * The refusal, in the same words for a name that nobody has.
 *
 * @param username undefined for what cannot be a name, and where it is the network that waits
 */
export function throttled(username: string | undefined, waitSeconds: number): AppError {
  const seconds = Math.max(1, Math.ceil(waitSeconds))
  const whose = username === undefined ? '' : ` for ${username}`
  return new AppError('SIGN_IN_THROTTLED', {
    detail: `too many wrong passwords${whose} from this network; try again in ${seconds} second${seconds === 1 ? '' : 's'}`,
    retryAfterSeconds: seconds,
  })
}

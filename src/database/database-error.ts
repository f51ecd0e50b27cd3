import { AppError } from '../errors.ts'

const DUPLICATE_KEY = 1062
const LOCK_WAIT = 1205

/** Deadlock, lock wait, changed snapshot, certification failure, TiDB conflicts. */
const REPEATABLE: ReadonlySet<number> = new Set([1213, 1205, 1020, 3101, 8002, 8022, 9007])

/**
 * Going down, interrupted or killed, idle for too long, too many connections, read-only, its disk or
 * a table full, a node without its cluster (1047), or one that lost it while it committed (1180): the
 * server will not do it now.
 */
const UNWILLING: ReadonlySet<number> = new Set([
  1021, 1026, 1047, 1053, 1114, 1180, 1203, 1226, 1290, 1317, 1792, 1836, 1927, 4031,
])

/** Wrong character, too long, out of range, no date, more than a packet: the value is what is wrong. */
const OF_THE_VALUE: ReadonlySet<number> = new Set([1153, 1264, 1265, 1292, 1366, 1406, 3988])

/** What the driver says without any code when the connection went away under it. */
const CLOSED = /connection is in closed state|Connection lost/

const LOST_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ENOENT',
  'ETIMEDOUT',
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'ER_CON_COUNT_ERROR',
  'ER_SERVER_SHUTDOWN',
  'ER_ACCESS_DENIED_ERROR',
])

interface DriverError {
  readonly message?: unknown
  readonly errno?: unknown
  readonly code?: unknown
  readonly name?: unknown
}

const asDriverError = (error: unknown): DriverError =>
  typeof error === 'object' && error !== null ? error : {}

/** A unique key was taken: the caller knows which name that means. */
export const isDuplicateKey = (error: unknown): boolean =>
  asDriverError(error).errno === DUPLICATE_KEY

/** Somebody else held the row for longer than the server lets us wait. */
export const isLockWait = (error: unknown): boolean => asDriverError(error).errno === LOCK_WAIT

/** The server asks to run the whole transaction again. */
export function isRepeatable(error: unknown): boolean {
  const { errno } = asDriverError(error)
  return typeof errno === 'number' && REPEATABLE.has(errno)
}

/** The server takes no such value, now or later. */
export function isValueRefused(error: unknown): boolean {
  const { errno } = asDriverError(error)
  return typeof errno === 'number' && OF_THE_VALUE.has(errno)
}

/** The database did not answer, as against: it answered that the statement is wrong. */
export function isDatabaseLost(error: unknown): boolean {
  const { code, errno, name, message } = asDriverError(error)
  if (name === 'KnexTimeoutError' || CLOSED.test(String(message))) return true
  if (typeof errno === 'number' && UNWILLING.has(errno)) return true
  return typeof code === 'string' && LOST_CODES.has(code)
}

/** @param cause what the driver said, where it was asked */
export const databaseAway = (cause?: unknown): AppError =>
  new AppError('UNAVAILABLE', {
    detail: 'the database does not answer; try again in a moment',
    retryAfterSeconds: 5,
    cause,
  })

/**
 * Gives errors that come from a lost database, or from conflicts that would not end, their place in
 * the table of codes.
 */
export function toAppError(error: unknown): unknown {
  if (!isDatabaseLost(error) && !isRepeatable(error)) return error
  return databaseAway(error)
}

import { AppError } from '../errors.ts'

const DUPLICATE_KEY = 1062

/** Deadlock, lock wait, changed snapshot, cluster not ready, certification failure, TiDB conflicts. */
const REPEATABLE: ReadonlySet<number> = new Set([1213, 1205, 1020, 1047, 3101, 8002, 8022, 9007])

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
  readonly errno?: unknown
  readonly code?: unknown
  readonly name?: unknown
  readonly sqlState?: unknown
}

const asDriverError = (error: unknown): DriverError =>
  typeof error === 'object' && error !== null ? error : {}

/** A unique key was taken: the caller knows which name that means. */
export const isDuplicateKey = (error: unknown): boolean =>
  asDriverError(error).errno === DUPLICATE_KEY

/** The server asks to run the whole transaction again. */
export function isRepeatable(error: unknown): boolean {
  const { errno } = asDriverError(error)
  return typeof errno === 'number' && REPEATABLE.has(errno)
}

/** The database did not answer, as against: it answered that the statement is wrong. */
export function isDatabaseLost(error: unknown): boolean {
  const { code, name } = asDriverError(error)
  if (name === 'KnexTimeoutError') return true
  return typeof code === 'string' && LOST_CODES.has(code)
}

/** Gives errors that come from a lost database their place in the table of codes. */
export function toAppError(error: unknown): unknown {
  if (!isDatabaseLost(error)) return error
  return new AppError('UNAVAILABLE', {
    detail: 'the database does not answer; try again in a moment',
    retryAfterSeconds: 5,
    cause: error,
  })
}

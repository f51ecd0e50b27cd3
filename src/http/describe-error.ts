const FRAME = /^\s+at /

interface Known {
  readonly name?: unknown
  readonly message?: unknown
  readonly stack?: unknown
  readonly code?: unknown
  readonly errno?: unknown
  readonly sqlState?: unknown
  readonly sqlMessage?: unknown
  readonly cause?: unknown
}

/** What the log tells of an error. */
export interface DescribedError {
  readonly type: string
  readonly message: string
  readonly code?: unknown
  readonly errno?: unknown
  readonly sqlState?: unknown
  readonly frames?: readonly string[]
  readonly cause?: DescribedError
}

const framesOf = (stack: unknown): readonly string[] =>
  String(stack)
    .split('\n')
    .filter((line) => FRAME.test(line))
    .map((line) => line.trim())

const withoutGaps = <T extends object>(fields: T): Partial<T> =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Partial<T>

/**
 * Makes of a thrown value what may stand in a log: chosen fields only. A driver hangs the statement
 * with all its values on its errors, and the server's own words quote values too; of those the
 * numbers and the place in our code are left.
 */
export function describeError(error: unknown): DescribedError {
  if (typeof error !== 'object' || error === null) {
    return { type: typeof error, message: String(error) }
  }
  const { name, message, stack, code, errno, sqlState, sqlMessage, cause } = error as Known
  const isFromServer = sqlMessage !== undefined || sqlState !== undefined
  return {
    type: String(name ?? 'Error'),
    message: isFromServer ? 'the database refused a statement' : String(message ?? ''),
    ...withoutGaps({ code, errno, sqlState }),
    ...(stack !== undefined && { frames: framesOf(stack) }),
    ...(cause !== undefined && { cause: describeError(cause) }),
  }
}

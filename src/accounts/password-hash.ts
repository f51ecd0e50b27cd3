import argon2 from 'argon2'
import pLimit from 'p-limit'
import { AppError } from '../errors.ts'

/** OWASP's choice for argon2id: 19 MiB and some 25 ms of one core each. */
const PARAMETERS = {
  type: argon2.argon2id,
  memoryCost: 19_456,
  timeCost: 2,
  parallelism: 1,
} as const
const RETRY_AFTER_SECONDS = 2

/** Nobody's password: verified in place of a missing one, so that unknown names take as long. */
const NOBODY_PASSWORD = 'the password of no account'

export interface PasswordHasher {
  /** @throws AppError BUSY (503) when too many wait already */
  readonly hash: (password: string) => Promise<string>
  /**
   * @param hash undefined for an account that does not exist or has no password: the same work is
   *   done and the answer is false
   * @throws AppError BUSY (503) when too many wait already
   */
  readonly verify: (hash: string | undefined, password: string) => Promise<boolean>
}

/**
 * Slow hashes, off the event loop, so many at once and so many waiting: each takes a core and 19 MiB,
 * and whoever sends passwords decides how many there are.
 */
export function createPasswordHasher({
  concurrency,
  queueLimit,
}: {
  readonly concurrency: number
  readonly queueLimit: number
}): PasswordHasher {
  const limit = pLimit(concurrency)
  const queued = <T>(work: () => Promise<T>): Promise<T> => {
    if (limit.pendingCount < queueLimit) return limit(work)
    throw new AppError('BUSY', {
      detail: 'too many passwords are being checked at once; try again in a moment',
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    })
  }
  let nobodyHash: Promise<string> | undefined
  const hashOfNobody = (): Promise<string> => {
    nobodyHash ??= argon2.hash(NOBODY_PASSWORD, PARAMETERS)
    return nobodyHash
  }
  return {
    hash: async (password) => queued(() => argon2.hash(password, PARAMETERS)),
    verify: async (hash, password) => {
      const known = hash ?? (await hashOfNobody())
      const isRight = await queued(() => argon2.verify(known, password))
      return isRight && hash !== undefined
    },
  }
}

import type { RetryRule } from './types.ts'

/**
 * How long a job waits after an attempt that failed: twice as long after each, up to a cap, and up to
 * a fifth longer by chance, so that many that failed together do not come back together.
 *
 * @param attempt from 1
 * @param random from 0 to 1
 */
export const retryDelaySeconds = (
  { firstSeconds, longestSeconds }: RetryRule,
  attempt: number,
  random: number,
): number => Math.min(longestSeconds, firstSeconds * 2 ** (attempt - 1)) * (1 + random / 5)

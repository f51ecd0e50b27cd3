import { AppError } from '../errors.ts'
import type { SignInOutcome, SignInWay } from '../metrics/names.ts'

export type CountSignIn = (way: SignInWay, outcome: SignInOutcome) => void

function outcomeOf(error: unknown): SignInOutcome {
  const status = error instanceof AppError ? error.status : undefined
  if (status === 401) return 'refused'
  return status === 429 ? 'throttled' : 'failed'
}

/**
 * Counts how a proof by one way ends, and lets its end be.
 *
 * @param way a function where that shows only on the way
 */
export async function countOutcome<T>(
  count: CountSignIn,
  way: SignInWay | (() => SignInWay),
  prove: () => Promise<T>,
): Promise<T> {
  const wayTaken = (): SignInWay => (typeof way === 'string' ? way : way())
  try {
    const proven = await prove()
    count(wayTaken(), 'proven')
    return proven
  } catch (error) {
    count(wayTaken(), outcomeOf(error))
    throw error
  }
}

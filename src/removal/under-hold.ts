import { AppError } from '../errors.ts'
import type { WriteHold } from '../holds/hold-tags.ts'

const REFUSED_BELOW = 500

/**
 * Works under a hold and gives it back. Where the registry said nothing it may still be at what it was
 * asked for, and would take along what is pushed meanwhile: the hold then ends by itself.
 *
 * @param isKnown whether it is known what became of everything that was asked for
 */
export async function underHold<T>(
  hold: Pick<WriteHold, 'release'>,
  work: () => Promise<T>,
  isKnown: (result: T) => boolean = () => true,
): Promise<T> {
  try {
    const result = await work()
    if (isKnown(result)) await hold.release()
    return result
  } catch (error) {
    if (error instanceof AppError && error.status < REFUSED_BELOW) await hold.release()
    throw error
  }
}

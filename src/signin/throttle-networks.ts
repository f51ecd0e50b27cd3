import type { Database } from '../database/open-database.ts'
import { insertNetworks, removeOldNetworks, type SignedIn } from './queries.ts'

const FLUSH_AFTER_MS = 500
const WRITE_EVERY_MS = 86_400_000
/** What comes above it before the next flush is left to the next sign-in. */
const MOST_WAITING = 1000

/**
 * Writes down who signed in from where, once a day for each and once after a new password, for other
 * replicas and later starts.
 */
export interface NetworkBook {
  /**
   * At once from the caller's view: the rows of half a second are written together, and what is
   * lost on the way is written by the next sign-in.
   *
   * @param writtenAt when it was written down last under the same sign-in epoch, if ever
   */
  readonly note: (signedIn: SignedIn, writtenAt: Date | undefined) => void
}

export function createNetworkBook({ database }: { readonly database: Database }): NetworkBook {
  const waiting = new Map<string, SignedIn>()
  const flush = async (): Promise<void> => {
    const rows = [...waiting.values()]
    waiting.clear()
    const [first] = rows
    if (first === undefined) return
    await insertNetworks(database, rows)
    await removeOldNetworks(database, first.at)
  }
  return {
    note: (signedIn, writtenAt) => {
      const { userId, network, at } = signedIn
      if (writtenAt !== undefined && at.getTime() - writtenAt.getTime() < WRITE_EVERY_MS) return
      if (waiting.size === 0) {
        setTimeout(() => void flush().catch(() => undefined), FLUSH_AFTER_MS).unref()
      }
      if (waiting.size < MOST_WAITING) waiting.set(`${userId} ${network}`, signedIn)
    },
  }
}

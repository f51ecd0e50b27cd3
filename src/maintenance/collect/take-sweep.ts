import { inBatches } from '../../database/bulk.ts'
import type { Database } from '../../database/open-database.ts'
import { inTransaction } from '../../database/transaction.ts'
import { findSizes, forgetBlobs, markSweptManifests, type PlacedDigest } from './swept-queries.ts'
import type { Swept } from './types.ts'

const AT_ONCE = 500
/** Enough to see whether the registry still says that they are there. */
const MOST_SAMPLES = 20

export interface SweepDeps {
  readonly database: Database
  /** Undefined: nothing was swept, it is only counted. @returns false when it may write no more */
  readonly mayWrite: ((transaction: Database) => Promise<boolean>) | undefined
}

/** Takes what a collector sweeps, while it does. */
export interface Sweep {
  readonly take: (digest: string) => void
  /** @param isWhole whether what was told last is gone, too */
  readonly end: (isWhole: boolean) => Promise<void>
  readonly read: () => Swept
  /** Some of what was swept, and where it was. */
  readonly samples: () => readonly PlacedDigest[]
  /** Digests that the index could not be told of. */
  readonly countLeft: () => number
}

/**
 * Counts swept blobs by the sizes of the index, and takes them out of it in small steps: what stops
 * us leaves no more behind than one of them. A blob that is pushed again in between is found again
 * with the manifest that needs it.
 */
export function takeSweep({ database, mayWrite }: SweepDeps, before: Swept): Sweep {
  let swept = before
  let batch: string[] = []
  let chain = Promise.resolve()
  let left: string[] = []
  const samples: PlacedDigest[] = []
  const forget = async (digests: readonly string[]): Promise<void> => {
    if (mayWrite === undefined) return
    const placed = await inTransaction(database, async (transaction) => {
      if (!(await mayWrite(transaction))) return []
      await markSweptManifests(transaction, digests)
      return forgetBlobs(transaction, digests)
    })
    samples.push(...placed.slice(0, MOST_SAMPLES - samples.length))
  }
  const deal = async (digests: readonly string[]): Promise<void> => {
    const sizes = await findSizes(database, digests)
    await forget(digests)
    const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0)
    swept = {
      blobs: swept.blobs + digests.length,
      bytes: Math.min(swept.bytes + bytes, Number.MAX_SAFE_INTEGER),
      unknownBlobs: swept.unknownBlobs + digests.length - sizes.size,
    }
  }
  const flush = (digests: readonly string[]): void => {
    if (digests.length === 0) return
    chain = chain.then(() => deal(digests)).catch(() => void left.push(...digests))
  }
  return {
    take: (digest) => {
      batch.push(digest)
      // The last one is told, and may not be gone yet.
      if (batch.length > AT_ONCE) flush(batch.splice(0, AT_ONCE))
    },
    end: async (isWhole) => {
      if (!isWhole) batch.pop()
      flush(batch)
      batch = []
      await chain
      // Once more: the database may have been away for a moment.
      const again = left
      left = []
      for (const some of inBatches(again, AT_ONCE)) flush(some)
      await chain
    },
    read: () => swept,
    samples: () => samples,
    countLeft: () => left.length,
  }
}

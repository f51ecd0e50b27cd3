import type { Database } from '../database/open-database.ts'
import type { Versioned } from '../database/versioned-cache.ts'
import { EVERYTHING, type HoldKind } from './types.ts'

/** Until when nothing may be written anywhere. */
export interface Fence {
  /** Why, for people; undefined: there is none. */
  readonly reason: string | undefined
  /** Undefined where it has no end of its own, or is not there. */
  readonly until: Date | undefined
}

interface FenceRow {
  readonly epoch: string
  readonly counter: number
  readonly kind: HoldKind | null
  readonly reason: string | null
  readonly ends_at: Date | null
}

/** What holds everything, with the change version, read in one statement. */
export async function findVersionedFence(database: Database): Promise<Versioned<Fence>> {
  const [rows] = (await database.raw(
    `SELECT v.epoch, v.counter, h.kind, h.reason,
            h.expires_at AS ends_at
       FROM change_version v
       LEFT JOIN holds h ON h.repository = ? AND h.tag = ?
      WHERE v.id = 1`,
    [EVERYTHING, EVERYTHING],
  )) as [readonly FenceRow[]]
  const [first] = rows
  if (first === undefined) throw new Error('the database has no change version')
  const version = { epoch: first.epoch, counter: Number(first.counter) }
  const longest = rows
    .filter(({ kind }) => kind !== null)
    .toSorted((a, b) => Number(b.ends_at ?? Infinity) - Number(a.ends_at ?? Infinity))
    .at(0)
  return {
    version,
    value: { reason: longest?.reason ?? undefined, until: longest?.ends_at ?? undefined },
  }
}

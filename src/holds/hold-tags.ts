import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import { describeHold } from './describe-hold.ts'
import { forgetEndedHolds } from './queries.ts'
import { deleteHolds, extendHolds, findStopping, insertTagHolds } from './tag-hold-queries.ts'
import type { WaitDrained } from './wait-drained.ts'

/** Long enough for a batch of removals with all its limits, see `removeBatch`. */
const HOLD_SECONDS = 120
const REASON_LENGTH = 400
const MOST_TRIES = 6
const LONGEST_PAUSE_MS = 400

/** A hold on writes, in force and drained: nothing that was on its way before it can still arrive. */
export interface WriteHold {
  /** Whether pushes wait for it, so that what is read under it stays as it is; without a door they do not. */
  readonly stopsPushes: boolean
  /** Holds it for its whole time again. @throws AppError CONFLICT (409) when it was lost */
  readonly prolong: () => Promise<void>
  readonly release: () => Promise<void>
}

export interface HoldTagsInput {
  readonly repository: string
  /** Undefined: the whole repository. */
  readonly tags: readonly string[] | undefined
  /** What docker prints for who waited too long. */
  readonly reason: string
}

/** @throws AppError CONFLICT (409) while another hold is in force that overlaps */
export type HoldTags = (input: HoldTagsInput) => Promise<WriteHold>

export interface HoldTagsDeps {
  readonly database: Database
  readonly waitDrained: WaitDrained
  readonly config: { readonly door: 'required' | 'off' }
}

type Taken = HoldTagsInput & { readonly holder: string }

/** @throws AppError CONFLICT (409) while another hold is in force that overlaps */
async function insertAlone(database: Database, taken: Taken): Promise<void> {
  await insertTagHolds(database, { ...taken, seconds: HOLD_SECONDS })
  // Of two that come at once one at least sees the other: both rows stand by now.
  const other = await findStopping(database, taken)
  if (other === undefined) return
  throw new AppError('CONFLICT', { detail: describeHold(other), retryAfterSeconds: 5 })
}

/** What cannot be taken back ends by itself. */
const takeBack = (database: Database, { holder }: Taken): Promise<void> =>
  deleteHolds(database, holder).catch(() => undefined)

/** Where each of two saw the other, one of them comes first the next time. */
async function insertSoon(database: Database, taken: Taken): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await insertAlone(database, taken)
    } catch (error) {
      await takeBack(database, taken)
      if (tries === MOST_TRIES || !(error instanceof AppError)) throw error
      await sleep(Math.random() * LONGEST_PAUSE_MS)
    }
  }
}

/**
 * Holds pushes to tags of a repository, or to all of it, and waits until those before have ended.
 * Without a door nobody looks for holds: then it only keeps removals from each other.
 */
export const createHoldTags =
  ({ database, waitDrained, config }: HoldTagsDeps): HoldTags =>
  async ({ repository, tags, reason }) => {
    const holder = randomUUID()
    const taken = { repository, tags, holder, reason: reason.slice(0, REASON_LENGTH) }
    await forgetEndedHolds(database)
    await insertSoon(database, taken)
    try {
      if (config.door === 'required') await waitDrained({ takenAtMs: performance.now() })
    } catch (error) {
      await takeBack(database, taken)
      throw error
    }
    const prolong = async (): Promise<void> => {
      const most = tags?.length ?? 1
      if ((await extendHolds(database, holder, HOLD_SECONDS)) === most) return
      throw new AppError('CONFLICT', { detail: `the hold on ${repository} is over; begin again` })
    }
    const stopsPushes = config.door === 'required'
    return { stopsPushes, prolong, release: () => takeBack(database, taken) }
  }

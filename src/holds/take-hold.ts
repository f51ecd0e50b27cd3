import { inRightsChange } from '../database/change-version.ts'
import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import {
  deleteHold,
  extendHold,
  findHoldByEpoch,
  forgetEndedHolds,
  insertHold,
  listOverlapping,
  type NewHold,
} from './queries.ts'
import { EVERYTHING, type Hold, type HoldKind, type HoldTarget } from './types.ts'

const REASON_LENGTH = 400

export interface HoldDeps {
  readonly database: Database
}

export interface TakeHoldInput {
  readonly target: HoldTarget
  readonly kind: Exclude<HoldKind, 'read-only'>
  /** Random, at most 64 characters: holds of one holder do not stop each other. */
  readonly holder: string
  readonly reason: string
  /** It ends by itself after that, unless it is prolonged. */
  readonly seconds: number
}

/** A hold that this process took, and when by its own clock: what was sent before has to end yet. */
export interface TakenHold extends Hold {
  readonly takenAtMs: number
}

export const describeTarget = ({ repository, tag }: HoldTarget): string => {
  if (repository === EVERYTHING) return 'the registry'
  return tag === undefined ? repository : `${repository}:${tag}`
}

const lost = ({ target }: Pick<Hold, 'target'>): AppError =>
  new AppError('CONFLICT', {
    detail: `the hold on ${describeTarget(target)} is over; begin again`,
  })

/** A read-only registry may be collected, and nothing else be done to it. */
const stops =
  ({ holder, kind }: NewHold, epoch: number) =>
  (other: Hold): boolean =>
    other.epoch !== epoch &&
    other.holder !== holder &&
    (other.kind !== 'read-only' || kind !== 'collecting')

/**
 * What is told to everybody is told in the change version, too: tokens that are kept in memory go by
 * it where no door stands.
 */
export function inHoldChange<T>(
  database: Database,
  target: HoldTarget,
  work: (transaction: Database) => Promise<T>,
): Promise<T> {
  if (target.repository !== EVERYTHING) return work(database)
  return inRightsChange(database, async ({ transaction, note }) => {
    await note({ kind: 'settings', id: 0 })
    return work(transaction)
  })
}

/**
 * Stops the writes that a target concerns. Those that were let through before end within
 * `waitDrained`.
 *
 * Each looks for others when its own row stands for all to see. So of two that come at once one at
 * least sees the other, and both may have to try again.
 *
 * @throws AppError CONFLICT (409) while another one is in force that overlaps
 */
export async function takeHold({ database }: HoldDeps, input: TakeHoldInput): Promise<TakenHold> {
  const { target, holder, seconds } = input
  await forgetEndedHolds(database)
  const fresh = { ...input, reason: input.reason.slice(0, REASON_LENGTH) }
  const epoch = await inHoldChange(database, target, (transaction) =>
    insertHold(transaction, fresh),
  )
  const takenAtMs = performance.now()
  const release = (): Promise<boolean> => releaseHold({ database }, { epoch, holder, target })
  try {
    const other = (await listOverlapping(database, target)).find(stops(fresh, epoch))
    if (other !== undefined) {
      throw new AppError('CONFLICT', {
        detail: `${describeTarget(other.target)} is held already: ${other.reason}`,
        retryAfterSeconds: 5,
      })
    }
    const hold = await findHoldByEpoch(database, { epoch, holder })
    if (hold === undefined) throw lost({ target })
    return { ...hold, takenAtMs }
  } catch (error) {
    // What cannot be taken back ends by itself, after those seconds.
    await release().catch(() => seconds)
    throw error
  }
}

/** @throws AppError CONFLICT (409) when it ended before: whoever waited has gone on */
export async function prolongHold(
  { database }: HoldDeps,
  hold: Pick<Hold, 'epoch' | 'holder' | 'target'>,
  seconds: number,
): Promise<void> {
  if (!(await extendHold(database, hold, seconds))) throw lost(hold)
}

/**
 * Lets writes go on. A collecting fence opens by this at once; who calls it has seen the collector
 * exit (R25).
 *
 * @returns whether it was still there
 */
export const releaseHold = (
  { database }: HoldDeps,
  hold: Pick<Hold, 'epoch' | 'holder' | 'target'>,
): Promise<boolean> =>
  inHoldChange(database, hold.target, (transaction) => deleteHold(transaction, hold))

import type { Database } from '../database/open-database.ts'
import { readBrakeRow } from './brake-queries.ts'
import { findRestoreHold } from './restore-hold.ts'
import {
  findDayAfterFirstEvent,
  findInboxLagSeconds,
  findLastComparison,
  findLastLoss,
  findReadingLagSeconds,
  type LastComparison,
} from './trust-queries.ts'

/** What came in is applied within seconds; after a minute something is wrong, or there is too much. */
const MOST_LAG_SECONDS = 60
/** Eight times the default distance of two runs. */
const OLDEST_RECONCILE_SECONDS = 48 * 3600

/** Whether something may be removed on the word of the index, and if not, why. */
export interface IndexTrust {
  readonly isTrusted: boolean
  /** A sentence each: what is wrong and what to do. */
  readonly reasons: readonly string[]
}

const lagging = (what: string, seconds: number): string | undefined =>
  seconds <= MOST_LAG_SECONDS
    ? undefined
    : `${what} for ${Math.floor(seconds)} seconds; wait until the service has caught up`

function reconcileFault(last: LastComparison | undefined): string | undefined {
  if (last === undefined) {
    return 'the index was never compared with the registry as a whole; run warden reconcile --wait'
  }
  const { ageSeconds, failures, couldBeRead } = last
  if (!couldBeRead) {
    return `the index was compared with a registry of which ${failures} parts could not be read; see that it is well, then run warden reconcile --wait`
  }
  if (ageSeconds <= OLDEST_RECONCILE_SECONDS) return undefined
  return `the index was compared with the registry ${Math.floor(ageSeconds / 3600)} hours ago; run warden reconcile --wait`
}

/**
 * Looks whether the index can be trusted so far that what it says may decide over removals: not while
 * it lags behind, while its brake is on, when it was not held against the registry lately, or after a
 * restore that nobody has confirmed (R28).
 */
export async function readIndexTrust(database: Database): Promise<IndexTrust> {
  const { engaged } = await readBrakeRow(database)
  const found = [
    await findRestoreHold(database),
    lagging('events of the registry have waited', await findInboxLagSeconds(database)),
    lagging('tags have waited to be read again', await findReadingLagSeconds(database)),
    // What it says itself is for operators: it may name hosts.
    engaged && 'the brake on the index is engaged; see warden reconcile --status',
    reconcileFault(await findLastComparison(database)),
  ]
  const reasons = found.filter((reason) => reason !== undefined)
  return { isTrusted: reasons.length === 0, reasons }
}

/**
 * Since when every pull was told of, as far as can be known: events came, and no comparison with the
 * registry since then found a change that none had told of. Earlier pulls may have gone unseen.
 *
 * @returns undefined where no event ever came
 */
export async function findPullsKnownSince(database: Database): Promise<Date | undefined> {
  const began = await findDayAfterFirstEvent(database)
  const lost = await findLastLoss(database)
  return began === undefined || lost === undefined || began > lost ? began : lost
}

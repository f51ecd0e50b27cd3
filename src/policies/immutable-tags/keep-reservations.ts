import type { Database } from '../../database/open-database.ts'
import { repeat } from '../../database/repeat.ts'
import { markDirty } from '../../images/dirty-queries.ts'
import type { RegistryClient } from '../../registry/client.ts'
import {
  deleteReservation,
  listOverReservations,
  type Reservation,
  updateReservation,
} from './reservation-queries.ts'
import { findTagState } from './tag-state-queries.ts'

const EVERY_MS = 5000
const AT_ONCE = 50
const AGAIN_SECONDS = 60

export interface KeepReservationsDeps {
  readonly database: Database
  readonly registry: Pick<RegistryClient, 'lookUpManifest'>
}

/**
 * Ends a reservation whose push is over: by the index, which has the tag, or by the registry's word.
 * Age alone ends none (R31).
 */
async function endReservation(
  { database, registry }: KeepReservationsDeps,
  reservation: Reservation,
): Promise<void> {
  const { repository, tag } = reservation
  const known = await findTagState(database, reservation)
  if (known === undefined || known.goneAt !== undefined) {
    const found = await registry.lookUpManifest({ repository, reference: tag })
    if (found !== 'unknown') await markDirty(database, [{ repository, reference: tag }])
  }
  await deleteReservation(database, reservation)
}

/** @throws what the first failure was, after all were tried */
export async function endReservations(deps: KeepReservationsDeps): Promise<void> {
  const failures: unknown[] = []
  for (const reservation of await listOverReservations(deps.database, AT_ONCE)) {
    try {
      await endReservation(deps, reservation)
    } catch (error) {
      failures.push(error)
      // So that those behind it get their turn.
      await updateReservation(deps.database, reservation, AGAIN_SECONDS)
    }
  }
  if (failures.length > 0) throw failures[0]
}

/** @returns stops it, after the round that may be running */
export const keepReservations = ({
  onFailure,
  ...deps
}: KeepReservationsDeps & {
  readonly onFailure: (error: unknown) => void
}): (() => Promise<void>) =>
  repeat({ everyMs: EVERY_MS, work: () => endReservations(deps), onFailure })

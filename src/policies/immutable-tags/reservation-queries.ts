import { databaseNow, inSeconds } from '../../database/clock.ts'
import { isDuplicateKey } from '../../database/database-error.ts'
import { byIndex } from '../../database/keyset.ts'
import type { Database } from '../../database/open-database.ts'
import type { TagName } from '../types.ts'

/** A first push to an immutable tag that is under way, or whose end is not known yet. */
export interface Reservation extends TagName {
  readonly digest: string
  /** Of the push. */
  readonly holder: string
}

const toReservation = ({ repository, tag, digest, holder }: Reservation): Reservation => ({
  repository,
  tag,
  digest,
  holder,
})

/** @returns false where another push has the tag */
export async function insertReservation(
  database: Database,
  reservation: Reservation,
  forwardSeconds: number,
): Promise<boolean> {
  try {
    await database('tag_reservations').insert({
      ...toReservation(reservation),
      over_at: inSeconds(database, forwardSeconds),
      created_at: databaseNow(database),
    })
    return true
  } catch (error) {
    if (!isDuplicateKey(error)) throw error
    return false
  }
}

/** The reservation of a tag, when the push that made it is surely over. */
export async function findOverReservation(
  database: Database,
  { repository, tag }: TagName,
): Promise<Reservation | undefined> {
  const row: Reservation | undefined = await database('tag_reservations')
    .where({ repository, tag })
    .where('over_at', '<=', databaseNow(database))
    .first('repository', 'tag', 'digest', 'holder')
  return row && toReservation(row)
}

/** @returns whether it was still that push's */
export async function takeReservation(
  database: Database,
  before: Reservation,
  {
    digest,
    holder,
    forwardSeconds,
  }: { readonly forwardSeconds: number } & Pick<Reservation, 'digest' | 'holder'>,
): Promise<boolean> {
  const taken = await database('tag_reservations')
    .where({ repository: before.repository, tag: before.tag, holder: before.holder })
    .update({ digest, holder, over_at: inSeconds(database, forwardSeconds) })
  return taken === 1
}

export async function deleteReservation(
  database: Database,
  { repository, tag, holder }: Reservation,
): Promise<void> {
  await database('tag_reservations').where({ repository, tag, holder }).delete()
}

/** Says when the push is over; the reservation stays. */
export async function updateReservation(
  database: Database,
  { repository, tag, holder }: Reservation,
  overInSeconds: number,
): Promise<void> {
  await database('tag_reservations')
    .where({ repository, tag, holder })
    .update({ over_at: inSeconds(database, overInSeconds) })
}

/** Those whose push is surely over, the longest first. */
export async function listOverReservations(
  database: Database,
  most: number,
): Promise<readonly Reservation[]> {
  const rows: readonly Reservation[] = await database
    .queryBuilder()
    // Where most are over, a server would sort them all.
    .from(byIndex(database, 'tag_reservations', 'tag_reservations_over'))
    .where('over_at', '<=', databaseNow(database))
    .orderBy('over_at')
    .limit(most)
    .select('repository', 'tag', 'digest', 'holder')
  return rows.map(toReservation)
}

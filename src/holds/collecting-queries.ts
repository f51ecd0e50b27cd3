import { meetRightsChanges } from '../database/change-version.ts'
import type { Database } from '../database/open-database.ts'
import { HOLD_COLUMNS, type HoldRow, toHold } from './hold-rows.ts'
import { EVERYTHING, type Hold } from './types.ts'

/** What keeps everything from being written while garbage is collected. */
export interface CollectingFence {
  readonly hold: Hold
  /** Seconds since its deadline, by the clock of the database; less than 0 before it. */
  readonly overdueSeconds: number
}

/** Whether the fence of an epoch is closed yet; keeps it so until the transaction ends. */
export async function lockCollectingFence(transaction: Database, epoch: number): Promise<boolean> {
  // Whoever opens it does this, too.
  await meetRightsChanges(transaction)
  const row = await transaction('holds').where({ id: epoch }).forUpdate().first('kind')
  return row?.kind === 'collecting'
}

/** The collecting fence that is closed; there is one at most. */
export async function findCollectingFence(
  database: Database,
): Promise<CollectingFence | undefined> {
  const row: (HoldRow & { readonly overdue: number | string | null }) | undefined = await database(
    'holds',
  )
    .where({ repository: EVERYTHING, tag: EVERYTHING, kind: 'collecting' })
    .orderBy('id')
    .first(
      ...HOLD_COLUMNS,
      database.raw(
        'TIMESTAMPDIFF(MICROSECOND, deadline_at, UTC_TIMESTAMP(3)) / 1000000 AS overdue',
      ),
    )
  return row && { hold: toHold(row), overdueSeconds: Number(row.overdue ?? 0) }
}

import { databaseNow } from '../database/clock.ts'
import type { Database } from '../database/open-database.ts'
import { EVERYTHING, type Hold, type HoldKind } from './types.ts'

const MOST = 100

export interface HoldRow {
  readonly id: number
  readonly repository: string
  readonly tag: string
  readonly kind: HoldKind
  readonly holder: string
  readonly reason: string
  readonly taken_at: Date
  readonly expires_at: Date | null
  readonly deadline_at: Date | null
}

export const HOLD_COLUMNS = [
  'id',
  'repository',
  'tag',
  'kind',
  'holder',
  'reason',
  'taken_at',
  'expires_at',
  'deadline_at',
] as const

export const toHold = (row: HoldRow): Hold => ({
  epoch: Number(row.id),
  target: { repository: row.repository, tag: row.tag === EVERYTHING ? undefined : row.tag },
  kind: row.kind,
  holder: row.holder,
  reason: row.reason,
  takenAt: row.taken_at,
  expiresAt: row.expires_at ?? undefined,
  deadline: row.deadline_at ?? undefined,
})

/** The same as `inForce`, as text: every push asks, and has no time to have a statement made. */
export const IN_FORCE = `(expires_at IS NULL OR expires_at > UTC_TIMESTAMP(3)) LIMIT ${MOST}`

/**
 * Those in force, by the database's own clock; ended ones of that index are not even looked at. A
 * collecting fence has no end of its own: time alone opens it for nobody (R25).
 */
export const inForce = (database: Database) =>
  database<HoldRow>('holds')
    .where((either) =>
      either.whereNull('expires_at').orWhere('expires_at', '>', databaseNow(database)),
    )
    .limit(MOST)
    .select(...HOLD_COLUMNS)

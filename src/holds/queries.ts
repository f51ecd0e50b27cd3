import { readCausally } from '../database/causal-read.ts'
import { databaseNow, inSeconds } from '../database/clock.ts'
import type { Database } from '../database/open-database.ts'
import { HOLD_COLUMNS, type HoldRow, IN_FORCE, inForce, toHold } from './hold-rows.ts'
import { EVERYTHING, type Hold, type HoldKind, type HoldTarget } from './types.ts'

const KEPT_HOURS = 24
const FORGET_AT_ONCE = 100

const CONCERNING = `SELECT ${HOLD_COLUMNS.join(', ')} FROM holds
  WHERE repository IN (?, ?) AND tag IN (?, ?) AND ${IN_FORCE}`

/** Those that stop a write to a tag of a repository, or without one to no tag. */
export async function listConcerning(
  database: Database,
  { repository, tag = EVERYTHING }: HoldTarget,
): Promise<readonly Hold[]> {
  const bindings = [EVERYTHING, repository, EVERYTHING, tag]
  return (await readCausally<HoldRow>(database, { sql: CONCERNING, bindings })).map(toHold)
}

/** Those that reach into the target, or that the target reaches into. */
export async function listOverlapping(
  database: Database,
  target: HoldTarget,
): Promise<readonly Hold[]> {
  if (target.repository !== EVERYTHING && target.tag !== undefined) {
    return listConcerning(database, target)
  }
  const found = inForce(database)
  if (target.repository !== EVERYTHING) {
    found.whereIn('repository', [EVERYTHING, target.repository])
  }
  return (await readCausally<HoldRow>(database, found)).map(toHold)
}

/** When a hold is its holder's no more. */
const end = (database: Database) => database.raw('COALESCE(deadline_at, expires_at)')

/** @returns undefined when it is not the holder's any more */
export async function findHoldByEpoch(
  database: Database,
  { epoch, holder }: Pick<Hold, 'epoch' | 'holder'>,
): Promise<Hold | undefined> {
  const row: HoldRow | undefined = await database<HoldRow>('holds')
    .where({ id: epoch, holder })
    .andWhere(end(database), '>', databaseNow(database))
    .first(...HOLD_COLUMNS)
  return row && toHold(row)
}

export interface NewHold {
  readonly target: HoldTarget
  readonly kind: HoldKind
  readonly holder: string
  readonly reason: string
  /** Undefined: until it is released. Of a collecting fence these are only its holder's (R25). */
  readonly seconds: number | undefined
}

/** @returns its epoch */
export async function insertHold(
  database: Database,
  { target, kind, holder, reason, seconds }: NewHold,
): Promise<number> {
  const until = seconds === undefined ? null : inSeconds(database, seconds)
  const isFence = kind === 'collecting'
  const [id] = await database('holds').insert({
    repository: target.repository,
    tag: target.tag ?? EVERYTHING,
    kind,
    holder,
    reason,
    taken_at: databaseNow(database),
    expires_at: isFence ? null : until,
    deadline_at: isFence ? until : null,
  })
  return Number(id)
}

/** @returns whether it was still its holder's, and is now until then */
export async function extendHold(
  database: Database,
  { epoch, holder }: Pick<Hold, 'epoch' | 'holder'>,
  seconds: number,
): Promise<boolean> {
  const extended = await database('holds')
    .where({ id: epoch, holder })
    .andWhere(end(database), '>', databaseNow(database))
    .update({
      expires_at: database.raw('IF(expires_at IS NULL, NULL, ?)', [inSeconds(database, seconds)]),
      deadline_at: database.raw('IF(deadline_at IS NULL, NULL, ?)', [inSeconds(database, seconds)]),
    })
  return extended === 1
}

/** @returns whether it was there */
export async function deleteHold(
  database: Database,
  { epoch, holder }: Pick<Hold, 'epoch' | 'holder'>,
): Promise<boolean> {
  return (await database('holds').where({ id: epoch, holder }).delete()) === 1
}

/** The one that an administrator set, if the registry is read-only. */
export async function findReadOnly(database: Database): Promise<Hold | undefined> {
  const row: HoldRow | undefined = await database<HoldRow>('holds')
    .where({ repository: EVERYTHING, tag: EVERYTHING, kind: 'read-only' })
    .orderBy('id')
    .first(...HOLD_COLUMNS)
  return row && toHold(row)
}

export async function deleteReadOnly(transaction: Database): Promise<void> {
  await transaction('holds')
    .where({ repository: EVERYTHING, tag: EVERYTHING, kind: 'read-only' })
    .delete()
}

/** Takes away some of those that ended a day ago. */
export async function forgetEndedHolds(database: Database): Promise<void> {
  await database('holds')
    .where('expires_at', '<', database.raw('UTC_TIMESTAMP(3) - INTERVAL ? HOUR', [KEPT_HOURS]))
    .orderBy('expires_at')
    .limit(FORGET_AT_ONCE)
    .delete()
}

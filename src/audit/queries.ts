import type { Knex } from 'knex'
import { databaseNow } from '../database/clock.ts'
import type { Database } from '../database/open-database.ts'
import { nextStamp } from './stamp.ts'
import type { AuditFilter, AuditPosition, AuditRow, Outcome, StoredAuditRow } from './types.ts'

const MOST_AT_ONCE = 200

export const AUDIT_COLUMNS = [
  'id',
  'time',
  'actor_id',
  'actor_name',
  'on_behalf_of',
  'action',
  'target',
  'project',
  'outcome',
  'address',
  'user_agent',
  'request_id',
  'count',
  'replica',
  'sequence',
] as const

export interface AuditColumns {
  readonly id: number
  readonly time: Date
  readonly actor_id: number | null
  readonly actor_name: string
  readonly on_behalf_of: string | null
  readonly action: string
  readonly target: string
  readonly project: string | null
  readonly outcome: string
  readonly address: string | null
  readonly user_agent: string | null
  readonly request_id: string | null
  readonly count: number
  readonly replica: string | null
  readonly sequence: number | null
}

export const toStoredRow = (row: AuditColumns): StoredAuditRow => ({
  id: row.id,
  time: row.time,
  actorId: row.actor_id ?? undefined,
  actorName: row.actor_name,
  onBehalfOf: row.on_behalf_of ?? undefined,
  action: row.action,
  target: row.target,
  project: row.project ?? undefined,
  outcome: row.outcome as Outcome,
  address: row.address ?? undefined,
  userAgent: row.user_agent ?? undefined,
  requestId: row.request_id ?? undefined,
  count: row.count,
  replica: row.replica ?? undefined,
  sequence: row.sequence ?? undefined,
})

const toColumns = (database: Database, row: AuditRow) => ({
  time: databaseNow(database),
  actor_id: row.actorId ?? null,
  actor_name: row.actorName,
  on_behalf_of: row.onBehalfOf ?? null,
  action: row.action,
  target: row.target,
  project: row.project ?? null,
  outcome: row.outcome,
  address: row.address ?? null,
  user_agent: row.userAgent ?? null,
  request_id: row.requestId ?? null,
  count: row.count ?? 1,
  ...nextStamp(),
})

export async function insertAudit(database: Database, row: AuditRow): Promise<void> {
  await database('audit').insert(toColumns(database, row))
}

export async function insertAuditRows(
  database: Database,
  rows: readonly AuditRow[],
): Promise<void> {
  for (let at = 0; at < rows.length; at += MOST_AT_ONCE) {
    const some = rows.slice(at, at + MOST_AT_ONCE)
    await database('audit').insert(some.map((row) => toColumns(database, row)))
  }
}

/** Filters that an index begins with, the one that leaves the fewest rows first. */
const LEADS = [
  { field: 'target', column: 'target', index: 'audit_target' },
  { field: 'actor', column: 'actor_name', index: 'audit_actor' },
  { field: 'project', column: 'project', index: 'audit_project' },
  { field: 'action', column: 'action', index: 'audit_action' },
  { field: 'outcome', column: 'outcome', index: 'audit_outcome' },
] as const

const leadOf = (filter: AuditFilter) => LEADS.find(({ field }) => filter[field] !== undefined)

/** Whether an index alone finds every row that is wanted, and none that is not. */
export function isWholeIndex(filter: AuditFilter): boolean {
  const equal = LEADS.filter(({ field }) => filter[field] !== undefined)
  return equal.length <= 1 && filter.targetPrefix === undefined
}

/**
 * Rows by the one index that fits the filter, newest first: it is named, since a server that guessed
 * would now and then sort the table. All times are part of it, the other filters are not.
 */
function byIndex(
  database: Database,
  filter: AuditFilter,
  before: AuditPosition | undefined,
): Knex.QueryBuilder {
  const lead = leadOf(filter)
  const { since, until } = filter
  const query: Knex.QueryBuilder = database.queryBuilder()
  query.from(database.raw('audit FORCE INDEX (??)', [lead?.index ?? 'audit_time'])).orderBy([
    { column: 'time', order: 'desc' },
    { column: 'id', order: 'desc' },
  ])
  if (lead !== undefined) query.where(lead.column, filter[lead.field])
  if (since !== undefined) query.where('time', '>=', since)
  if (until !== undefined) query.where('time', '<', until)
  if (before === undefined) return query
  return query
    .where('time', '<=', before.time)
    .where((older) => older.where('time', '<', before.time).orWhere('id', '<', before.id))
}

/**
 * The row `size` rows on, before any filter but that of the index.
 *
 * @returns undefined when there are not so many
 */
export async function findWindowEnd(
  database: Database,
  {
    filter,
    before,
    size,
  }: {
    readonly filter: AuditFilter
    readonly before: AuditPosition | undefined
    readonly size: number
  },
): Promise<AuditPosition | undefined> {
  const row = await byIndex(database, filter, before)
    .offset(size - 1)
    .first<AuditPosition | undefined>('time', 'id')
  return row && { time: row.time, id: row.id }
}

export interface ListAuditInput {
  readonly filter: AuditFilter
  /** Rows after this one, which are older. */
  readonly before: AuditPosition | undefined
  /** The oldest row that is looked at. */
  readonly end: AuditPosition | undefined
  readonly most: number
}

const asPrefix = (text: string): string => `${text.replace(/[\\%_]/g, '\\$&')}%`

/** Rows that fit the whole filter, newest first. */
export async function listAudit(
  database: Database,
  { filter, before, end, most }: ListAuditInput,
): Promise<readonly StoredAuditRow[]> {
  const query = byIndex(database, filter, before).limit(most)
  for (const { field, column } of LEADS) {
    if (filter[field] !== undefined) query.where(column, filter[field])
  }
  if (filter.targetPrefix !== undefined) {
    query.where('target', 'like', asPrefix(filter.targetPrefix))
  }
  if (end !== undefined) {
    query
      .where('time', '>=', end.time)
      .where((newer) => newer.where('time', '>', end.time).orWhere('id', '>=', end.id))
  }
  const rows: AuditColumns[] = await query.select(...AUDIT_COLUMNS)
  return rows.map(toStoredRow)
}

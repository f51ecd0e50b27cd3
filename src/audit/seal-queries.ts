import type { Database } from '../database/open-database.ts'
import { AUDIT_COLUMNS, type AuditColumns, toStoredRow } from './queries.ts'
import type { Link, SealedAuditRow, StoredAuditRow } from './types.ts'

interface SealedColumns extends AuditColumns {
  readonly seal: number
  readonly mac: string
}

const toSealedRow = (row: SealedColumns): SealedAuditRow => ({
  ...toStoredRow(row),
  seal: row.seal,
  mac: row.mac,
})

/**
 * Rows that have no number yet, those that were written first as good as always: a server that had
 * to promise the order would sort all that wait, and any order makes a chain.
 */
export async function listUnsealed(
  database: Database,
  most: number,
): Promise<readonly StoredAuditRow[]> {
  const rows: AuditColumns[] = await database
    .queryBuilder()
    .from(database.raw('audit FORCE INDEX (audit_seal)'))
    .whereNull('seal')
    .limit(most)
    .select(...AUDIT_COLUMNS)
  return rows.map(toStoredRow).toSorted((a, b) => a.id - b.id)
}

export async function countUnsealed(database: Database): Promise<number> {
  const row = await database('audit').whereNull('seal').count({ rows: '*' }).first()
  return Number(row?.rows)
}

/** @returns how many rows took their number: one that has one already keeps it */
export async function updateSeals(
  transaction: Database,
  links: readonly (Link & { readonly id: number })[],
): Promise<number> {
  const cases = links.map(() => 'WHEN ? THEN ?').join(' ')
  const result = await transaction.raw(
    `UPDATE audit FORCE INDEX (PRIMARY) SET seal = CASE id ${cases} END, mac = CASE id ${cases} END
      WHERE id IN (${links.map(() => '?').join(',')}) AND seal IS NULL`,
    [
      ...links.flatMap(({ id, seal }) => [id, seal]),
      ...links.flatMap(({ id, mac }) => [id, mac]),
      ...links.map(({ id }) => id),
    ],
  )
  return result[0].affectedRows
}

/** Rows of the chain in their order, those with a number above `after` and at most `until`. */
export async function listSealed(
  database: Database,
  {
    after,
    until = Number.MAX_SAFE_INTEGER,
    most,
  }: { readonly after: number; readonly until?: number; readonly most: number },
): Promise<readonly SealedAuditRow[]> {
  const rows: SealedColumns[] = await database
    .queryBuilder()
    .from(database.raw('audit FORCE INDEX (audit_seal)'))
    .where('seal', '>', after)
    .where('seal', '<=', until)
    .orderBy('seal')
    .limit(most)
    .select(...AUDIT_COLUMNS, 'seal', 'mac')
  return rows.map(toSealedRow)
}

/** @returns 0 when no row has one */
export async function findLastSeal(database: Database): Promise<number> {
  const row = await database('audit').max({ seal: 'seal' }).first()
  return Number(row?.seal ?? 0)
}

/** The time before which rows are older than so many days, by the database's clock. */
export async function findAgeLimit(database: Database, days: number): Promise<Date> {
  const [[row]] = await database.raw('SELECT UTC_TIMESTAMP(3) - INTERVAL ? DAY AS time', [days])
  return row.time
}

/** @returns how many rows went */
export async function removeSealed(transaction: Database, until: number): Promise<number> {
  return transaction('audit').where('seal', '<=', until).delete()
}

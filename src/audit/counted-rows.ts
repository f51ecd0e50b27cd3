import type { Database } from '../database/open-database.ts'
import { insertAuditRows } from './queries.ts'
import type { AuditRow } from './types.ts'

export interface CountedRowsDeps {
  readonly database: Database
  /** Rows that are told apart at once; more than these are counted together. */
  readonly most: number
  /** How often one row is written at most, whatever happens. */
  readonly everyMs: number
  /** The row of all that cannot be told apart. */
  readonly overflow: AuditRow
  readonly monotonicMs: () => number
}

/** Things that happen too often for a row each: counted in memory, written as rows with a count. */
export interface CountedRows {
  /** Rows that differ in nothing but time, user agent and request id are one. */
  readonly count: (row: AuditRow) => void
  /** Writes what is new at once, and what goes on once in a while. @throws when the database fails */
  readonly flush: (input?: { readonly isLast: boolean }) => Promise<void>
}

interface Entry {
  row: AuditRow
  pending: number
  writtenAtMs: number | undefined
}

const keyOf = ({ actorName, onBehalfOf, action, target, outcome, address }: AuditRow): string =>
  [actorName, onBehalfOf, action, target, outcome, address].join('\n')

/** Makes such a counter: a look into a map for each, and memory that is bounded. */
export function createCountedRows(deps: CountedRowsDeps): CountedRows {
  const { database, most, everyMs, overflow, monotonicMs } = deps
  const entries = new Map<string, Entry>()
  const others: Entry = { row: overflow, pending: 0, writtenAtMs: undefined }

  const entryFor = (row: AuditRow): Entry => {
    const key = keyOf(row)
    const known = entries.get(key)
    if (known !== undefined) return known
    if (entries.size >= most) return others
    const entry: Entry = { row, pending: 0, writtenAtMs: undefined }
    entries.set(key, entry)
    return entry
  }
  const count = (row: AuditRow): void => {
    const entry = entryFor(row)
    if (entry !== others && entry.pending === 0) entry.row = row
    entry.pending += row.count ?? 1
  }
  const isOver = ({ writtenAtMs }: Entry): boolean =>
    writtenAtMs === undefined || monotonicMs() - writtenAtMs >= everyMs

  const flush: CountedRows['flush'] = async ({ isLast } = { isLast: false }) => {
    for (const [key, entry] of entries) {
      if (entry.pending === 0 && isOver(entry)) entries.delete(key)
    }
    const due = [...entries.values(), others]
      .filter((entry) => entry.pending > 0 && (isLast || isOver(entry)))
      .map((entry) => ({ entry, row: entry.row, count: entry.pending }))
    await insertAuditRows(
      database,
      due.map(({ row, count: times }) => ({ ...row, count: times })),
    )
    for (const { entry, count: times } of due) {
      entry.pending -= times
      entry.writtenAtMs = monotonicMs()
    }
  }
  return { count, flush }
}

import type { Database } from '../database/open-database.ts'
import { findWindowEnd, isWholeIndex, listAudit } from './queries.ts'
import type { AuditFilter, AuditPosition, StoredAuditRow } from './types.ts'

/** The most rows that are looked at for one page, whatever few of them fit. */
const WINDOW = 500
const EXPORT_PAGE = 500

export interface AuditPage {
  readonly items: readonly StoredAuditRow[]
  /** Where the next page begins; undefined at the end. */
  readonly next: AuditPosition | undefined
}

export interface ReadAuditInput {
  readonly filter: AuditFilter
  readonly before: AuditPosition | undefined
  readonly most: number
  readonly window?: number
}

/**
 * Reads one page, the newest rows first. No page costs more than a look at 500 rows: where an index
 * cannot serve every filter at once, a page may be short, or empty, and have a next one.
 */
export async function readAuditPage(
  database: Database,
  { filter, before, most, window = WINDOW }: ReadAuditInput,
): Promise<AuditPage> {
  const end = isWholeIndex(filter)
    ? undefined
    : await findWindowEnd(database, { filter, before, size: window })
  const rows = await listAudit(database, { filter, before, end, most: most + 1 })
  const items = rows.slice(0, most)
  const last = items.at(-1)
  if (rows.length > most && last !== undefined) return { items, next: last }
  return { items, next: end }
}

/** Reads page after page, each when the one before was taken: whoever reads slowly is waited for. */
export async function* walkAudit(
  database: Database,
  filter: AuditFilter,
): AsyncGenerator<readonly StoredAuditRow[]> {
  let before: AuditPosition | undefined
  do {
    const page = await readAuditPage(database, { filter, before, most: EXPORT_PAGE })
    yield page.items
    before = page.next
  } while (before !== undefined)
}

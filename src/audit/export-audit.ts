import { Readable } from 'node:stream'
import type { Database } from '../database/open-database.ts'
import { walkAudit } from './list-audit.ts'
import { CSV_HEAD, presentAudit, toCsvLine, toJsonLine } from './present-audit.ts'
import type { AuditFilter, StoredAuditRow } from './types.ts'

export const EXPORT_FORMATS = ['csv', 'jsonl'] as const

export type ExportFormat = (typeof EXPORT_FORMATS)[number]

/** What is kept ready for a reader who does not take it. */
const BUFFER_BYTES = 64 * 1024

type Pages = AsyncGenerator<readonly StoredAuditRow[]>

async function* toText(
  format: ExportFormat,
  first: readonly StoredAuditRow[],
  rest: Pages,
): AsyncGenerator<string> {
  const toLine = format === 'csv' ? toCsvLine : toJsonLine
  const text = (rows: readonly StoredAuditRow[]): string =>
    rows.map((row) => toLine(presentAudit(row))).join('')
  yield (format === 'csv' ? CSV_HEAD : '') + text(first)
  for await (const rows of rest) {
    // An empty chunk would end the stream.
    if (rows.length > 0) yield text(rows)
  }
}

/**
 * Opens the export of every row that fits, newest first, as text. Pages are read as they are taken,
 * so memory does not grow with the rows, and no connection is held in between.
 *
 * @throws what the database throws at the first page; later it breaks the stream off
 */
export async function exportAudit(
  database: Database,
  { filter, format }: { readonly filter: AuditFilter; readonly format: ExportFormat },
): Promise<Readable> {
  const pages = walkAudit(database, filter)
  const first = await pages.next()
  const text = toText(format, first.value ?? [], pages)
  return Readable.from(text, { objectMode: false, highWaterMark: BUFFER_BYTES })
}

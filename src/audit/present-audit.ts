import { z } from 'zod'
import { OUTCOMES, type StoredAuditRow } from './types.ts'

export const auditSchema = z
  .object({
    time: z.iso.datetime(),
    actor: z.string(),
    onBehalfOf: z.string().nullable(),
    action: z.string(),
    target: z.string(),
    project: z.string().nullable(),
    outcome: z.enum(OUTCOMES),
    count: z.int(),
    address: z.string().nullable(),
    userAgent: z.string().nullable(),
    requestId: z.string().nullable(),
  })
  .meta({ id: 'AuditRow' })

export type AuditItem = z.output<typeof auditSchema>

export const presentAudit = (row: StoredAuditRow): AuditItem => ({
  time: row.time.toISOString(),
  actor: row.actorName,
  onBehalfOf: row.onBehalfOf ?? null,
  action: row.action,
  target: row.target,
  project: row.project ?? null,
  outcome: row.outcome,
  count: row.count,
  address: row.address ?? null,
  userAgent: row.userAgent ?? null,
  requestId: row.requestId ?? null,
})

const COLUMNS = Object.keys(auditSchema.shape) as readonly (keyof AuditItem)[]

/** What spreadsheets take for the beginning of a formula, also in its full width. */
const FORMULA = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/

/**
 * One cell of RFC 4180. A text that a spreadsheet would run gets an apostrophe in front, which makes
 * it a text there.
 */
export function csvCell(value: string | number | null): string {
  if (typeof value === 'number') return String(value)
  const text = value ?? ''
  const harmless = FORMULA.test(text) ? `'${text}` : text
  return `"${harmless.replaceAll('"', '""')}"`
}

export const CSV_HEAD = `${COLUMNS.join(',')}\r\n`

export const toCsvLine = (item: AuditItem): string =>
  `${COLUMNS.map((column) => csvCell(item[column])).join(',')}\r\n`

export const toJsonLine = (item: AuditItem): string => `${JSON.stringify(item)}\n`

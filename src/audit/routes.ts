import { z } from 'zod'
import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import { pageQuery, pageSchema, presentPage, readCursor } from '../http/page.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { EXPORT_FORMATS, exportAudit } from './export-audit.ts'
import { readAuditPage } from './list-audit.ts'
import { auditSchema, presentAudit } from './present-audit.ts'
import { type AuditFilter, type AuditPosition, OUTCOMES } from './types.ts'

/** What of the record a caller may read. */
export interface AuditScope {
  /** Rows before this are of an earlier project of the same name. */
  readonly since: Date | undefined
}

/**
 * Asks who decides, which stands in a higher room: about all rows, or those of one project.
 *
 * @throws AppError UNAUTHORIZED (401), DENIED (403), PROJECT_UNKNOWN (404)
 */
export type RequireAuditRead = (caller: Caller, project: string | undefined) => Promise<AuditScope>

export interface AuditRoutesDeps {
  readonly database: Database
  readonly requireAuditRead: RequireAuditRead
}

const name = (longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    .regex(/^[\x21-\x7e]+$/, 'must be plain letters, digits and signs')

const instant = z.iso
  .datetime({ offset: true, error: 'must be a time like 2026-01-31T08:00:00Z' })
  .transform((text) => new Date(text))

const filterQuery = {
  actor: name(128).optional(),
  action: name(64).optional(),
  project: name(64).optional(),
  target: z.string().min(1).max(400).optional(),
  targetPrefix: z.string().min(1).max(400).optional(),
  outcome: z.enum(OUTCOMES).optional(),
  since: instant.optional(),
  until: instant.optional(),
}

const POSITION = /^(\d{1,15})\.(\d{1,15})$/

const toKey = ({ time, id }: AuditPosition): string => `${time.getTime()}.${id}`

/** @throws AppError REQUEST_INVALID (400) when it is not a cursor of ours */
function readPosition(cursor: string | undefined): AuditPosition | undefined {
  if (cursor === undefined) return undefined
  const [, ms, id] = POSITION.exec(readCursor(cursor)) ?? []
  if (ms !== undefined && id !== undefined) return { time: new Date(Number(ms)), id: Number(id) }
  throw new AppError('REQUEST_INVALID', {
    detail: 'the cursor is not one that this list gave out; begin again without it',
    faults: [{ pointer: 'cursor', detail: 'is not known' }],
  })
}

const later = (a: Date | undefined, b: Date | undefined): Date | undefined =>
  a === undefined || (b !== undefined && b > a) ? b : a

async function limitFilter(
  { requireAuditRead }: AuditRoutesDeps,
  caller: Caller,
  filter: AuditFilter,
): Promise<AuditFilter> {
  const scope = await requireAuditRead(caller, filter.project)
  return { ...filter, since: later(filter.since, scope.since) }
}

const listRoute = (deps: AuditRoutesDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/audit',
    summary: 'Lists the audit record, newest first',
    refusals: [404],
    query: z.strictObject({ ...filterQuery, ...pageQuery }),
    answers: { 200: { description: 'A page of rows', schema: pageSchema(auditSchema) } },
    handle: async ({ caller, query: { limit, cursor, ...asked }, url }) => {
      const filter = await limitFilter(deps, caller, asked)
      const before = readPosition(cursor)
      const { items, next } = await readAuditPage(deps.database, { filter, before, most: limit })
      return presentPage({ items, next: next && toKey(next) }, presentAudit, url)
    },
  })

const TYPES = { csv: 'text/csv', jsonl: 'application/jsonl' } as const
const MEDIA_TYPES = Object.values(TYPES)

const exportRoute = (deps: AuditRoutesDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/audit/export',
    summary: 'Exports the audit record as CSV or JSON lines, newest first',
    etag: false,
    refusals: [404],
    query: z.strictObject({ ...filterQuery, format: z.enum(EXPORT_FORMATS) }),
    answers: {
      200: { description: 'All rows, as a stream', schema: z.string(), type: MEDIA_TYPES },
    },
    handle: async ({ caller, query: { format, ...asked } }) => {
      const filter = await limitFilter(deps, caller, asked)
      const body = await exportAudit(deps.database, { filter, format })
      const headers = {
        'Content-Type': `${TYPES[format]}; charset=utf-8`,
        'Content-Disposition': `attachment; filename="audit.${format}"`,
      }
      return { status: 200, body, headers }
    },
  })

/** The record can be read and not written: rows come from what is done. */
export const createAuditRoutes = (deps: AuditRoutesDeps): readonly Route[] => [
  listRoute(deps),
  exportRoute(deps),
]

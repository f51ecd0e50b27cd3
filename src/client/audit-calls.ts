import { z } from 'zod'
import { type ListInput, type Listing, readList } from './list.ts'
import type { ApiTransport } from './transport.ts'

/** Loose, as all answers are read: see `answers.ts`. */
export const auditRowSchema = z.looseObject({
  time: z.string(),
  actor: z.string(),
  onBehalfOf: z.string().nullable(),
  action: z.string(),
  target: z.string(),
  project: z.string().nullable(),
  outcome: z.string(),
  count: z.number(),
  address: z.string().nullable(),
  userAgent: z.string().nullable(),
  requestId: z.string().nullable(),
})

export type AuditRowAnswer = z.output<typeof auditRowSchema>

/** Times are RFC 3339; what is left out is not asked about. */
export interface AuditFilterInput {
  readonly actor?: string | undefined
  readonly action?: string | undefined
  readonly project?: string | undefined
  readonly target?: string | undefined
  readonly targetPrefix?: string | undefined
  readonly outcome?: string | undefined
  readonly since?: string | undefined
  readonly until?: string | undefined
}

export interface AuditCalls {
  readonly listAudit: (
    filter: AuditFilterInput,
    input?: ListInput,
  ) => Promise<Listing<AuditRowAnswer>>
  /** All rows that fit, newest first, as text. */
  readonly exportAudit: (
    filter: AuditFilterInput,
    format: 'csv' | 'jsonl',
  ) => Promise<AsyncIterable<Buffer>>
}

const toQuery = (filter: AuditFilterInput): Record<string, string> =>
  Object.fromEntries(
    Object.entries(filter).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )

export const auditCalls = (api: ApiTransport): AuditCalls => ({
  listAudit: (filter, input) =>
    readList(api, { ...input, path: ['audit'], query: toQuery(filter), item: auditRowSchema }),
  exportAudit: (filter, format) =>
    api.stream({ method: 'GET', path: ['audit', 'export'], query: { ...toQuery(filter), format } }),
})

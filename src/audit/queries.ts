import type { Database } from '../database/open-database.ts'

export interface AuditRow {
  readonly actorId?: number | undefined
  readonly actorName: string
  readonly action: string
  readonly target: string
  readonly project?: string
  readonly outcome: string
  readonly address?: string
  readonly userAgent?: string | undefined
  readonly requestId?: string
}

export async function insertAudit(database: Database, row: AuditRow): Promise<void> {
  await database('audit').insert({
    time: database.raw('UTC_TIMESTAMP(3)'),
    actor_id: row.actorId ?? null,
    actor_name: row.actorName,
    action: row.action,
    target: row.target,
    project: row.project ?? null,
    outcome: row.outcome,
    address: row.address ?? null,
    user_agent: row.userAgent ?? null,
    request_id: row.requestId ?? null,
  })
}

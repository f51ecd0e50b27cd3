import type { Database } from '../database/open-database.ts'
import type { Versioned } from '../database/versioned-cache.ts'
import { readRules } from './immutable-tags/stored-rules.ts'
import type { ProjectPolicies } from './types.ts'

interface VersionedRow {
  readonly epoch: string
  readonly counter: number
  readonly id: number | null
  readonly created_at: Date
  readonly rules: unknown
  readonly limit_bytes: number | null
}

/** The policies of a project, and the change version, read in one statement. */
export async function findVersionedPolicies(
  database: Database,
  name: string,
): Promise<Versioned<ProjectPolicies>> {
  const [[row]] = (await database.raw(
    `SELECT v.epoch, v.counter, p.id, p.created_at, r.rules, q.limit_bytes
       FROM change_version v
       LEFT JOIN projects p ON p.name = ?
       LEFT JOIN immutable_tag_rules r ON r.project_id = p.id
       LEFT JOIN project_quotas q ON q.project_id = p.id
      WHERE v.id = 1`,
    [name],
  )) as [readonly VersionedRow[]]
  if (row === undefined) throw new Error('the database has no change version')
  const version = { epoch: row.epoch, counter: Number(row.counter) }
  if (row.id === null) return { version, value: undefined }
  const value = {
    projectId: row.id,
    createdAt: row.created_at,
    immutableTags: readRules(row.rules),
    limitBytes: row.limit_bytes ?? undefined,
  }
  return { version, value }
}

/** Ends what a project set, with the project. */
export async function deletePoliciesOf(transaction: Database, projectId: number): Promise<void> {
  await transaction('immutable_tag_rules').where({ project_id: projectId }).delete()
  await transaction('project_quotas').where({ project_id: projectId }).delete()
}

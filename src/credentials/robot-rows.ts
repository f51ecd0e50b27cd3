import { findGroupsById } from '../accounts/group-queries.ts'
import type { Database } from '../database/open-database.ts'
import type { CredentialPermission } from '../protocol/subject.ts'
import { toList } from './queries.ts'
import type { Robot } from './types.ts'

export interface RobotRow {
  readonly id: number
  readonly name: string
  readonly description: string | null
  readonly permissions: string | readonly CredentialPermission[]
  readonly networks: string | readonly string[] | null
  readonly on_behalf_group_id: number | null
  readonly previous_ends_at: Date | null
  readonly expires_at: Date | null
  readonly disabled_at: Date | null
  readonly last_used_at: Date | null
  readonly created_at: Date
  readonly updated_at: Date
}

export const COLUMNS = [
  'id',
  'name',
  'description',
  'permissions',
  'networks',
  'on_behalf_group_id',
  'previous_ends_at',
  'expires_at',
  'disabled_at',
  'last_used_at',
  'created_at',
  'updated_at',
] as const

const toRobot = (row: RobotRow, groups: ReadonlyMap<number, string>): Robot => ({
  id: row.id,
  name: row.name,
  description: row.description ?? undefined,
  permissions: toList(row.permissions),
  networks: row.networks === null ? undefined : toList(row.networks),
  onBehalfOf: row.on_behalf_group_id === null ? undefined : groups.get(row.on_behalf_group_id),
  onBehalfGroupId: row.on_behalf_group_id ?? undefined,
  expiresAt: row.expires_at ?? undefined,
  disabled: row.disabled_at !== null,
  previousSecretEndsAt: row.previous_ends_at ?? undefined,
  lastUsedAt: row.last_used_at ?? undefined,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

/** Robots of rows, with the names of the groups that they may act for. */
export async function toRobots(
  database: Database,
  rows: readonly RobotRow[],
): Promise<readonly Robot[]> {
  const ids = new Set(rows.flatMap(({ on_behalf_group_id: id }) => (id === null ? [] : [id])))
  const groups = await findGroupsById(database, [...ids])
  const names = new Map(groups.map(({ id, name }) => [id, name]))
  return rows.map((row) => toRobot(row, names))
}

import type { Database } from '../database/open-database.ts'
import type { Versioned } from '../database/versioned-cache.ts'
import type { CredentialPermission } from '../protocol/subject.ts'
import { toList } from './queries.ts'
import { inProject, robotUsername } from './robot-name.ts'
import { SYSTEM } from './robot-queries.ts'
import type { RobotWithSecrets } from './types.ts'

interface VersionedRow {
  readonly epoch: string
  readonly counter: number
  readonly id: number | null
  readonly project_id: number
  readonly permissions: string | readonly CredentialPermission[]
  readonly networks: string | readonly string[] | null
  readonly on_behalf_group_id: number | null
  readonly expires_at: Date | null
  readonly disabled_at: Date | null
  readonly secret_hash: string
  readonly previous_secret_hash: string | null
  readonly previous_ends_at: Date | null
}

const toPrevious = (row: VersionedRow): RobotWithSecrets['previous'] =>
  row.previous_secret_hash === null || row.previous_ends_at === null
    ? undefined
    : { secretHash: row.previous_secret_hash, endsAt: row.previous_ends_at }

/**
 * A robot by what it signs in as, and the change version, read in one statement.
 *
 * @param project undefined for a robot of the system
 */
export async function findVersionedRobot(
  database: Database,
  { project, name }: { readonly project: string | undefined; readonly name: string },
): Promise<Versioned<RobotWithSecrets>> {
  const [[row]] = (await database.raw(
    `SELECT v.epoch, v.counter, r.id, r.project_id, r.permissions, r.networks,
            r.on_behalf_group_id, r.expires_at, r.disabled_at, r.secret_hash, r.previous_secret_hash,
            r.previous_ends_at
       FROM change_version v
       LEFT JOIN projects p ON p.name = ?
       LEFT JOIN robots r ON r.project_id = ${project === undefined ? SYSTEM : 'p.id'} AND r.name = ?
      WHERE v.id = 1`,
    [project ?? '', name],
  )) as [readonly VersionedRow[]]
  if (row === undefined) throw new Error('the database has no change version')
  const version = { epoch: row.epoch, counter: Number(row.counter) }
  if (row.id === null) return { version, value: undefined }
  const value: RobotWithSecrets = {
    id: row.id,
    username: robotUsername(project, name),
    projectId: project === undefined ? undefined : row.project_id,
    permissions: inProject(project, toList(row.permissions)),
    networks: row.networks === null ? undefined : toList(row.networks),
    onBehalfGroupId: row.on_behalf_group_id ?? undefined,
    expiresAt: row.expires_at ?? undefined,
    disabled: row.disabled_at !== null,
    secretHash: row.secret_hash,
    previous: toPrevious(row),
  }
  return { version, value }
}

import type { Database } from '../database/open-database.ts'
import type { CredentialPermission } from '../protocol/subject.ts'
import { toList } from './queries.ts'
import type { Robot } from './types.ts'

/** Stands for no project: a key with NULL in it would not keep names apart. */
export const SYSTEM = 0

interface RobotRow {
  readonly id: number
  readonly name: string
  readonly description: string | null
  readonly permissions: string | readonly CredentialPermission[]
  readonly networks: string | readonly string[] | null
  readonly previous_ends_at: Date | null
  readonly expires_at: Date | null
  readonly disabled_at: Date | null
  readonly last_used_at: Date | null
  readonly created_at: Date
  readonly updated_at: Date
}

const COLUMNS = [
  'id',
  'name',
  'description',
  'permissions',
  'networks',
  'previous_ends_at',
  'expires_at',
  'disabled_at',
  'last_used_at',
  'created_at',
  'updated_at',
] as const

const toRobot = (row: RobotRow): Robot => ({
  id: row.id,
  name: row.name,
  description: row.description ?? undefined,
  permissions: toList(row.permissions),
  networks: row.networks === null ? undefined : toList(row.networks),
  expiresAt: row.expires_at ?? undefined,
  disabled: row.disabled_at !== null,
  previousSecretEndsAt: row.previous_ends_at ?? undefined,
  lastUsedAt: row.last_used_at ?? undefined,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

/** Where robots are looked for: one project, or the system where it is undefined. */
export interface RobotPlace {
  readonly projectId: number | undefined
}

/** Robots of a project or of the system by name, those after `after`, at most `most`. */
export async function listRobots(
  database: Database,
  { projectId, after, most }: RobotPlace & { readonly after: string; readonly most: number },
): Promise<readonly Robot[]> {
  const rows = await database('robots')
    .where({ project_id: projectId ?? SYSTEM })
    .where('name', '>', after)
    .orderBy('name')
    .limit(most)
    .select<RobotRow[]>(...COLUMNS)
  return rows.map(toRobot)
}

export async function findRobot(
  database: Database,
  { projectId, name }: RobotPlace & { readonly name: string },
): Promise<Robot | undefined> {
  const row = await database('robots')
    .where({ project_id: projectId ?? SYSTEM, name })
    .first<RobotRow | undefined>(...COLUMNS)
  return row && toRobot(row)
}

export async function countRobots(database: Database, { projectId }: RobotPlace): Promise<number> {
  const rows = await database('robots')
    .where({ project_id: projectId ?? SYSTEM })
    .count<{ count: number }[]>({ count: '*' })
  return rows[0]?.count ?? 0
}

/** What of a robot is set from outside. */
export interface RobotState {
  readonly description: string | undefined
  readonly permissions: readonly CredentialPermission[]
  readonly networks: readonly string[] | undefined
  readonly expiresAt: Date | undefined
  readonly disabled: boolean
}

const toColumns = (state: RobotState) => ({
  description: state.description ?? null,
  permissions: JSON.stringify(state.permissions),
  networks: state.networks ? JSON.stringify(state.networks) : null,
  expires_at: state.expiresAt ?? null,
})

/** A taken name is a duplicate key. */
export async function insertRobot(
  database: Database,
  {
    projectId,
    name,
    state,
    secretHash,
    now,
  }: RobotPlace & {
    readonly name: string
    readonly state: RobotState
    readonly secretHash: string
    readonly now: Date
  },
): Promise<void> {
  await database('robots').insert({
    project_id: projectId ?? SYSTEM,
    name,
    ...toColumns(state),
    disabled_at: state.disabled ? now : null,
    secret_hash: secretHash,
    version: 1,
    created_at: now,
    updated_at: now,
  })
}

export async function updateRobot(
  database: Database,
  id: number,
  {
    state,
    wasDisabled,
    now,
  }: { readonly state: RobotState; readonly wasDisabled: boolean; readonly now: Date },
): Promise<void> {
  await database('robots')
    .where({ id })
    .update({
      ...toColumns(state),
      ...(state.disabled !== wasDisabled && { disabled_at: state.disabled ? now : null }),
      version: database.raw('version + 1'),
      updated_at: now,
    })
}

/** Gives a robot a new secret; the one it had works until `previousEndsAt`, an older one no more. */
export async function rotateSecret(
  database: Database,
  id: number,
  {
    secretHash,
    previousEndsAt,
    now,
  }: { readonly secretHash: string; readonly previousEndsAt: Date; readonly now: Date },
): Promise<void> {
  // MySQL sets columns from left to right, so the old hash is saved first.
  await database.raw(
    `UPDATE robots
        SET previous_secret_hash = secret_hash, previous_ends_at = ?, secret_hash = ?,
            version = version + 1, updated_at = ?
      WHERE id = ?`,
    [previousEndsAt, secretHash, now, id],
  )
}

export async function deleteRobot(database: Database, id: number): Promise<void> {
  await database('robots').where({ id }).delete()
}

/** Deletes all robots of a project. */
export async function deleteRobotsOf(database: Database, projectId: number): Promise<void> {
  await database('robots').where({ project_id: projectId }).delete()
}

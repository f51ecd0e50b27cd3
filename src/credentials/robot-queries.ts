import type { Database } from '../database/open-database.ts'
import type { CredentialPermission } from '../protocol/subject.ts'
import { COLUMNS, type RobotRow, toRobots } from './robot-rows.ts'
import type { Robot } from './types.ts'

/** Stands for no project: a key with NULL in it would not keep names apart. */
export const SYSTEM = 0

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
  return toRobots(database, rows)
}

export async function findRobot(
  database: Database,
  { projectId, name }: RobotPlace & { readonly name: string },
): Promise<Robot | undefined> {
  const row = await database('robots')
    .where({ project_id: projectId ?? SYSTEM, name })
    .first<RobotRow | undefined>(...COLUMNS)
  if (row === undefined) return undefined
  const [robot] = await toRobots(database, [row])
  return robot
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
  /** The group whose members it may act for. */
  readonly onBehalfGroupId: number | undefined
  readonly expiresAt: Date | undefined
  readonly disabled: boolean
}

const toColumns = (state: RobotState) => ({
  description: state.description ?? null,
  permissions: JSON.stringify(state.permissions),
  networks: state.networks ? JSON.stringify(state.networks) : null,
  on_behalf_group_id: state.onBehalfGroupId ?? null,
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

/** The robot, and the access tokens that it made on behalf of people. */
export async function deleteRobot(database: Database, id: number): Promise<void> {
  await database('access_tokens').where({ made_by_robot_id: id }).delete()
  await database('robots').where({ id }).delete()
}

/** Deletes all robots of a project. */
export async function deleteRobotsOf(database: Database, projectId: number): Promise<void> {
  await database('robots').where({ project_id: projectId }).delete()
}

import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import { authorize } from '../projects/authorize.ts'
import { findProjectRights } from '../projects/queries.ts'
import { requireProject, requireSystem, userIdOf } from '../projects/require-permission.ts'
import { findRobot } from './robot-queries.ts'
import type { Robot } from './types.ts'

export interface RobotDeps {
  readonly database: Database
  readonly now: () => Date
}

/** Where the robots are that somebody asks for. */
export interface RobotHome {
  readonly caller: Caller
  /** Name of the project; undefined for robots of the system. */
  readonly project: string | undefined
}

export interface RobotPath extends RobotHome {
  readonly name: string
}

export interface Place {
  /** Undefined for robots of the system. */
  readonly projectId: number | undefined
  /** When the caller's right to this ends by itself; undefined: not by time. */
  readonly rightsEnd: Date | undefined
}

/**
 * Lets a caller at the robots of a project, or at those of the system.
 *
 * @throws AppError UNAUTHORIZED (401), PROJECT_UNKNOWN (404), DENIED (403)
 */
export async function requirePlace(
  deps: RobotDeps,
  { caller, project: name }: RobotHome,
  permission: 'robot:read' | 'robot:write',
): Promise<Place> {
  if (name === undefined) {
    requireSystem(caller, permission)
    return { projectId: undefined, rightsEnd: undefined }
  }
  const { id } = await requireProject(deps, { caller, name, permission })
  const { subject } = caller
  const found = await findProjectRights(deps.database, {
    names: [name],
    userId: userIdOf(subject),
  })
  const question = { subject, rights: found.get(name), permission, now: deps.now() }
  return { projectId: id, rightsEnd: authorize(question).setUntil }
}

/** @throws AppError as `requirePlace`, and ROBOT_UNKNOWN (404) */
export async function requireRobot(
  deps: RobotDeps,
  path: RobotPath,
  permission: 'robot:read' | 'robot:write',
): Promise<Place & { readonly robot: Robot }> {
  const place = await requirePlace(deps, path, permission)
  const { name } = path
  const robot = await findRobot(deps.database, { projectId: place.projectId, name })
  if (robot === undefined) {
    const where = path.project === undefined ? 'of the system' : `in the project ${path.project}`
    throw new AppError('ROBOT_UNKNOWN', { detail: `there is no robot ${name} ${where}` })
  }
  return { ...place, robot }
}

import { refreshCaller } from '../accounts/refresh-caller.ts'
import { requireInPerson } from '../accounts/require-in-person.ts'
import { requireWholeCredential } from '../accounts/require-whole-credential.ts'
import { type AuditAction, recordAudit } from '../audit/record.ts'
import { inRightsChange } from '../database/change-version.ts'
import type { Database } from '../database/open-database.ts'
import type { Caller } from '../http/caller.ts'
import type { Check } from '../http/etag.ts'
import { requireWithin } from '../projects/require-within.ts'
import type { RobotWithSecret } from './create-robot.ts'
import { inProject, robotUsername } from './robot-name.ts'
import { type Place, type RobotDeps, type RobotPath, requireRobot } from './robot-place.ts'
import {
  deleteRobot,
  findRobot,
  type RobotState,
  rotateSecret,
  updateRobot,
} from './robot-queries.ts'
import { requireTargetGroup } from './robot-target.ts'
import { createSecret, hashSecret } from './secret.ts'
import type { Robot } from './types.ts'

interface ChangePath extends RobotPath {
  /** Called on the robot as it is, before anything changes. */
  readonly check?: Check<Robot>
}

interface FoundRobot extends Place {
  readonly transaction: Database
  readonly caller: Caller
  readonly robot: Robot
}

/**
 * Runs a change of one robot: who asks, and the robot, are read again where nobody else can change
 * them, every process hears of it, and it is written down.
 */
function changing<T>(
  deps: RobotDeps,
  path: ChangePath,
  { action, work }: { readonly action: AuditAction; readonly work: (f: FoundRobot) => Promise<T> },
): Promise<T> {
  const { project, name } = path
  return inRightsChange(deps.database, async ({ transaction, note }) => {
    const caller = await refreshCaller(transaction, path.caller)
    const inside = { ...deps, database: transaction }
    const found = await requireRobot(inside, { ...path, caller }, 'robot:write')
    requireInPerson(caller.subject)
    path.check?.(found.robot)
    await note({ kind: 'robot', id: found.robot.id })
    const result = await work({ ...found, transaction, caller })
    await recordAudit(transaction, caller, {
      action,
      target: robotUsername(project, name),
      ...(project !== undefined && { project }),
      outcome: 'done',
    })
    return result
  })
}

/** Who can be other people is made, and changed, with all rights of an administrator (R11). */
function requireWholeWhereActing(caller: Caller, groupId: number | undefined): void {
  if (groupId !== undefined) requireWholeCredential(caller)
}

/** Fields that are left out stay as they are; `null` empties one. */
export interface RobotChange {
  readonly description?: string | null | undefined
  readonly permissions?: RobotState['permissions'] | undefined
  readonly networks?: readonly string[] | null | undefined
  /** Name of the group whose members it may act for. */
  readonly onBehalfOf?: string | null | undefined
  readonly expiresAt?: Date | null | undefined
  readonly disabled?: boolean | undefined
}

const chosen = <T>(change: T | null | undefined, before: T | undefined): T | undefined =>
  change === undefined ? before : (change ?? undefined)

async function groupAfter(
  database: Database,
  robot: Robot,
  { onBehalfOf }: RobotChange,
): Promise<number | undefined> {
  if (onBehalfOf === undefined) return robot.onBehalfGroupId
  return requireTargetGroup(database, onBehalfOf ?? undefined)
}

const stateAfter = (robot: Robot, change: RobotChange): Omit<RobotState, 'onBehalfGroupId'> => ({
  description: chosen(change.description, robot.description),
  permissions: change.permissions ?? robot.permissions,
  networks: chosen(change.networks, robot.networks),
  expiresAt: chosen(change.expiresAt, robot.expiresAt),
  disabled: change.disabled ?? robot.disabled,
})

/**
 * Changes a robot. What it may do afterwards has to be within what the caller may (R11), and one that
 * may act for others is changed with all rights alone; only to switch one off takes no more than the
 * right to change robots.
 *
 * @throws AppError UNAUTHORIZED (401), PROJECT_UNKNOWN, ROBOT_UNKNOWN (404), DENIED (403)
 * @throws AppError REQUEST_INVALID (400) when there is no such group
 * @throws AppError PRECONDITION_FAILED (412) by `check`
 */
export async function changeRobot(
  deps: RobotDeps,
  { change, ...path }: ChangePath & { readonly change: RobotChange },
): Promise<Robot> {
  await requireRobot(deps, path, 'robot:write')
  return changing(deps, path, {
    action: 'robot.update',
    work: async ({ transaction, caller, robot, projectId, rightsEnd }) => {
      const onBehalfGroupId = await groupAfter(transaction, robot, change)
      const state = { ...stateAfter(robot, change), onBehalfGroupId }
      const wanted = { ...state, permissions: inProject(path.project, state.permissions) }
      const { disabled, ...rest } = change
      const isSwitchedOff = disabled === true && Object.keys(rest).length === 0
      if (!isSwitchedOff) {
        requireWholeWhereActing(caller, robot.onBehalfGroupId ?? onBehalfGroupId)
        requireWithin(caller, wanted, rightsEnd)
      }
      const wasDisabled = robot.disabled
      await updateRobot(transaction, robot.id, { state, wasDisabled, now: deps.now() })
      return (await findRobot(transaction, { projectId, name: path.name })) ?? robot
    },
  })
}

/**
 * Gives a robot a new secret. The one that it has works on for the overlap, so that machines can be
 * told one after the other; an overlap of 0 ends it at once.
 *
 * @throws AppError as `changeRobot`
 */
export async function rotateRobotSecret(
  deps: RobotDeps,
  { overlapSeconds, ...path }: RobotPath & { readonly overlapSeconds: number },
): Promise<RobotWithSecret> {
  await requireRobot(deps, path, 'robot:write')
  const secret = createSecret('robot')
  return changing(deps, path, {
    action: 'robot.rotate',
    work: async ({ transaction, caller, robot, projectId, rightsEnd }) => {
      requireWholeWhereActing(caller, robot.onBehalfGroupId)
      const wanted = { ...robot, permissions: inProject(path.project, robot.permissions) }
      requireWithin(caller, wanted, rightsEnd)
      const now = deps.now()
      const previousEndsAt = new Date(now.getTime() + overlapSeconds * 1000)
      const secretHash = hashSecret(secret)
      await rotateSecret(transaction, robot.id, { secretHash, previousEndsAt, now })
      const after = await findRobot(transaction, { projectId, name: path.name })
      return { robot: after ?? robot, secret }
    },
  })
}

/**
 * Deletes a robot; every process refuses it within a second.
 *
 * @throws AppError as `changeRobot`
 */
export async function removeRobot(deps: RobotDeps, path: ChangePath): Promise<void> {
  await requireRobot(deps, path, 'robot:write')
  await changing(deps, path, {
    action: 'robot.delete',
    work: ({ transaction, robot }) => deleteRobot(transaction, robot.id),
  })
}

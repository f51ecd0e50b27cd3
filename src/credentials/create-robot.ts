import { refreshCaller } from '../accounts/refresh-caller.ts'
import { requireInPerson } from '../accounts/require-in-person.ts'
import { requireWholeCredential } from '../accounts/require-whole-credential.ts'
import { recordAudit } from '../audit/record.ts'
import { isDuplicateKey } from '../database/database-error.ts'
import { inTransaction } from '../database/transaction.ts'
import { AppError } from '../errors.ts'
import type { Keep } from '../http/once.ts'
import { requireWithin } from '../projects/require-within.ts'
import { inProject, robotUsername } from './robot-name.ts'
import { type RobotDeps, type RobotPath, requirePlace } from './robot-place.ts'
import { countRobots, findRobot, insertRobot, type RobotState } from './robot-queries.ts'
import { requireTargetGroup } from './robot-target.ts'
import { createSecret, hashSecret } from './secret.ts'
import type { Robot } from './types.ts'

const MOST_ROBOTS = 1000

export interface RobotWithSecret {
  readonly robot: Robot
  /** Shown this once; only its hash is kept. */
  readonly secret: string
}

/**
 * Makes a robot account. Misses are not remembered, so the change version stays.
 *
 * @throws AppError UNAUTHORIZED (401), PROJECT_UNKNOWN (404)
 * @throws AppError DENIED (403) also for more, or for longer, than the caller may, and for a robot
 *   that may act for others by a token that gives less, or ends
 * @throws AppError REQUEST_INVALID (400) when there is no such group
 * @throws AppError NAME_TAKEN (409), CONFLICT (409) when there are 1000 already
 */
export async function createRobot(
  deps: RobotDeps,
  {
    state: given,
    onBehalfOf,
    keep,
    ...path
  }: RobotPath & {
    readonly state: Omit<RobotState, 'onBehalfGroupId'>
    /** Name of the group whose members it may act for. */
    readonly onBehalfOf?: string | undefined
    readonly keep?: Keep<RobotWithSecret>
  },
): Promise<RobotWithSecret> {
  const { name, project } = path
  const secret = createSecret('robot')
  const target = robotUsername(project, name)
  try {
    return await inTransaction(deps.database, async (transaction) => {
      const caller = await refreshCaller(transaction, path.caller)
      const inside = { ...deps, database: transaction }
      const { projectId, rightsEnd } = await requirePlace(
        inside,
        { caller, project },
        'robot:write',
      )
      requireInPerson(caller.subject)
      if (onBehalfOf !== undefined) requireWholeCredential(caller)
      const onBehalfGroupId = await requireTargetGroup(transaction, onBehalfOf)
      const state = { ...given, onBehalfGroupId }
      const wanted = { ...state, permissions: inProject(project, state.permissions) }
      requireWithin(caller, wanted, rightsEnd)
      if ((await countRobots(transaction, { projectId })) >= MOST_ROBOTS) {
        throw new AppError('CONFLICT', {
          detail: `there are ${MOST_ROBOTS} robots here already; delete one first`,
        })
      }
      const secretHash = hashSecret(secret)
      await insertRobot(transaction, { projectId, name, state, secretHash, now: deps.now() })
      const robot = await findRobot(transaction, { projectId, name })
      if (robot === undefined) throw new Error('the new robot is not there')
      await recordAudit(transaction, caller, {
        action: 'robot.create',
        target,
        ...(project !== undefined && { project }),
        outcome: 'done',
      })
      await keep?.(transaction, { robot, secret })
      return { robot, secret }
    })
  } catch (error) {
    if (!isDuplicateKey(error)) throw error
    throw new AppError('NAME_TAKEN', { detail: `the robot ${target} exists already` })
  }
}

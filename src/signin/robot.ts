import { timingSafeEqual } from 'node:crypto'
import { parseRobotUsername } from '../credentials/robot-name.ts'
import { hashSecret } from '../credentials/secret.ts'
import type { RobotWithSecrets } from '../credentials/types.ts'
import { AppError } from '../errors.ts'
import type { BasicCredentials } from '../http/caller.ts'
import { isInNetworks, toBlockList } from '../http/client-address.ts'
import type { RobotSubject } from '../protocol/subject.ts'
import type { LookUp } from './look-up.ts'
import type { OwnedTokenDeps } from './owned-token.ts'
import { wrongPassword } from './refusals.ts'

const isSame = (a: string, b: string): boolean => timingSafeEqual(Buffer.from(a), Buffer.from(b))

/** Whether the secret is the robot's, or the one before while that still works. */
function isSecretOf(
  { secretHash, previous }: RobotWithSecrets,
  secret: string,
  now: Date,
): boolean {
  const hash = hashSecret(secret)
  if (isSame(hash, secretHash)) return true
  return previous !== undefined && previous.endsAt > now && isSame(hash, previous.secretHash)
}

/** Why a robot whose secret is right may not sign in; undefined: it may. */
function refusal(
  { username, disabled, expiresAt, networks }: RobotWithSecrets,
  { address, now }: { readonly address: () => string; readonly now: Date },
): string | undefined {
  if (disabled) return `the robot ${username} is disabled; ask an administrator of its project`
  if (expiresAt !== undefined && expiresAt <= now) {
    return `the robot ${username} ended at ${expiresAt.toISOString()}; give it a new end`
  }
  if (networks === undefined || isInNetworks(toBlockList(networks), address())) return undefined
  return `the robot ${username} may not sign in from ${address()}`
}

/** The robot as it is after signing in. */
export const toSubject = (robot: RobotWithSecrets): RobotSubject => ({
  kind: 'robot',
  id: robot.id,
  username: robot.username,
  projectId: robot.projectId,
  permissions: robot.permissions,
  expiresAt: robot.expiresAt,
  isBoundToNetworks: robot.networks !== undefined,
  onBehalfGroupId: robot.onBehalfGroupId,
})

/** The subject of a robot that is in memory, and good; undefined says nothing against others. */
export function recognizeRobot(
  { robots, now, lastUse }: OwnedTokenDeps,
  { username, secret }: BasicCredentials,
  address: () => string,
): RobotSubject | undefined {
  const robot = robots.peek(username.toLowerCase())
  const at = now()
  if (robot === undefined || !isSecretOf(robot, secret, at)) return undefined
  if (refusal(robot, { address, now: at }) !== undefined) return undefined
  lastUse.note('robots', robot.id)
  return toSubject(robot)
}

/**
 * Proves a robot by its secret. Only who has the secret is told why it is not taken.
 *
 * @throws AppError UNAUTHORIZED (401), BUSY (503), UNAVAILABLE (503)
 */
export async function signInAsRobot(
  { robots, now, lastUse, lookUp }: OwnedTokenDeps & { readonly lookUp: LookUp },
  { username, secret, address }: BasicCredentials & { readonly address: string },
): Promise<RobotSubject> {
  const isName = parseRobotUsername(username) !== undefined
  const robot = isName ? await lookUp(robots, username.toLowerCase(), address) : undefined
  const at = now()
  if (robot === undefined || !isSecretOf(robot, secret, at)) {
    throw wrongPassword()
  }
  const reason = refusal(robot, { address: () => address, now: at })
  if (reason !== undefined) throw new AppError('UNAUTHORIZED', { detail: reason })
  lastUse.note('robots', robot.id)
  return toSubject(robot)
}

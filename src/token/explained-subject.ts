import type { CachedUsers } from '../accounts/cached-users.ts'
import { unknownUser } from '../accounts/update-user.ts'
import { toUserSubject } from '../accounts/user-subject.ts'
import { normalizeUsername } from '../accounts/username.ts'
import type { CachedCredentials } from '../credentials/cached-credentials.ts'
import { findAccessToken } from '../credentials/queries.ts'
import { parseRobotUsername } from '../credentials/robot-name.ts'
import type { RobotWithSecrets } from '../credentials/types.ts'
import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import { ANONYMOUS, ROBOT_PREFIX, type Subject, type UserSubject } from '../protocol/subject.ts'
import { toSubject as toRobotSubject } from '../signin/robot.ts'

/** Stands for requests without credentials. */
export const ANONYMOUS_NAME = 'anonymous'

export interface ExplainedSubject {
  readonly subject: Subject
  /** Why it cannot sign in, so that it gets nothing at all; undefined: it can. */
  readonly refusal: string | undefined
}

export interface SubjectDeps extends Pick<CachedCredentials, 'robots'> {
  readonly database: Database
  readonly users: CachedUsers
  readonly now: () => Date
}

/** The one spelling of a subject's name; undefined when it cannot be one. */
export function normalizeSubjectName(text: string): string | undefined {
  if (!text.toLowerCase().startsWith(ROBOT_PREFIX)) return normalizeUsername(text)
  return parseRobotUsername(text) === undefined ? undefined : text.toLowerCase()
}

function robotRefusal(robot: RobotWithSecrets, now: Date): string | undefined {
  if (robot.disabled) return 'the robot is disabled'
  if (robot.expiresAt === undefined || robot.expiresAt > now) return undefined
  return `the robot ended at ${robot.expiresAt.toISOString()}`
}

async function findRobotSubject(deps: SubjectDeps, username: string): Promise<ExplainedSubject> {
  const robot = await deps.robots.read(username)
  if (robot === undefined) throw unknownRobot(username)
  return { subject: toRobotSubject(robot), refusal: robotRefusal(robot, deps.now()) }
}

export const unknownRobot = (username: string): AppError =>
  new AppError('ROBOT_UNKNOWN', { detail: `there is no robot ${username}` })

/**
 * Finds a subject by its name, as it would be after a sign-in with its password or secret.
 *
 * @param name in its one spelling
 * @throws AppError USER_UNKNOWN or ROBOT_UNKNOWN (404)
 */
export async function findSubject(deps: SubjectDeps, name: string): Promise<ExplainedSubject> {
  if (name === ANONYMOUS_NAME) return { subject: ANONYMOUS, refusal: undefined }
  if (name.startsWith(ROBOT_PREFIX)) return findRobotSubject(deps, name)
  const user = await deps.users.read(name)
  if (user === undefined) throw unknownUser(name)
  return {
    subject: toUserSubject(user, deps.now()),
    refusal: user.disabled ? 'the account is disabled' : undefined,
  }
}

async function withWholeToken({ database }: SubjectDeps, subject: UserSubject): Promise<Subject> {
  const { id: userId, credential, agent } = subject
  // Nobody acts for others at the realm; what is made on behalf of a user there is as narrow as this.
  if (credential === undefined || agent !== undefined) return subject
  const token = await findAccessToken(database, { userId, id: credential.id })
  if (token === undefined) {
    throw new AppError('UNAUTHORIZED', { detail: 'the access token is revoked' })
  }
  return { ...subject, credential: { ...credential, permissions: token.permissions } }
}

/**
 * The caller as the realm would see it: the API knows of permissions with the action `api` only.
 *
 * @throws AppError UNAUTHORIZED (401) when the credential went meanwhile
 */
export async function findCaller(deps: SubjectDeps, subject: Subject): Promise<ExplainedSubject> {
  if (subject.kind === 'robot') return findRobotSubject(deps, subject.username)
  if (subject.kind === 'anonymous') return { subject, refusal: undefined }
  return { subject: await withWholeToken(deps, subject), refusal: undefined }
}

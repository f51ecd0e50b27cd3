import { type Acting, findActing } from '../accounts/acting-queries.ts'
import { normalizeUsername } from '../accounts/username.ts'
import type { SignInRecord } from '../audit/sign-in-record.ts'
import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import type { ActFor } from '../http/acting.ts'
import type { RobotSubject, Subject, UserSubject } from '../protocol/subject.ts'

export interface ActForDeps {
  readonly database: Database
  readonly signIns: Pick<SignInRecord, 'failed'>
}

/** @throws AppError REQUEST_INVALID (400) */
function readTarget(header: string): string {
  const username = normalizeUsername(header)
  if (username !== undefined) return username
  throw new AppError('REQUEST_INVALID', {
    detail: 'X-Warden-On-Behalf-Of must be there once and hold one user name, and nothing else',
  })
}

type Service = RobotSubject & { readonly onBehalfGroupId: number }

const isService = (subject: Subject): subject is Service =>
  subject.kind === 'robot' && subject.onBehalfGroupId !== undefined

const noRight = (name: string): AppError =>
  new AppError('DENIED', {
    detail: `${name} may not act on behalf of anybody; that takes a robot of the system to which an administrator gave onBehalfOf`,
  })

/** One answer, whatever the reason is: it must not tell who has an account, or a role. */
const noTarget = (name: string): AppError =>
  new AppError('DENIED', {
    detail: `${name} may not act on behalf of that user: it may for enabled users in its group who have no system role`,
  })

/** The user, with no more rights than the service token has. */
const toSubject = (
  service: Service,
  username: string,
  { userId, permissions, expiresAt }: Acting,
): UserSubject => ({
  kind: 'user',
  id: userId,
  username,
  systemRole: undefined,
  credential: { kind: 'onBehalfOf', id: service.id, permissions, expiresAt },
  agent: { id: service.id, username: service.username },
})

/**
 * Makes the function by which a service acts for a user (R12). It is asked after the service has
 * proved itself; what it is not allowed is written down as a failed sign-in of the one who tried.
 */
export function createActFor({ database, signIns }: ActForDeps): ActFor {
  return async (subject, header, { address }) => {
    if (subject.kind === 'anonymous') {
      throw new AppError('UNAUTHORIZED', {
        detail: 'who acts on behalf of others has to sign in; send the name and secret of a robot',
      })
    }
    const { username: name } = subject
    const note = (): void => signIns.failed({ name, isKnown: true }, address, 'onBehalfOf')
    const target = readTarget(header)
    if (!isService(subject)) {
      note()
      throw noRight(name)
    }
    const acting = await findActing(database, { robotId: subject.id, username: target })
    if (acting !== undefined) return toSubject(subject, target, acting)
    note()
    throw noTarget(name)
  }
}

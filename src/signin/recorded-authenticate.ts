import type { CachedUsers } from '../accounts/cached-users.ts'
import { normalizeUsername } from '../accounts/username.ts'
import type { Applicant, SignInRecord } from '../audit/sign-in-record.ts'
import { AppError } from '../errors.ts'
import type { Authenticate } from '../http/caller.ts'

export interface RecordedAuthenticateDeps {
  readonly users: CachedUsers
  readonly signIns: SignInRecord
}

const isRefusal = (error: unknown): boolean => error instanceof AppError && error.status === 401

/**
 * A failed name counts as known when its account was just read for that; any other is never written
 * down as it is.
 */
function toApplicant(users: CachedUsers, username: string): Applicant {
  const name = normalizeUsername(username)
  const known = name === undefined ? undefined : users.peek(name)
  return { name: known?.username ?? username, isKnown: known !== undefined }
}

/** The same proof of identity, with every outcome in the audit record. */
export function createRecordedAuthenticate(
  authenticate: Authenticate,
  { users, signIns }: RecordedAuthenticateDeps,
): Authenticate {
  return async (credentials, origin) => {
    if (credentials === undefined) return authenticate(credentials, origin)
    try {
      const subject = await authenticate(credentials, origin)
      if (subject.kind === 'user') signIns.succeeded(subject.username, origin.address, 'password')
      return subject
    } catch (error) {
      if (isRefusal(error)) {
        signIns.failed(toApplicant(users, credentials.username), origin.address, 'password')
      }
      throw error
    }
  }
}

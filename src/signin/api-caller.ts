import { AppError } from '../errors.ts'
import type { Authenticate } from '../http/caller.ts'
import { type CredentialPermission, permissionsOf, type Subject } from '../protocol/subject.ts'

function withPermissions(subject: Subject, permissions: readonly CredentialPermission[]): Subject {
  if (subject.kind === 'robot') return { ...subject, permissions }
  if (subject.kind !== 'user' || subject.credential === undefined) return subject
  return { ...subject, credential: { ...subject.credential, permissions } }
}

/**
 * What the admin API sees of who signs in: of the permissions of a credential only those with `api`
 * count there, and one without any has no business there.
 *
 * @throws AppError as `authenticate`, and DENIED (403)
 */
export const createAuthenticateForApi =
  (authenticate: Authenticate): Authenticate =>
  async (credentials, origin) => {
    const subject = await authenticate(credentials, origin)
    const permissions = permissionsOf(subject)
    if (permissions === undefined) return subject
    const forApi = permissions.filter(({ actions }) => actions.includes('api'))
    if (forApi.length > 0) return withPermissions(subject, forApi)
    throw new AppError('DENIED', {
      detail: 'this credential is for the registry alone: it has no permission with the action api',
    })
  }

import { AppError } from '../errors.ts'
import { readApiCredentials } from '../http/basic-auth.ts'
import type { Authenticate } from '../http/caller.ts'
import type { ProofOfCallers } from '../http/mount-routes.ts'
import {
  type CredentialPermission,
  permissionsForApi,
  permissionsOf,
  type Subject,
} from '../protocol/subject.ts'
import { type ActForDeps, createActFor } from './on-behalf-of.ts'

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
    const forApi = permissionsForApi(permissions)
    if (forApi.length > 0) return withPermissions(subject, forApi)
    throw new AppError('DENIED', {
      detail: 'this credential is for the registry alone: it has no permission with the action api',
    })
  }

/** How callers of the admin API prove themselves, and for whom they act. */
export const createProofForApi = (
  deps: ActForDeps & { readonly authenticate: Authenticate },
): ProofOfCallers => ({
  authenticate: createAuthenticateForApi(deps.authenticate),
  readCredentials: readApiCredentials,
  actFor: createActFor(deps),
})

import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import { authorize } from '../projects/authorize.ts'
import type { RepositoryPermission } from '../projects/permissions.ts'
import { findProjectRights } from '../projects/queries.ts'
import { type RequirePermissionDeps, userIdOf } from '../projects/require-permission.ts'
import { projectOf } from '../protocol/reference.ts'

export const unknownRepository = (repository: string): AppError =>
  new AppError('REPOSITORY_UNKNOWN', { detail: `there is no repository ${repository}` })

/**
 * Lets a caller at a repository, or says what he may know: 401 to anonymous, 404 to who may not pull
 * it, 403 to who may pull but not do this.
 *
 * @throws AppError UNAUTHORIZED (401), REPOSITORY_UNKNOWN (404), DENIED (403)
 */
export async function requireRepository(
  { database, now }: RequirePermissionDeps,
  {
    caller: { subject },
    repository,
    permission,
  }: {
    readonly caller: Caller
    readonly repository: string
    readonly permission: RepositoryPermission
  },
): Promise<void> {
  const project = projectOf(repository)
  const found = await findProjectRights(database, { names: [project], userId: userIdOf(subject) })
  const question = { subject, rights: found.get(project), repository, now: now() }
  if (authorize({ ...question, permission }).allowed) return
  if (subject.kind === 'anonymous') {
    throw new AppError('UNAUTHORIZED', { detail: 'this needs a user name and a password' })
  }
  if (!authorize({ ...question, permission: 'repository:pull' }).allowed) {
    throw unknownRepository(repository)
  }
  throw new AppError('DENIED', {
    detail: `${subject.username} may pull ${repository} but has no role that gives ${permission}`,
  })
}

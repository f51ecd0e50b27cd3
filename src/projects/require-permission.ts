import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import type { Subject } from '../protocol/subject.ts'
import { authorize, authorizeSystem } from './authorize.ts'
import type { ProjectPermission, SystemPermission } from './permissions.ts'
import { findProjectRights } from './queries.ts'
import type { Project } from './types.ts'

export interface RequirePermissionDeps {
  readonly database: Database
  readonly now: () => Date
}

export const userIdOf = (subject: Subject): number | undefined =>
  subject.kind === 'user' ? subject.id : undefined

const signInFirst = (): AppError =>
  new AppError('UNAUTHORIZED', { detail: 'this needs a user name and a password' })

/**
 * @param forEverybody what a setting gives to everybody with an account
 * @throws AppError UNAUTHORIZED (401) or DENIED (403)
 */
export function requireSystem(
  { subject }: Caller,
  permission: SystemPermission,
  forEverybody: readonly SystemPermission[] = [],
): void {
  if (authorizeSystem(subject, permission, forEverybody).allowed) return
  if (subject.kind === 'anonymous') throw signInFirst()
  throw new AppError('DENIED', {
    detail: `${subject.username} may not do this; it needs a system role that gives ${permission}`,
  })
}

/**
 * Finds a project for a caller who wants to do something in it.
 *
 * Who is anonymous and may not gets 401, who may not even read the project 404, as if it were not
 * there; who may read it but not do this gets 403 and the reason.
 *
 * @throws AppError UNAUTHORIZED (401), PROJECT_UNKNOWN (404), DENIED (403)
 */
export async function requireProject(
  { database, now }: RequirePermissionDeps,
  {
    caller: { subject },
    name,
    permission,
  }: { readonly caller: Caller; readonly name: string; readonly permission: ProjectPermission },
): Promise<Project> {
  const found = await findProjectRights(database, { names: [name], userId: userIdOf(subject) })
  const rights = found.get(name)
  const may = (wanted: ProjectPermission): boolean =>
    authorize({ subject, rights, permission: wanted, now: now() }).allowed
  if (rights !== undefined && may(permission)) return rights.project
  if (subject.kind === 'anonymous') throw signInFirst()
  if (rights === undefined || !may('project:read')) {
    throw new AppError('PROJECT_UNKNOWN', { detail: `there is no project ${name}` })
  }
  throw new AppError('DENIED', {
    detail: `${subject.username} may read the project ${name} but has no role in it that gives ${permission}`,
  })
}

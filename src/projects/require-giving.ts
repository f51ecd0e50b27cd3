import { refreshCaller } from '../accounts/refresh-caller.ts'
import type { Caller } from '../http/caller.ts'
import type { CredentialAction, CredentialPermission } from '../protocol/subject.ts'
import { authorize } from './authorize.ts'
import { MATRIX } from './permissions.ts'
import { findProjectRights } from './queries.ts'
import { type RequirePermissionDeps, userIdOf } from './require-permission.ts'
import { requireWithin } from './require-within.ts'
import type { Membership, Role } from './types.ts'

/** Every member may use the API, so `api` is always among them. */
const actionsOf = (role: Role): readonly CredentialAction[] => [
  'api',
  'pull',
  ...(MATRIX[role].has('repository:push') ? (['push'] as const) : []),
  ...(MATRIX[role].has('repository:delete') ? (['delete'] as const) : []),
]

const toPermission = (
  project: string,
  { role, repositories = ['**'] }: Membership,
): CredentialPermission => ({
  repositories: repositories.map((pattern) => `${project}/${pattern}`),
  actions: actionsOf(role),
})

/**
 * Refuses a membership that gives more than what the caller signed in with, or lasts longer than
 * that or than the caller's own right to give it: an access token for pulls makes no developers, and
 * who administers a project for a month does not make oneself its administrator for ever (R11).
 *
 * @param project a project that the caller may change the members of
 * @throws AppError UNAUTHORIZED (401), DENIED (403)
 */
export async function requireGiving(
  { database, now }: RequirePermissionDeps,
  {
    caller: asking,
    project,
    membership,
  }: { readonly caller: Caller; readonly project: string; readonly membership: Membership },
): Promise<void> {
  const caller = await refreshCaller(database, asking)
  const { subject } = caller
  const found = await findProjectRights(database, { names: [project], userId: userIdOf(subject) })
  const question = { subject, rights: found.get(project), permission: 'member:write' } as const
  const { setUntil } = authorize({ ...question, now: now() })
  const { expiresAt } = membership
  requireWithin(caller, { permissions: [toPermission(project, membership)], expiresAt }, setUntil)
}

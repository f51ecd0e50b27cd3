import { LIBRARY } from '../protocol/reference.ts'
import { permissionsOf, type Subject } from '../protocol/subject.ts'
import { authorize } from './authorize.ts'
import { coversPermissions } from './credential-reach.ts'
import type { ProjectRights } from './types.ts'

/** Of no repository that there is; any name will do. */
const SOME = 'any'

/**
 * Whether a subject may pull every repository of a project, also those that are yet to come. Only who
 * may gets figures of all of it: they would tell of what he must not know.
 *
 * @param rights undefined when there is no such project
 */
export function mayPullAllOf({
  subject,
  project,
  rights,
  now,
}: {
  readonly subject: Subject
  readonly project: string
  readonly rights: ProjectRights | undefined
  readonly now: Date
}): boolean {
  const isPublic = rights?.project.visibility === 'public'
  const permissions = permissionsOf(subject)
  const all = [{ repositories: [`${project}/**`], actions: ['pull'] as const }]
  if (!isPublic && permissions !== undefined && !coversPermissions(permissions, all)) return false
  const whole = rights && {
    ...rights,
    memberships: rights.memberships.filter(
      ({ repositories }) => repositories === undefined || repositories.includes('**'),
    ),
  }
  const repository = project === LIBRARY ? SOME : `${project}/${SOME}`
  return authorize({ subject, rights: whole, permission: 'repository:pull', repository, now })
    .allowed
}

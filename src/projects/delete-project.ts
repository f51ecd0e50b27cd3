import { refreshCaller } from '../accounts/refresh-caller.ts'
import { recordAudit } from '../audit/record.ts'
import { inRightsChange } from '../database/change-version.ts'
import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import type { Check } from '../http/etag.ts'
import { LIBRARY } from '../protocol/reference.ts'
import { removeMembersOf } from './member-queries.ts'
import { removeProject } from './queries.ts'
import { type RequirePermissionDeps, requireProject, requireSystem } from './require-permission.ts'
import { type RepositoryTags, requireNoTags } from './tagged-repositories.ts'
import { lastTokenEnd, type TokenLives } from './take-name.ts'
import { putTombstone } from './tombstone-queries.ts'
import type { Project } from './types.ts'

export interface DeleteProjectDeps extends RequirePermissionDeps {
  readonly registry: RepositoryTags
  readonly config: TokenLives
  /** Ends what a higher room holds of a project. */
  readonly endRobots: (transaction: Database, projectId: number) => Promise<void>
  readonly endPolicies: (transaction: Database, projectId: number) => Promise<void>
}

interface DeleteProjectInput {
  readonly caller: Caller
  readonly name: string
  /** Leave the registry unasked; its images stay, for administrators alone. */
  readonly isForced: boolean
  readonly check?: Check<Project>
}

function refuseLibrary(name: string): void {
  if (name !== LIBRARY) return
  throw new AppError('CONFLICT', {
    detail: `${LIBRARY} is built in: it holds the repositories without a slash and cannot be deleted`,
  })
}

/** @throws AppError as `requireProject`, and DENIED (403) for force by others than administrators */
function requireDeletion(
  deps: RequirePermissionDeps,
  { caller, name, isForced }: DeleteProjectInput,
) {
  if (isForced) requireSystem(caller, 'project:create')
  return requireProject(deps, { caller, name, permission: 'project:write' })
}

/**
 * Deletes a project with its memberships and robots. No image is touched: its repositories have to
 * be without tags, live. The name rests until the last token for it has ended (R4); a later project
 * of that name has another id, so that nothing of this one applies to it.
 *
 * @throws AppError UNAUTHORIZED (401), PROJECT_UNKNOWN (404), DENIED (403)
 * @throws AppError PRECONDITION_FAILED (412) by `check`
 * @throws AppError CONFLICT (409) for `library`, and while a repository of it has tags
 * @throws AppError UNAVAILABLE (503), REGISTRY_FAILED (502) when the registry does not say
 */
export async function deleteProject(
  deps: DeleteProjectDeps,
  input: DeleteProjectInput,
): Promise<void> {
  const { caller, name, isForced } = input
  await requireDeletion(deps, input)
  refuseLibrary(name)
  if (!isForced) {
    await requireNoTags(deps.registry, { project: name, remedy: 'delete their tags first' })
  }
  await inRightsChange(deps.database, async ({ transaction, note }) => {
    const current = await refreshCaller(transaction, caller)
    const inside = { ...deps, database: transaction }
    const project = await requireDeletion(inside, { ...input, caller: current })
    input.check?.(project)
    const { id } = project
    const now = deps.now()
    await note({ kind: 'project', id })
    await deps.endRobots(transaction, id)
    await deps.endPolicies(transaction, id)
    await removeMembersOf(transaction, id)
    await removeProject(transaction, id)
    const tombstone = { deletedAt: now, freeAt: lastTokenEnd(deps.config, now) }
    await putTombstone(transaction, name, tombstone)
    await recordAudit(transaction, caller, {
      action: isForced ? 'project.delete.forced' : 'project.delete',
      target: name,
      project: name,
      outcome: 'done',
    })
  })
}

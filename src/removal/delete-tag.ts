import { actorWithOrigin } from '../audit/record.ts'
import { AppError } from '../errors.ts'
import type { HoldTags } from '../holds/hold-tags.ts'
import { type Caller, requirePresent } from '../http/caller.ts'
import { requireRepository } from '../images/require-repository.ts'
import { closeRemovedTags } from './lost-pushes/queries.ts'
import { type RemoveBatchDeps, removeBatch, TERM_SECONDS } from './remove-batch.ts'
import type { TagResult } from './types.ts'
import { underHold } from './under-hold.ts'

export interface DeleteTagDeps extends RemoveBatchDeps {
  readonly holdTags: HoldTags
}

export interface DeleteTagInput {
  readonly caller: Caller
  readonly repository: string
  readonly tag: string
}

const missing = ({ repository, tag }: DeleteTagInput): AppError =>
  new AppError('TAG_UNKNOWN', { detail: `there is no tag ${tag} in ${repository}` })

function requireRemoved(input: DeleteTagInput, result: TagResult | undefined): void {
  if (result === undefined || result.outcome === 'absent') throw missing(input)
  if (result.outcome === 'removed') return
  const { outcome, reason: detail, cause } = result
  if (outcome === 'unreadable') throw new AppError('REGISTRY_FAILED', { detail, cause })
  if (outcome !== 'unfinished') throw new AppError('CONFLICT', { detail })
  throw new AppError('UNAVAILABLE', { detail, retryAfterSeconds: TERM_SECONDS, cause })
}

/**
 * Deletes one tag and leaves its siblings on the same digest alone, while pushes to it are held.
 *
 * @throws AppError UNAUTHORIZED (401), DENIED (403), REPOSITORY_UNKNOWN or TAG_UNKNOWN (404)
 * @throws AppError CONFLICT (409) when a rule keeps it, it is being deleted already, has just been
 *   changed, or when the registry allows no deletes
 * @throws AppError REGISTRY_FAILED (502) when the registry cannot read it, UNAVAILABLE (503)
 */
export async function deleteTag(deps: DeleteTagDeps, input: DeleteTagInput): Promise<void> {
  const { caller, repository, tag } = input
  await requireRepository(deps, { caller, repository, permission: 'repository:delete' })
  // What is not there is not worth a hold.
  const current = await deps.registry.findManifest({ repository, reference: tag })
  if (current === undefined) {
    await closeRemovedTags(deps.database, { repository, tag })
    throw missing(input)
  }
  const hold = await deps.holdTags({ repository, tags: [tag], reason: 'this tag is being deleted' })
  await underHold(hold, async () => {
    requirePresent(caller)
    const targets = [{ tag, digest: undefined }]
    const actor = actorWithOrigin(caller)
    const results = await removeBatch(deps, { repository, targets, hold, actor })
    requireRemoved(input, results.get(tag))
  })
}

import { AppError } from '../../errors.ts'
import { projectOf } from '../../protocol/reference.ts'
import type { CachedPolicies } from '../cached-policies.ts'
import type { TagName } from '../types.ts'
import { type IsImmutable, rulesIn } from './match-rules.ts'

export interface ReadImmutabilityDeps {
  readonly policies: CachedPolicies
}

/** Which tags of a repository are immutable, now. @throws AppError UNAVAILABLE (503) */
export async function readImmutability(
  { policies }: ReadImmutabilityDeps,
  repository: string,
): Promise<IsImmutable> {
  const found = await policies.read(projectOf(repository))
  return rulesIn(repository, found?.immutableTags ?? [])
}

/**
 * Lets nobody delete an immutable tag: who may, takes it out of the rule first, which is recorded.
 *
 * @throws AppError CONFLICT (409), UNAVAILABLE (503)
 */
export async function requireMutableTag(
  deps: ReadImmutabilityDeps,
  { repository, tag }: TagName,
): Promise<void> {
  const isImmutable = await readImmutability(deps, repository)
  if (!isImmutable(tag)) return
  const project = projectOf(repository)
  throw new AppError('CONFLICT', {
    detail: `the tag ${tag} of ${repository} is immutable by a rule of the project ${project}, so it is not deleted; take it out of the rule first`,
  })
}

import type { Database } from '../../database/open-database.ts'
import { projectOf } from '../../protocol/reference.ts'
import type { CachedPolicies } from '../cached-policies.ts'
import { type IsImmutable, isImmutable, rulesIn } from './match-rules.ts'
import { findRules } from './queries.ts'

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
 * The rule that keeps each of these tags from being deleted, by tag; tags that may go are left out. Who
 * may, takes a tag out of the rule first, which is recorded.
 *
 * @throws AppError UNAVAILABLE (503)
 */
export async function findImmutable(
  deps: ReadImmutabilityDeps,
  { repository, tags }: { readonly repository: string; readonly tags: readonly string[] },
): Promise<ReadonlyMap<string, string>> {
  const isKept = await readImmutability(deps, repository)
  const project = projectOf(repository)
  const reasonFor = (tag: string): string =>
    `the tag ${tag} of ${repository} is immutable by a rule of the project ${project}, so it is not deleted; take it out of the rule first`
  return new Map(tags.filter(isKept).map((tag) => [tag, reasonFor(tag)]))
}

/** Which tags of a project are immutable, as its rules are now. */
export async function readProjectImmutability(
  database: Database,
  projectId: number,
): Promise<(repository: string, tag: string) => boolean> {
  const rules = await findRules(database, projectId)
  return (repository, tag) => isImmutable(rules, { repository, tag })
}

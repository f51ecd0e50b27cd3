import { type DirtyMark, markDirty } from './dirty-queries.ts'
import type { RefreshDeps, RefreshOutcome } from './refresh-outcome.ts'
import { refreshReferences } from './refresh-references.ts'
import { findRepositoryIds } from './repository-queries.ts'
import { listTagNames } from './tag-queries.ts'

const AT_ONCE = 50
const NAMES_AT_ONCE = 1000

/** How one reading of a repository went. */
export interface RepositoryRefresh {
  readonly tags: number
  /** Tags that the index had and the registry's list does not; each was asked for by itself. */
  readonly absent: number
  readonly failures: readonly unknown[]
}

/** Tags of the index that a list of the registry does not name. */
async function listUnnamed(
  { database }: RefreshDeps,
  repository: string,
  named: ReadonlySet<string>,
): Promise<readonly string[]> {
  const repositoryId = (await findRepositoryIds(database, [repository])).get(repository)
  if (repositoryId === undefined) return []
  const unnamed: string[] = []
  let after: string | undefined = ''
  while (after !== undefined) {
    const names: readonly string[] = await listTagNames(database, {
      repositoryId,
      after,
      most: NAMES_AT_ONCE,
    })
    unnamed.push(...names.filter((name) => !named.has(name)))
    after = names.length < NAMES_AT_ONCE ? undefined : names.at(-1)
  }
  return unnamed
}

/** What could not be settled now is left to who reads what was marked. */
async function leaveMarked({ database }: RefreshDeps, outcomes: readonly RefreshOutcome[]) {
  const open = outcomes.filter(({ state }) => ['waiting', 'passing', 'deferred'].includes(state))
  if (open.length > 0) await markDirty(database, open)
}

/**
 * Reads every tag of a repository, those that the registry lists and those that the index knows of: a
 * list is a hint too, and only a direct answer about a tag says that it is gone (R30).
 *
 * @throws AppError UNAVAILABLE (503), REGISTRY_FAILED (502) when the tags cannot be listed; tags that
 *   cannot be read are among `failures`
 */
export async function refreshRepository(
  deps: RefreshDeps,
  { repository }: { readonly repository: string },
): Promise<RepositoryRefresh> {
  const listed = (await deps.registry.listTags(repository)) ?? []
  const unnamed = await listUnnamed(deps, repository, new Set(listed))
  const marks = [...listed, ...unnamed].map((reference): DirtyMark => ({ repository, reference }))
  const failures: unknown[] = []
  for (let from = 0; from < marks.length; from += AT_ONCE) {
    const outcomes = await refreshReferences(deps, marks.slice(from, from + AT_ONCE))
    await leaveMarked(deps, outcomes)
    failures.push(...outcomes.flatMap(({ error }) => (error === undefined ? [] : [error])))
  }
  return { tags: listed.length, absent: unnamed.length, failures }
}

import pLimit from 'p-limit'
import { AppError } from '../errors.ts'
import type { RegistryClient } from '../registry/client.ts'

export type RepositoryNames = Pick<RegistryClient, 'listCatalog'>
export type RepositoryTags = Pick<RegistryClient, 'listCatalog' | 'listTags'>

/** Of one walk; all lists together are held by the registry's client. */
const CALLS_AT_ONCE = 4
const NAMES_AT_ONCE = 16
const MOST_NAMED = 3
/** Below what a proxy waits for an answer. */
const LONGEST_WALK_MS = 45_000

/** Whether repositories of the project may come after this name of the catalog. */
const mayFollow = (name: string, project: string): boolean =>
  name.startsWith(project) && '-./'.includes(name.charAt(project.length))

/**
 * All repositories of a project that the registry's catalog has, live, page by page. As its storage
 * has it, the order is by path segment, so that `a/b` follows `a`, or by letter, so that `a-b` and
 * `a.b` stand between.
 */
export async function* walkRepositories(
  registry: RepositoryNames,
  project: string,
  signal: AbortSignal,
): AsyncGenerator<readonly string[]> {
  let next: string | undefined = project
  while (next !== undefined && mayFollow(next, project)) {
    const page = await registry.listCatalog(next, { signal })
    yield page.names.filter((name) => name.startsWith(`${project}/`))
    next = page.next
  }
}

/** A repository whose last tag went stays in the catalog for ever; it is none to people. */
async function keepTagged(
  registry: RepositoryTags,
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const counted = await pLimit(CALLS_AT_ONCE).map(names, async (name) => {
    const tags = await registry.listTags(name, { signal })
    return { name, isTagged: tags !== undefined && tags.length > 0 }
  })
  return counted.flatMap(({ name, isTagged }) => (isTagged ? [name] : []))
}

async function findTagged(registry: RepositoryTags, project: string): Promise<readonly string[]> {
  const signal = AbortSignal.timeout(LONGEST_WALK_MS)
  const tagged: string[] = []
  for await (const names of walkRepositories(registry, project, signal)) {
    for (let from = 0; from < names.length; from += NAMES_AT_ONCE) {
      tagged.push(...(await keepTagged(registry, names.slice(from, from + NAMES_AT_ONCE), signal)))
      if (tagged.length > MOST_NAMED) return tagged
    }
  }
  return tagged
}

/**
 * Proves, live, that no repository of a project has a tag. A read that fails proves nothing.
 *
 * @param remedy what to do about it, for the person who is refused
 * @throws AppError CONFLICT (409), with the names of a few
 * @throws AppError UNAVAILABLE (503), REGISTRY_FAILED (502) when the registry does not answer, or not in time
 */
export async function requireNoTags(
  registry: RepositoryTags,
  { project, remedy }: { readonly project: string; readonly remedy: string },
): Promise<void> {
  const tagged = await findTagged(registry, project)
  if (tagged.length === 0) return
  const named = tagged.slice(0, MOST_NAMED).join(', ')
  const more = tagged.length > MOST_NAMED ? ' and more' : ''
  throw new AppError('CONFLICT', {
    detail: `the registry has repositories of ${project} with tags: ${named}${more}; ${remedy}`,
  })
}

import pLimit from 'p-limit'
import type { Database } from '../database/open-database.ts'
import type { Page } from '../http/page.ts'
import { authorize } from '../projects/authorize.ts'
import { findProjectRights } from '../projects/queries.ts'
import { userIdOf } from '../projects/require-permission.ts'
import { LIBRARY, projectOf } from '../protocol/reference.ts'
import type { Subject } from '../protocol/subject.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Repository } from './types.ts'

/** Of one page; all lists together are held by the registry's client. */
const CALLS_AT_ONCE = 4
/** A caller may see little of a large catalog; each page of it costs the registry a walk. */
const MOST_CATALOG_PAGES = 10
/** Repositories whose tags are counted for one page: many may have none any more. */
const MOST_COUNTED = 2000

export interface ListRepositoriesDeps {
  readonly database: Database
  readonly registry: RegistryClient
  readonly now: () => Date
}

export interface ListRepositoriesInput {
  readonly subject: Subject
  /** Only those of this project; all that the subject may pull where it is undefined. */
  readonly project?: string
  readonly after: string
  readonly limit: number
  /** Aborted when nobody waits for the answer any more. */
  readonly left: AbortSignal
}

async function keepReadable(
  { database, now }: ListRepositoriesDeps,
  subject: Subject,
  names: readonly string[],
): Promise<readonly string[]> {
  const projects = [...new Set(names.map(projectOf))]
  const found = await findProjectRights(database, { names: projects, userId: userIdOf(subject) })
  const at = now()
  return names.filter((repository) => {
    const rights = found.get(projectOf(repository))
    const permission = 'repository:pull'
    return authorize({ subject, rights, permission, repository, now: at }).allowed
  })
}

/** A repository whose last tag went stays in the registry's catalog for ever; it is none to people. */
async function readRepositories(
  registry: RegistryClient,
  names: readonly string[],
  left: AbortSignal,
): Promise<readonly Repository[]> {
  const ended = new AbortController()
  const signal = AbortSignal.any([left, ended.signal])
  try {
    const counted = await pLimit(CALLS_AT_ONCE).map(names, async (name) => {
      signal.throwIfAborted()
      const tags = await registry.listTags(name, { signal })
      return { name, project: projectOf(name), tagCount: tags?.length ?? 0 }
    })
    return counted.filter(({ tagCount }) => tagCount > 0)
  } finally {
    ended.abort()
  }
}

/** Where the catalog is to be read from: in its order, all of a project come after its bare name. */
const beginning = ({ project, after }: ListRepositoriesInput): string =>
  after === '' && project !== undefined && project !== LIBRARY ? project : after

/** Fills `items` until one is more than the page takes. @returns the last name that was looked at */
async function countTags(
  { registry }: ListRepositoriesDeps,
  { limit, left }: ListRepositoriesInput,
  { names, items }: { readonly names: readonly string[]; readonly items: Repository[] },
): Promise<string | undefined> {
  let from = 0
  while (from < names.length && items.length <= limit) {
    const batch = names.slice(from, from + limit + 1)
    items.push(...(await readRepositories(registry, batch, left)))
    from += batch.length
  }
  return names[from - 1]
}

/**
 * Lists the repositories that a subject may pull, read live from the registry, in the order of its
 * catalog. Only as many tags are counted as the page needs.
 *
 * So much of the catalog is looked at and no more: a page may hold fewer items than `limit`, or
 * none, and have a `next` all the same.
 */
export async function listRepositories(
  deps: ListRepositoriesDeps,
  input: ListRepositoriesInput,
): Promise<Page<Repository>> {
  const { subject, project, limit, left } = input
  const items: Repository[] = []
  let next: string | undefined = beginning(input)
  let countable = MOST_COUNTED
  for (let pages = 0; next !== undefined && pages < MOST_CATALOG_PAGES; pages++) {
    const page = await deps.registry.listCatalog(next, { signal: left })
    const inProject = page.names.filter((n) => project === undefined || projectOf(n) === project)
    const readable = await keepReadable(deps, subject, inProject)
    const names = readable.slice(0, countable)
    const last = await countTags(deps, input, { names, items })
    if (items.length > limit) return { items: items.slice(0, limit), next: items[limit - 1]?.name }
    if (readable.length > names.length) return { items, next: last ?? next }
    countable -= names.length
    next = page.next
  }
  return { items, next }
}

import pLimit from 'p-limit'
import type { Database } from '../database/open-database.ts'
import type { Page } from '../http/page.ts'
import { authorize } from '../projects/authorize.ts'
import { findProjectRights } from '../projects/queries.ts'
import { userIdOf } from '../projects/require-permission.ts'
import { projectOf } from '../protocol/reference.ts'
import type { Subject } from '../protocol/subject.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Repository } from './types.ts'

const CALLS_AT_ONCE = 8

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
): Promise<readonly Repository[]> {
  const limit = pLimit(CALLS_AT_ONCE)
  const counted = await limit.map(names, async (name) => ({
    name,
    project: projectOf(name),
    tagCount: (await registry.listTags(name))?.length ?? 0,
  }))
  return counted.filter(({ tagCount }) => tagCount > 0)
}

/**
 * Lists the repositories that a subject may pull, read live from the registry, in the order of its
 * catalog. Only as many tags are counted as the page needs.
 */
export async function listRepositories(
  deps: ListRepositoriesDeps,
  { subject, project, after, limit }: ListRepositoriesInput,
): Promise<Page<Repository>> {
  const items: Repository[] = []
  let next: string | undefined = after
  while (next !== undefined && items.length <= limit) {
    const page = await deps.registry.listCatalog(next)
    const inProject = page.names.filter((n) => project === undefined || projectOf(n) === project)
    const names = await keepReadable(deps, subject, inProject)
    for (let from = 0; from < names.length && items.length <= limit; from += limit + 1) {
      items.push(...(await readRepositories(deps.registry, names.slice(from, from + limit + 1))))
    }
    next = page.next
  }
  const shown = items.slice(0, limit)
  return { items: shown, next: items.length > limit ? shown.at(-1)?.name : undefined }
}

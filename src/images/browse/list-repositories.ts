import type { Page } from '../../http/page.ts'
import type { Reach, ReachDeps } from '../../projects/find-reach.ts'
import type { Subject } from '../../protocol/subject.ts'
import { listRepositoriesById, type Repository } from './repository-queries.ts'
import type { RepositoryPlace, RepositorySort } from './repository-walk-queries.ts'
import { walkRepositories } from './walk-repositories.ts'

export interface ListRepositoriesInput {
  readonly subject: Subject
  readonly reach: Reach
  readonly by: RepositorySort
  readonly descending: boolean
  readonly after: RepositoryPlace | undefined
  readonly under: string | undefined
  readonly limit: number
}

/** A page, and the place where the next one begins; it may be one that the caller must not know. */
export type PageAt<T, K> = Omit<Page<T>, 'next'> & { readonly next: K | undefined }

/**
 * Lists the repositories that a subject may pull.
 *
 * So many are looked at and no more: a page may hold fewer items than `limit`, or none, and have a
 * `next` all the same.
 */
export async function listRepositories(
  deps: ReachDeps,
  { subject, reach, limit, ...walk }: ListRepositoriesInput,
): Promise<PageAt<Repository, RepositoryPlace>> {
  const { found, end } = await walkRepositories(deps, {
    subject,
    reach,
    walk: { ...walk, most: limit + 1 },
  })
  const page = found.slice(0, limit)
  const items = await listRepositoriesById(
    deps.database,
    page.map(({ id }) => id),
  )
  return { items, next: found.length > limit ? page.at(-1) : end }
}

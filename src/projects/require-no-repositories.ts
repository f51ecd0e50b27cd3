import { AppError } from '../errors.ts'
import { type RepositoryNames, walkRepositories } from './tagged-repositories.ts'

const LONGEST_WALK_MS = 45_000

/**
 * A project that somebody makes for themselves must not bring them images of others: those that the
 * registry had before there was a project, or of one that is gone (R4). Asked live, before the
 * transaction.
 *
 * @throws AppError CONFLICT (409) where the registry has repositories of that name
 * @throws AppError UNAVAILABLE (503) when the registry does not answer
 */
export async function requireNoRepositories(
  registry: RepositoryNames,
  project: string,
): Promise<void> {
  const signal = AbortSignal.timeout(LONGEST_WALK_MS)
  for await (const names of walkRepositories(registry, project, signal)) {
    if (names.length === 0) continue
    throw new AppError('CONFLICT', {
      detail: `the registry has repositories of the name ${project}/… already; only an administrator may make a project of them`,
    })
  }
}

import { AppError } from '../errors.ts'
import type { RegistryClient } from '../registry/client.ts'

export type RepositoryNames = Pick<RegistryClient, 'listCatalog'>

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
  // In the registry's order all of a project come right after its bare name.
  const { names } = await registry.listCatalog(project)
  if (!names[0]?.startsWith(`${project}/`)) return
  throw new AppError('CONFLICT', {
    detail: `the registry has repositories of the name ${project}/… already; only an administrator may make a project of them`,
  })
}

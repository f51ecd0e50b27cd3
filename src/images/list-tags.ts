import pLimit from 'p-limit'
import { AppError } from '../errors.ts'
import { cutPage, type Page } from '../http/page.ts'
import { projectOf } from '../protocol/reference.ts'
import type { RegistryClient } from '../registry/client.ts'
import { measureManifest } from './manifest-size.ts'
import { unknownRepository } from './require-repository.ts'
import type { Repository, Tag } from './types.ts'

const CALLS_AT_ONCE = 8

const compare = (a: string, b: string): number => {
  if (a === b) return 0
  return a < b ? -1 : 1
}

/**
 * Reads one repository live.
 *
 * @throws AppError REPOSITORY_UNKNOWN (404) also when it has no tag any more
 */
export async function readRepository(registry: RegistryClient, name: string): Promise<Repository> {
  const tagCount = (await registry.listTags(name))?.length ?? 0
  if (tagCount === 0) throw unknownRepository(name)
  return { name, project: projectOf(name), tagCount }
}

async function findTag(
  registry: RegistryClient,
  repository: string,
  name: string,
): Promise<Tag | undefined> {
  const manifest = await registry.readManifest({ repository, reference: name })
  if (manifest === undefined) return undefined
  const sizeBytes = await measureManifest(registry, repository, manifest)
  return { name, digest: manifest.digest, mediaType: manifest.mediaType, sizeBytes }
}

/** @throws AppError TAG_UNKNOWN (404) */
export async function readTag(
  registry: RegistryClient,
  repository: string,
  name: string,
): Promise<Tag> {
  const tag = await findTag(registry, repository, name)
  if (tag !== undefined) return tag
  throw new AppError('TAG_UNKNOWN', { detail: `there is no tag ${name} in ${repository}` })
}

/**
 * Lists the tags of a repository by name, read live from the registry.
 *
 * @throws AppError REPOSITORY_UNKNOWN (404)
 */
export async function listTags(
  registry: RegistryClient,
  {
    repository,
    after,
    limit,
  }: { readonly repository: string; readonly after: string; readonly limit: number },
): Promise<Page<Tag>> {
  const all = await registry.listTags(repository)
  if (all === undefined || all.length === 0) throw unknownRepository(repository)
  const rest = all.filter((name) => name > after).sort(compare)
  const page = cutPage(rest.slice(0, limit + 1), limit, (name) => name)
  // A tag that went since the list was read is left out.
  const tags = await pLimit(CALLS_AT_ONCE).map(page.items, (name) =>
    findTag(registry, repository, name),
  )
  return { items: tags.flatMap((tag) => tag ?? []), next: page.next }
}

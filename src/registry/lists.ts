import { z } from 'zod'
import { AppError } from '../errors.ts'
import { isRepositoryName, isTag } from '../protocol/reference.ts'
import type { Access } from '../protocol/scope.ts'
import { header, repositoryAccess, unexpected } from './answers.ts'
import type { Reading, RegistryAnswer, RegistryTransport } from './transport.ts'

const CATALOG_BYTES = 1024 * 1024
const TAGS_BYTES = 32 * 1024 * 1024
const CATALOG_PAGE = 1000
const CATALOG: Access = { type: 'registry', name: 'catalog', actions: ['*'] }

const catalogSchema = z.object({ repositories: z.array(z.string()).nullable() })
const tagsSchema = z.object({ tags: z.array(z.string()).nullable() })

/** One page of the catalog; `next` is where the following page begins, if there may be one. */
export interface CatalogPage {
  readonly names: readonly string[]
  readonly next: string | undefined
}

function parseList<T>(schema: z.ZodType<T>, answer: RegistryAnswer, what: string): T {
  try {
    return schema.parse(JSON.parse(answer.body.toString('utf8')))
  } catch (cause) {
    const detail = `the registry's answer to ${what} is no list`
    throw new AppError('REGISTRY_FAILED', { detail, cause })
  }
}

/** Names after `after`, in the registry's own order: by path segment, so `a`, `a/b`, `a-b`. */
export async function listCatalog(
  { send }: RegistryTransport,
  { after, ...reading }: { readonly after: string } & Reading,
): Promise<CatalogPage> {
  const query = new URLSearchParams({ n: String(CATALOG_PAGE), ...(after && { last: after }) })
  const answer = await send({
    method: 'GET',
    path: `_catalog?${query}`,
    access: [CATALOG],
    mostBytes: CATALOG_BYTES,
    ...reading,
  })
  if (answer.status !== 200) throw unexpected('a catalog request', answer)
  const names = parseList(catalogSchema, answer, 'a catalog request').repositories ?? []
  return {
    names: names.filter(isRepositoryName),
    next: header(answer, 'link') === '' ? undefined : names.at(-1),
  }
}

/** @returns tags in no order; undefined when the registry does not know the repository */
export async function listTags(
  { send }: RegistryTransport,
  { repository, ...reading }: { readonly repository: string } & Reading,
): Promise<readonly string[] | undefined> {
  const answer = await send({
    method: 'GET',
    path: `${repository}/tags/list`,
    access: repositoryAccess(repository, 'pull'),
    mostBytes: TAGS_BYTES,
    ...reading,
  })
  if (answer.status === 404) return undefined
  const what = `the tags of ${repository}`
  if (answer.status !== 200) throw unexpected(what, answer)
  return (parseList(tagsSchema, answer, what).tags ?? []).filter(isTag)
}

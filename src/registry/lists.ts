import { z } from 'zod'
import { AppError } from '../errors.ts'
import { isRepositoryName, isTag } from '../protocol/reference.ts'
import type { Access } from '../protocol/scope.ts'
import { header, isUnknown, repositoryAccess, unexpected } from './answers.ts'
import type { Reading, RegistryAnswer, RegistryTransport } from './transport.ts'

const CATALOG_BYTES = 1024 * 1024
const TAGS_BYTES = 32 * 1024 * 1024
const CATALOG_PAGE = 1000
const TAGS_PAGE = 1000
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

const askCatalog = (
  { send }: RegistryTransport,
  { after, size, ...reading }: { after: string; size: number | undefined } & Reading,
): Promise<RegistryAnswer> => {
  const query = new URLSearchParams({
    ...(size !== undefined && { n: String(size) }),
    ...(after && { last: after }),
  })
  const path = `_catalog?${query}`
  return send({ method: 'GET', path, access: [CATALOG], mostBytes: CATALOG_BYTES, ...reading })
}

/** Names after `after`, in the registry's own order: by path segment, so `a`, `a/b`, `a-b`. */
export async function listCatalog(
  transport: RegistryTransport,
  { after, ...reading }: { readonly after: string } & Reading,
): Promise<CatalogPage> {
  const first = await askCatalog(transport, { after, size: CATALOG_PAGE, ...reading })
  // A registry may be configured for smaller pages; which, it does not say.
  const isTooLarge = first.status === 400
  const answer = isTooLarge
    ? await askCatalog(transport, { after, size: undefined, ...reading })
    : first
  if (answer.status !== 200) throw unexpected('a catalog request', answer)
  const names = parseList(catalogSchema, answer, 'a catalog request').repositories ?? []
  return {
    names: names.filter(isRepositoryName),
    next: header(answer, 'link') === '' ? undefined : names.at(-1),
  }
}

interface TagsPage {
  readonly names: readonly string[]
  readonly bytes: number
  /** Where the following page begins, if there is one. */
  readonly next: string | undefined
}

async function askTags(
  { send }: RegistryTransport,
  { repository, after, ...reading }: { repository: string; after: string } & Reading,
): Promise<TagsPage | undefined> {
  const query = after && `?${new URLSearchParams({ n: String(TAGS_PAGE), last: after })}`
  const answer = await send({
    method: 'GET',
    path: `${repository}/tags/list${query}`,
    access: repositoryAccess(repository, 'pull'),
    mostBytes: TAGS_BYTES,
    ...reading,
  })
  if (isUnknown(answer)) return undefined
  const what = `the tags of ${repository}`
  if (answer.status !== 200) throw unexpected(what, answer)
  const names = parseList(tagsSchema, answer, what).tags ?? []
  const next = header(answer, 'link') === '' ? undefined : names.at(-1)
  return { names, bytes: answer.body.length, next }
}

const endless = (repository: string): AppError =>
  new AppError('REGISTRY_FAILED', {
    detail: `the registry's pages of the tags of ${repository} do not come to an end`,
  })

/**
 * All tags of a repository. A 2.8 gives them in one piece, a later registry may give them page by page.
 *
 * @returns tags in no order; undefined when the registry does not know the repository
 */
export async function listTags(
  transport: RegistryTransport,
  { repository, ...reading }: { readonly repository: string } & Reading,
): Promise<readonly string[] | undefined> {
  const found = new Set<string>()
  let bytes = 0
  let page = await askTags(transport, { repository, after: '', ...reading })
  if (page === undefined) return undefined
  while (page !== undefined) {
    const before = found.size
    for (const name of page.names) found.add(name)
    bytes += page.bytes
    if (page.next === undefined) break
    if (found.size === before || bytes > TAGS_BYTES) throw endless(repository)
    page = await askTags(transport, { repository, after: page.next, ...reading })
  }
  return [...found].filter(isTag)
}

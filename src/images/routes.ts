import { z } from 'zod'
import { pageQuery, pageSchema, presentPage, readCursor } from '../http/page.ts'
import { type Answer, defineRoute, type Route, type RouteInput } from '../http/route.ts'
import { requireProject } from '../projects/require-permission.ts'
import { projectNameSchema } from '../projects/routes.ts'
import { isRepositoryName, isTag } from '../protocol/reference.ts'
import { untilClientLeaves } from './client-left.ts'
import { createImageReads, type ImageReads } from './image-reads.ts'
import {
  type ListRepositoriesDeps,
  type ListRepositoriesInput,
  listRepositories,
} from './list-repositories.ts'
import { listTags, readRepository, readTag } from './list-tags.ts'
import type { NameSeal } from './name-seal.ts'
import { requireRepository } from './require-repository.ts'
import type { Repository, Tag } from './types.ts'

export const repositoryNameSchema = z
  .string()
  .refine(isRepositoryName, 'must be a repository name: lower-case path segments, parted by /')

export const tagNameSchema = z
  .string()
  .refine(isTag, 'must be a tag: 1 to 128 letters, digits, _ . or -, not beginning with . or -')

const unknownYet = z.null().or(z.int())
const instantUnknownYet = z.null().or(z.iso.datetime())

const repositorySchema = z
  .object({
    name: z.string(),
    project: z.string(),
    tagCount: z.int(),
    sizeBytes: unknownYet,
    pullCount: unknownYet,
    pushedAt: instantUnknownYet,
    pulledAt: instantUnknownYet,
  })
  .meta({ id: 'Repository' })

const tagSchema = z
  .object({
    name: z.string(),
    digest: z.string(),
    mediaType: z.string(),
    sizeBytes: unknownYet,
    pushedAt: instantUnknownYet,
    pulledAt: instantUnknownYet,
    immutable: z.boolean(),
  })
  .meta({ id: 'Tag' })

/** The registry remembers no times and no pulls: these are null until there is an index. */
const presentRepository = (repository: Repository): z.output<typeof repositorySchema> => ({
  ...repository,
  sizeBytes: null,
  pullCount: null,
  pushedAt: null,
  pulledAt: null,
})

const presentTag = (tag: Tag): z.output<typeof tagSchema> => ({
  ...tag,
  sizeBytes: tag.sizeBytes ?? null,
  pushedAt: null,
  pulledAt: null,
  immutable: false,
})

const nameParams = z.strictObject({ name: repositoryNameSchema })
const listQuery = z.strictObject(pageQuery)
type ListQuery = z.output<typeof listQuery>

const repositoryPage = {
  200: { description: 'A page of repositories', schema: pageSchema(repositorySchema) },
}

export interface ImageRouteDeps extends ListRepositoriesDeps {
  readonly nameSeal: NameSeal
}

/** One page of the catalog as the caller may see it, behind a cursor that names nothing. */
async function answerRepositories(
  deps: ImageRouteDeps,
  {
    query,
    url,
    request,
  }: Pick<RouteInput<unknown, ListQuery, unknown>, 'query' | 'url' | 'request'>,
  input: Pick<ListRepositoriesInput, 'subject' | 'project'>,
): Promise<Answer> {
  const { cursor, limit } = query
  const after = cursor === undefined ? '' : deps.nameSeal.open(readCursor(cursor))
  const { items, next } = await untilClientLeaves(request, (left) =>
    listRepositories(deps, { ...input, after, limit, left }),
  )
  const page = { items, next: next && deps.nameSeal.seal(next) }
  return presentPage(page, presentRepository, url)
}

const listRepositoriesRoute = (deps: ImageRouteDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/repositories',
    summary: 'Lists the repositories that the caller may pull',
    anonymous: true,
    query: listQuery,
    answers: repositoryPage,
    handle: (asked) => answerRepositories(deps, asked, { subject: asked.caller.subject }),
  })

const listOfProjectRoute = (deps: ImageRouteDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/projects/:project/repositories',
    summary: 'Lists the repositories of a project that the caller may pull',
    anonymous: true,
    params: z.strictObject({ project: projectNameSchema }),
    query: listQuery,
    answers: repositoryPage,
    handle: async (asked) => {
      const { caller, params } = asked
      const { project } = params
      await requireProject(deps, { caller, name: project, permission: 'project:read' })
      return answerRepositories(deps, asked, { subject: caller.subject, project })
    },
  })

interface TagDeps extends ListRepositoriesDeps {
  readonly reads: ImageReads
}

const listTagsRoute = (deps: TagDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/repositories/*name/tags',
    summary: 'Lists the tags of a repository by name',
    anonymous: true,
    params: nameParams,
    query: listQuery,
    answers: { 200: { description: 'A page of tags', schema: pageSchema(tagSchema) } },
    handle: async ({ caller, params: { name: repository }, query, url, request }) => {
      await requireRepository(deps, { caller, repository, permission: 'repository:pull' })
      const input = { repository, after: readCursor(query.cursor), limit: query.limit }
      const page = await untilClientLeaves(request, (left) => listTags(deps, { ...input, left }))
      return presentPage(page, presentTag, url)
    },
  })

const readTagRoute = (deps: TagDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/repositories/*name/tags/:tag',
    summary: 'Reads a tag',
    anonymous: true,
    params: z.strictObject({ name: repositoryNameSchema, tag: tagNameSchema }),
    answers: { 200: { description: 'The tag', schema: tagSchema } },
    handle: async ({ caller, params: { name: repository, tag }, request }) => {
      await requireRepository(deps, { caller, repository, permission: 'repository:pull' })
      const found = await untilClientLeaves(request, (left) =>
        readTag(deps, { repository, tag, left }),
      )
      return { status: 200, body: presentTag(found) }
    },
  })

const readRepositoryRoute = (deps: ListRepositoriesDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/repositories/*name',
    summary: 'Reads a repository',
    anonymous: true,
    params: nameParams,
    answers: { 200: { description: 'The repository', schema: repositorySchema } },
    handle: async ({ caller, params: { name: repository } }) => {
      await requireRepository(deps, { caller, repository, permission: 'repository:pull' })
      return {
        status: 200,
        body: presentRepository(await readRepository(deps.registry, repository)),
      }
    },
  })

/** The longer paths first: a repository's name takes all that it can get. */
export function createImageRoutes(deps: ImageRouteDeps): readonly Route[] {
  const tagDeps = { ...deps, reads: createImageReads() }
  return [
    listRepositoriesRoute(deps),
    listOfProjectRoute(deps),
    readTagRoute(tagDeps),
    listTagsRoute(tagDeps),
    readRepositoryRoute(deps),
  ]
}

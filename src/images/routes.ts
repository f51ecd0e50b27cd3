import { z } from 'zod'
import { pageQuery, pageSchema, presentPage, readCursor } from '../http/page.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { requireProject } from '../projects/require-permission.ts'
import { projectNameSchema } from '../projects/routes.ts'
import { isRepositoryName, isTag } from '../protocol/reference.ts'
import { type ListRepositoriesDeps, listRepositories } from './list-repositories.ts'
import { listTags, readRepository, readTag } from './list-tags.ts'
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
const repositoryPage = {
  200: { description: 'A page of repositories', schema: pageSchema(repositorySchema) },
}

const listRepositoriesRoute = (deps: ListRepositoriesDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/repositories',
    summary: 'Lists the repositories that the caller may pull',
    anonymous: true,
    query: z.strictObject(pageQuery),
    answers: repositoryPage,
    handle: async ({ caller: { subject }, query, url }) => {
      const input = { subject, after: readCursor(query.cursor), limit: query.limit }
      return presentPage(await listRepositories(deps, input), presentRepository, url)
    },
  })

const listOfProjectRoute = (deps: ListRepositoriesDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/projects/:project/repositories',
    summary: 'Lists the repositories of a project that the caller may pull',
    anonymous: true,
    params: z.strictObject({ project: projectNameSchema }),
    query: z.strictObject(pageQuery),
    answers: repositoryPage,
    handle: async ({ caller, params: { project }, query, url }) => {
      await requireProject(deps, { caller, name: project, permission: 'project:read' })
      const page = { after: readCursor(query.cursor), limit: query.limit }
      const input = { subject: caller.subject, project, ...page }
      return presentPage(await listRepositories(deps, input), presentRepository, url)
    },
  })

const listTagsRoute = (deps: ListRepositoriesDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/repositories/*name/tags',
    summary: 'Lists the tags of a repository by name',
    anonymous: true,
    params: nameParams,
    query: z.strictObject(pageQuery),
    answers: { 200: { description: 'A page of tags', schema: pageSchema(tagSchema) } },
    handle: async ({ caller, params: { name: repository }, query, url }) => {
      await requireRepository(deps, { caller, repository, permission: 'repository:pull' })
      const page = { after: readCursor(query.cursor), limit: query.limit }
      return presentPage(await listTags(deps.registry, { repository, ...page }), presentTag, url)
    },
  })

const readTagRoute = (deps: ListRepositoriesDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/repositories/*name/tags/:tag',
    summary: 'Reads a tag',
    anonymous: true,
    params: z.strictObject({ name: repositoryNameSchema, tag: tagNameSchema }),
    answers: { 200: { description: 'The tag', schema: tagSchema } },
    handle: async ({ caller, params: { name: repository, tag } }) => {
      await requireRepository(deps, { caller, repository, permission: 'repository:pull' })
      return { status: 200, body: presentTag(await readTag(deps.registry, repository, tag)) }
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
export const createImageRoutes = (deps: ListRepositoriesDeps): readonly Route[] => [
  listRepositoriesRoute(deps),
  listOfProjectRoute(deps),
  readTagRoute(deps),
  listTagsRoute(deps),
  readRepositoryRoute(deps),
]

import { z } from 'zod'
import { pageQuery, pageSchema } from '../../http/page.ts'
import { defineRoute, type Route } from '../../http/route.ts'
import { digestSchema, repositoryNameSchema, tagNameSchema } from '../name-schemas.ts'
import { requireRepository } from '../require-repository.ts'
import { readRepository, unknownTag } from './read-manifest.ts'
import {
  type BrowseDeps,
  nameParams,
  openPlace,
  placeKey,
  presentSealed,
  readSort,
  sortQuery,
} from './requests.ts'
import { findListedTag, listTags, type Tag, type TagSort } from './tag-list-queries.ts'

const tagSchema = z
  .object({
    name: z.string(),
    digest: z.string(),
    mediaType: z.string(),
    sizeBytes: z.int().nullable(),
    pushedAt: z.iso.datetime(),
    pulledAt: z.iso.datetime().nullable(),
    immutable: z.boolean(),
  })
  .meta({ id: 'Tag' })

const presentTag = (tag: Tag, immutable: boolean): z.output<typeof tagSchema> => ({
  name: tag.name,
  digest: tag.digest,
  mediaType: tag.mediaType,
  sizeBytes: tag.sizeBytes ?? null,
  pushedAt: tag.pushedAt.toISOString(),
  pulledAt: tag.pulledAt?.toISOString() ?? null,
  immutable,
})

const listRoute = (deps: BrowseDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/repositories/*name/tags',
    summary: 'Lists the tags of a repository',
    anonymous: true,
    params: nameParams,
    query: z.strictObject({
      ...pageQuery,
      sort: sortQuery(['name', 'version', 'pushedAt', 'pulledAt', 'sizeBytes']),
      name: tagNameSchema.optional(),
      digest: digestSchema.optional(),
    }),
    answers: { 200: { description: 'A page of tags', schema: pageSchema(tagSchema) } },
    handle: async ({ caller, params: { name: repository }, query, url }) => {
      await requireRepository(deps, { caller, repository, permission: 'repository:pull' })
      const { nameSeal: seal, database } = deps
      const question = { list: `tags of ${repository}`, query }
      const order = readSort<TagSort>(query.sort)
      const after = openPlace(seal, question, order.by)
      const { id: repositoryId } = await readRepository(database, repository)
      const { name: start, digest, limit } = query
      const asked = { repositoryId, ...order, after, start, digest, most: limit + 1 }
      const tags = await listTags(database, asked)
      const items = tags.slice(0, limit)
      const next = tags.length > limit ? items.at(-1)?.place : undefined
      const isImmutable = await deps.readImmutability(repository)
      const present = (tag: Tag) => presentTag(tag, isImmutable(tag.name))
      const page = { items, next }
      return presentSealed(page, { seal, question, keyOf: placeKey, present, url })
    },
  })

const readRoute = ({ database, ...deps }: BrowseDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/repositories/*name/tags/:tag',
    summary: 'Reads a tag',
    anonymous: true,
    params: z.strictObject({ name: repositoryNameSchema, tag: tagNameSchema }),
    answers: { 200: { description: 'The tag', schema: tagSchema } },
    handle: async ({ caller, params: { name: repository, tag } }) => {
      const wanted = { caller, repository, permission: 'repository:pull' } as const
      await requireRepository({ ...deps, database }, wanted)
      const { id } = await readRepository(database, repository)
      const found = await findListedTag(database, id, tag)
      if (found === undefined) throw unknownTag(repository, tag)
      const isImmutable = await deps.readImmutability(repository)
      return { status: 200, body: presentTag(found, isImmutable(found.name)) }
    },
  })

export const createTagRoutes = (deps: BrowseDeps): readonly Route[] => [
  readRoute(deps),
  listRoute(deps),
]

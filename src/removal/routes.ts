import { z } from 'zod'
import { defineRoute, type Route } from '../http/route.ts'
import { digestSchema, repositoryNameSchema, tagNameSchema } from '../images/name-schemas.ts'
import { deleteManifest } from './delete-manifest.ts'
import { type DeleteTagDeps, deleteTag } from './delete-tag.ts'
import { readManifestNeeds } from './read-needs.ts'

const deleteTagRoute = (deps: DeleteTagDeps): Route =>
  defineRoute({
    method: 'delete',
    path: '/repositories/*name/tags/:tag',
    summary: 'Deletes a tag; other tags on the same manifest stay',
    params: z.strictObject({ name: repositoryNameSchema, tag: tagNameSchema }),
    answers: { 204: { description: 'The tag is gone' } },
    handle: async ({ caller, params: { name, tag } }) => {
      await deleteTag(deps, { caller, repository: name, tag })
      return { status: 204 }
    },
  })

const manifestParams = z.strictObject({ name: repositoryNameSchema, digest: digestSchema })

const needsSchema = z
  .object({
    tags: z.array(z.string()).readonly(),
    indexes: z.array(z.string()).readonly(),
    referrers: z.array(z.string()).readonly(),
  })
  .meta({ id: 'ManifestNeeds' })

const needsRoute = (deps: DeleteTagDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/repositories/*name/manifests/:digest/needs',
    summary: 'Looks live at what hangs on a manifest: tags, indexes that lead to it, referrers',
    params: manifestParams,
    answers: { 200: { description: 'What hangs on it', schema: needsSchema } },
    handle: async ({ caller, params: { name: repository, digest } }) => ({
      status: 200,
      body: await readManifestNeeds(deps, { caller, repository, digest }),
    }),
  })

const MOST_NAMED_TAGS = 100

const deleteQuery = z.strictObject({
  tags: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(tagNameSchema).max(MOST_NAMED_TAGS))
    .optional()
    .meta({ description: 'The tags on it that are to go with it, parted by commas' }),
  referrers: z.enum(['refuse', 'delete']).default('refuse'),
})

const deleteManifestRoute = (deps: DeleteTagDeps): Route =>
  defineRoute({
    method: 'delete',
    path: '/repositories/*name/manifests/:digest',
    summary: 'Deletes a manifest with the tags on it, which are named or matched by If-Match',
    conditional: true,
    params: manifestParams,
    query: deleteQuery,
    answers: { 204: { description: 'The manifest and its tags are gone' } },
    handle: async ({ caller, params, query: { tags, referrers }, precondition, request }) => {
      const match = request.headers['if-match']
      // `*` is whatever there is, which nobody has looked at.
      const isAsked = match !== undefined && match.trim() !== '*'
      await deleteManifest(deps, {
        caller,
        repository: params.name,
        digest: params.digest,
        tags,
        takesReferrers: referrers === 'delete',
        condition: { isAsked, check: precondition.on((needs: object) => needs) },
      })
      return { status: 204 }
    },
  })

export const createRemovalRoutes = (deps: DeleteTagDeps): readonly Route[] => [
  deleteTagRoute(deps),
  needsRoute(deps),
  deleteManifestRoute(deps),
]

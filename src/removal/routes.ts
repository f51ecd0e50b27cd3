import { z } from 'zod'
import { defineRoute, type Route } from '../http/route.ts'
import { repositoryNameSchema, tagNameSchema } from '../images/name-schemas.ts'
import type { ReadImmutabilityDeps } from '../policies/immutable-tags/read-immutability.ts'
import { type DeleteTagDeps, deleteTag } from './delete-tag.ts'

type RemovalRouteDeps = DeleteTagDeps & ReadImmutabilityDeps

const deleteTagRoute = (deps: RemovalRouteDeps): Route =>
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

export const createRemovalRoutes = (deps: RemovalRouteDeps): readonly Route[] => [
  deleteTagRoute(deps),
]

import { z } from 'zod'
import { defineRoute, type Route } from '../../http/route.ts'
import { referenceSchema, repositoryNameSchema, tagNameSchema } from '../../images/name-schemas.ts'
import { type CopyTagDeps, copyTag } from './copy-tag.ts'

const copiedSchema = z
  .object({ repository: z.string(), tag: z.string(), digest: z.string() })
  .meta({ id: 'CopiedTag' })

export const createCopyRoutes = (deps: CopyTagDeps): readonly Route[] => [
  defineRoute({
    method: 'put',
    path: '/repositories/*name/tags/:tag',
    summary: 'Puts a tag on an image that is there, in this repository or another; moves no layer',
    params: z.strictObject({ name: repositoryNameSchema, tag: tagNameSchema }),
    body: z.strictObject({
      from: z.strictObject({
        repository: repositoryNameSchema.optional(),
        reference: referenceSchema,
      }),
    }),
    refusals: [409],
    answers: { 200: { description: 'The tag, and what it is on now', schema: copiedSchema } },
    handle: async ({ caller, params: { name: repository, tag }, body: { from } }) => {
      const source = { repository: from.repository ?? repository, reference: from.reference }
      const digest = await copyTag(deps, { caller, repository, tag, from: source })
      return { status: 200, body: { repository, tag, digest } }
    },
  }),
]

import { z } from 'zod'
import { AppError } from '../../errors.ts'
import { pageQuery, pageSchema } from '../../http/page.ts'
import { defineRoute, type Route } from '../../http/route.ts'
import { digestSchema } from '../name-schemas.ts'
import { type BrowseDeps, presentSealed } from './requests.ts'
import { openCursor, type SealedKey } from './sealed-cursor.ts'
import { type Sought, search } from './search.ts'
import type { Hit } from './search-types.ts'

const hitSchema = z
  .object({
    kind: z.enum(['repository', 'tag', 'manifest']),
    repository: z.string(),
    tag: z.string().nullable(),
    digest: z.string().nullable(),
  })
  .meta({ id: 'SearchHit' })

function kindOf({ tag, digest }: Hit): z.output<typeof hitSchema>['kind'] {
  if (digest !== undefined) return 'manifest'
  return tag === undefined ? 'repository' : 'tag'
}

const presentHit = (hit: Hit): z.output<typeof hitSchema> => ({
  kind: kindOf(hit),
  repository: hit.repository,
  tag: hit.tag ?? null,
  digest: hit.digest ?? null,
})

const searchQuery = z.strictObject({
  ...pageQuery,
  q: z
    .string()
    .regex(/^[\w./-]{1,128}$/, 'must be 1 to 128 of the letters that names and tags are made of')
    .optional(),
  kind: z.enum(['repository', 'tag']).optional(),
  digest: digestSchema.optional(),
  label: z
    .string()
    .max(1024)
    .refine((text) => /^[^=]{1,255}=/.test(text), 'must be name=value')
    .optional(),
})

function readSought({ q, kind, digest, label }: z.output<typeof searchQuery>): Sought {
  const given = [q, digest, label].filter((value) => value !== undefined)
  if (given.length === 1 && (kind === undefined || q !== undefined)) {
    if (q !== undefined) return { q, kind }
    if (digest !== undefined) return { digest }
    const at = label?.indexOf('=') ?? 0
    return { label: { name: label?.slice(0, at) ?? '', value: label?.slice(at + 1) ?? '' } }
  }
  const detail = 'a search has exactly one of q, digest and label; kind stands beside q alone'
  throw new AppError('REQUEST_INVALID', { detail, faults: [{ pointer: 'q', detail }] })
}

export const createSearchRoutes = (deps: BrowseDeps): readonly Route[] => [
  defineRoute({
    method: 'get',
    path: '/search',
    summary: 'Searches repositories, tags and manifests that the caller may pull',
    anonymous: true,
    query: searchQuery,
    answers: { 200: { description: 'A page of what was found', schema: pageSchema(hitSchema) } },
    handle: async ({ caller: { subject }, query, url }) => {
      const { nameSeal: seal } = deps
      const question = { list: 'search', query }
      const sought = readSought(query)
      const after = openCursor(seal, question)
      const page = await search(deps, { subject, sought, after, limit: query.limit })
      const keyOf = (key: SealedKey): SealedKey => key
      return presentSealed(page, { seal, question, keyOf, present: presentHit, url })
    },
  }),
]

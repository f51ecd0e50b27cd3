import { z } from 'zod'
import { pageQuery, pageSchema } from '../../http/page.ts'
import { type Answer, defineRoute, type Route, type RouteInput } from '../../http/route.ts'
import { findReachIn, type Reach } from '../../projects/find-reach.ts'
import { requireProject } from '../../projects/require-permission.ts'
import { projectNameSchema } from '../../projects/routes.ts'
import { pathSchema } from '../name-schemas.ts'
import { requireRepository } from '../require-repository.ts'
import { listRepositories } from './list-repositories.ts'
import { listTree } from './list-tree.ts'
import { readRepository } from './read-manifest.ts'
import type { Repository } from './repository-queries.ts'
import type { RepositoryPlace, RepositorySort } from './repository-walk-queries.ts'
import {
  type BrowseDeps,
  nameParams,
  openPlace,
  placeKey,
  presentSealed,
  readSort,
  sortQuery,
} from './requests.ts'
import { openCursor } from './sealed-cursor.ts'
import { findReachUnder } from './walk-repositories.ts'

const repositorySchema = z
  .object({
    name: z.string(),
    project: z.string(),
    tagCount: z.int(),
    sizeBytes: z.int(),
    pullCount: z.int(),
    pushedAt: z.iso.datetime().nullable(),
    pulledAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Repository' })

const presentRepository = ({
  id: _,
  pushedAt,
  pulledAt,
  ...repository
}: Repository): z.output<typeof repositorySchema> => ({
  ...repository,
  pushedAt: pushedAt?.toISOString() ?? null,
  pulledAt: pulledAt?.toISOString() ?? null,
})

const listQuery = z.strictObject({
  ...pageQuery,
  sort: sortQuery(['name', 'pushedAt', 'pulledAt', 'sizeBytes']),
  under: pathSchema.optional(),
})
type ListQuery = z.output<typeof listQuery>

const repositoryPage = {
  200: { description: 'A page of repositories', schema: pageSchema(repositorySchema) },
}

async function answerRepositories(
  deps: BrowseDeps,
  { query, url, caller }: Pick<RouteInput<unknown, ListQuery, unknown>, 'query' | 'url' | 'caller'>,
  { list, reach }: { readonly list: string; readonly reach: Reach },
): Promise<Answer> {
  const question = { list, query }
  const order = readSort<RepositorySort>(query.sort)
  const page = await listRepositories(deps, {
    subject: caller.subject,
    reach,
    ...order,
    after: openPlace(deps.nameSeal, question, order.by) as RepositoryPlace | undefined,
    under: query.under,
    limit: query.limit,
  })
  return presentSealed(page, {
    seal: deps.nameSeal,
    question,
    keyOf: placeKey,
    present: presentRepository,
    url,
  })
}

const listRoute = (deps: BrowseDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/repositories',
    summary: 'Lists the repositories that the caller may pull',
    anonymous: true,
    query: listQuery,
    answers: repositoryPage,
    handle: async (asked) => {
      const reach = await findReachUnder(deps, asked.caller.subject, asked.query.under)
      return answerRepositories(deps, asked, { list: 'repositories', reach })
    },
  })

const listOfProjectRoute = (deps: BrowseDeps): Route =>
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
      const reach = await findReachIn(deps, caller.subject, project)
      return answerRepositories(deps, asked, { list: `repositories of ${project}`, reach })
    },
  })

const readRoute = (deps: BrowseDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/repositories/*name',
    summary: 'Reads a repository',
    anonymous: true,
    params: nameParams,
    answers: { 200: { description: 'The repository', schema: repositorySchema } },
    handle: async ({ caller, params: { name: repository } }) => {
      await requireRepository(deps, { caller, repository, permission: 'repository:pull' })
      const found = await readRepository(deps.database, repository)
      return { status: 200, body: presentRepository(found) }
    },
  })

const nodeSchema = z
  .object({ name: z.string(), kind: z.enum(['folder', 'repository']) })
  .meta({ id: 'TreeNode' })

const treeRoute = (deps: BrowseDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/tree',
    summary: 'Lists one level of the names of the repositories that the caller may pull',
    anonymous: true,
    query: z.strictObject({ ...pageQuery, under: pathSchema.optional() }),
    answers: { 200: { description: 'A page of names', schema: pageSchema(nodeSchema) } },
    handle: async ({ caller: { subject }, query, url }) => {
      const question = { list: 'tree', query }
      const seal = deps.nameSeal
      const [after] = openCursor(seal, question) ?? []
      const { under, limit } = query
      const reach = await findReachUnder(deps, subject, under)
      const from = typeof after === 'string' ? after : undefined
      const page = await listTree(deps, { subject, reach, under, after: from, limit })
      const keyOf = (place: string) => [place]
      return presentSealed(page, { seal, question, keyOf, present: (node) => node, url })
    },
  })

export const createRepositoryRoutes = (deps: BrowseDeps): readonly Route[] => [
  treeRoute(deps),
  listRoute(deps),
  listOfProjectRoute(deps),
  readRoute(deps),
]

import { z } from 'zod'
import { idSchema } from '../../credentials/permission-schema.ts'
import { cutPage, pageQuery, pageSchema, presentPage, readIdCursor } from '../../http/page.ts'
import { type Answer, defineRoute, type Route } from '../../http/route.ts'
import { repositoryNameSchema } from '../../images/name-schemas.ts'
import { patternsSchema } from '../../projects/member-schemas.ts'
import { requireProject } from '../../projects/require-permission.ts'
import { projectNameSchema } from '../../projects/routes.ts'
import { sinceMade } from '../../projects/since-made.ts'
import { cancelRemoval } from './cancel-removal.ts'
import { listItems } from './item-queries.ts'
import { presentItem, presentRemoval, removalItemSchema, removalSchema } from './present-removal.ts'
import { listRemovals } from './queries.ts'
import { withState } from './read-removal.ts'
import { deleteRepository, type RequestRemovalDeps, requestRemoval } from './request-removal.ts'
import { requireRemoval } from './require-removal.ts'
import { ITEM_OUTCOMES, type RemovalReading } from './types.ts'

const projectParams = z.strictObject({ project: projectNameSchema })
const removalParams = z.strictObject({ project: projectNameSchema, id: idSchema })
const answerRemoval = { 200: { description: 'The removal', schema: removalSchema } }
const answerStarted = {
  202: {
    description: 'The removal, begun as a job; its address is in Location',
    schema: removalSchema,
  },
}

const timeSchema = z.iso.datetime({ offset: true }).transform((text) => new Date(text))

const filterSchema = z.strictObject({
  repositories: patternsSchema.optional(),
  tags: patternsSchema.optional(),
  pushedBefore: timeSchema.optional(),
  pulledBefore: timeSchema.optional(),
  dryRun: z.boolean().default(true),
})

const presentStarted = (removal: RemovalReading): Answer => ({
  status: 202,
  headers: { Location: `/api/v1/projects/${removal.project}/removals/${removal.id}` },
  body: presentRemoval(removal),
})

const startRoute = (deps: RequestRemovalDeps): Route =>
  defineRoute({
    method: 'post',
    path: '/projects/:project/removals',
    summary:
      'Removes every tag that fits, as a job; without dryRun: false only tells what would go',
    params: projectParams,
    body: filterSchema,
    answers: answerStarted,
    handle: async ({ caller, params: { project }, body: { dryRun: isDryRun, ...body } }) => {
      const filter = {
        repositories: body.repositories,
        tags: body.tags,
        pushedBefore: body.pushedBefore,
        pulledBefore: body.pulledBefore,
      }
      return presentStarted(await requestRemoval(deps, { caller, project, filter, isDryRun }))
    },
  })

const listRoute = (deps: RequestRemovalDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/projects/:project/removals',
    summary: 'Lists removals of tags, the newest first',
    params: projectParams,
    query: z.strictObject({ ...pageQuery }),
    answers: { 200: { description: 'A page of removals', schema: pageSchema(removalSchema) } },
    handle: async ({ caller, params: { project }, query: { limit, cursor }, url }) => {
      const permission = 'removal:read'
      const since = sinceMade(await requireProject(deps, { caller, name: project, permission }))
      const before = readIdCursor(cursor)
      const rows = await listRemovals(deps.database, { project, since, before, most: limit + 1 })
      const { items, next } = cutPage(rows, limit, ({ id }) => String(id))
      const readings = await Promise.all(items.map((item) => withState(deps.database, item)))
      return presentPage({ items: readings, next }, presentRemoval, url)
    },
  })

const readRoute = (deps: RequestRemovalDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/projects/:project/removals/:id',
    summary: 'Reads a removal of tags: its state and what became of them, counted',
    params: removalParams,
    answers: answerRemoval,
    handle: async ({ caller, params: { project, id } }) => {
      const removal = await requireRemoval(deps, { caller, project, id }, 'removal:read')
      return { status: 200, body: presentRemoval(removal) }
    },
  })

const itemsRoute = (deps: RequestRemovalDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/projects/:project/removals/:id/items',
    summary: 'Lists the tags of a removal with what became, or would become, of each',
    params: removalParams,
    query: z.strictObject({ ...pageQuery, outcome: z.enum(ITEM_OUTCOMES).optional() }),
    answers: { 200: { description: 'A page of tags', schema: pageSchema(removalItemSchema) } },
    handle: async ({ caller, params: { project, id }, query: { limit, cursor, outcome }, url }) => {
      await requireRemoval(deps, { caller, project, id }, 'removal:read')
      // A cursor holds the position and one: 0 is none.
      const after = (readIdCursor(cursor) ?? 0) - 1
      const asked = { removalId: id, outcome, after, most: limit + 1 }
      const rows = await listItems(deps.database, asked)
      const page = cutPage(rows, limit, ({ position }) => String(position + 1))
      return presentPage(page, presentItem, url)
    },
  })

const cancelRoute = (deps: RequestRemovalDeps): Route =>
  defineRoute({
    method: 'post',
    path: '/projects/:project/removals/:id/cancel',
    summary: 'Cancels a removal; what is gone stays gone',
    params: removalParams,
    body: z.strictObject({}),
    refusals: [409],
    answers: answerRemoval,
    handle: async ({ caller, params: { project, id } }) => {
      const removal = await cancelRemoval(deps, { caller, project, id })
      return { status: 200, body: presentRemoval(removal) }
    },
  })

const deleteRepositoryRoute = (deps: RequestRemovalDeps): Route =>
  defineRoute({
    method: 'delete',
    path: '/repositories/*name',
    summary: 'Deletes all tags of a repository, as a job; the next push brings it back',
    params: z.strictObject({ name: repositoryNameSchema }),
    answers: answerStarted,
    handle: async ({ caller, params: { name: repository } }) =>
      presentStarted(await deleteRepository(deps, { caller, repository })),
  })

/** The route of a whole repository comes last: its name takes all that it can get. */
export const createRemovalJobRoutes = (deps: RequestRemovalDeps): readonly Route[] => [
  startRoute(deps),
  listRoute(deps),
  readRoute(deps),
  itemsRoute(deps),
  cancelRoute(deps),
  deleteRepositoryRoute(deps),
]

import { z } from 'zod'
import { idSchema } from '../../credentials/permission-schema.ts'
import { AppError } from '../../errors.ts'
import { cutPage, pageQuery, pageSchema, presentPage, readIdCursor } from '../../http/page.ts'
import { defineRoute, type Route } from '../../http/route.ts'
import { requireSystem } from '../../projects/require-permission.ts'
import {
  collectionReportSchema,
  collectionSchema,
  presentCollection,
  presentReport,
} from './present-collection.ts'
import { findCollection, listCollections } from './queries.ts'
import { collectingSchema, type ReadCollectingDeps, readCollecting } from './read-collecting.ts'
import { releaseFence } from './release-fence.ts'
import { type RequestCollectionDeps, requestCollection } from './request-collection.ts'

export type CollectRoutesDeps = ReadCollectingDeps & RequestCollectionDeps

const answerState = {
  200: { description: 'How collecting stands', schema: collectingSchema },
}

const readRoute = (deps: CollectRoutesDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/maintenance/gc',
    summary: 'Reads whether garbage can be collected, what is held for it, and the last run',
    answers: answerState,
    handle: async ({ caller }) => {
      requireSystem(caller, 'job:read')
      return { status: 200, body: await readCollecting(deps) }
    },
  })

const startRoute = (deps: CollectRoutesDeps): Route =>
  defineRoute({
    method: 'post',
    path: '/maintenance/gc',
    summary: 'Collects garbage, as a job; with dryRun it only tells what would go',
    body: z.strictObject({ dryRun: z.boolean().default(false) }),
    refusals: [409],
    answers: {
      202: {
        description: 'The run, begun as a job; its address is in Location',
        schema: collectionSchema,
      },
    },
    handle: async ({ caller, body: { dryRun: isDryRun } }) => {
      const collection = await requestCollection(deps, { caller, isDryRun })
      return {
        status: 202,
        headers: { Location: `/api/v1/maintenance/gc/runs/${collection.id}` },
        body: presentCollection(collection, deps.now()),
      }
    },
  })

const listRoute = (deps: CollectRoutesDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/maintenance/gc/runs',
    summary: 'Lists collections of garbage, the newest first',
    query: z.strictObject({ ...pageQuery }),
    answers: { 200: { description: 'A page of runs', schema: pageSchema(collectionSchema) } },
    handle: async ({ caller, query: { limit, cursor }, url }) => {
      requireSystem(caller, 'job:read')
      const before = readIdCursor(cursor)
      const rows = await listCollections(deps.database, { before, most: limit + 1 })
      const page = cutPage(rows, limit, ({ id }) => String(id))
      return presentPage(page, (row) => presentCollection(row, deps.now()), url)
    },
  })

const reportRoute = (deps: CollectRoutesDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/maintenance/gc/runs/:id',
    summary: 'Reads a collection of garbage: what was swept, untagged manifests, and gaps',
    params: z.strictObject({ id: idSchema }),
    answers: { 200: { description: 'The run', schema: collectionReportSchema } },
    handle: async ({ caller, params: { id } }) => {
      requireSystem(caller, 'job:read')
      const collection = await findCollection(deps.database, id)
      if (collection !== undefined) {
        return { status: 200, body: presentReport(collection, deps.now()) }
      }
      throw new AppError('COLLECTION_UNKNOWN', {
        detail: `there is no collection ${id}; they are forgotten after a year`,
      })
    },
  })

const releaseRoute = (deps: CollectRoutesDeps): Route =>
  defineRoute({
    method: 'post',
    path: '/maintenance/gc/release',
    summary: 'Lets writes go on, on the word of a person who has seen that no collector runs',
    body: z.strictObject({}),
    refusals: [409],
    answers: answerState,
    handle: async ({ caller }) => {
      await releaseFence(deps, caller)
      return { status: 200, body: await readCollecting(deps) }
    },
  })

/** Collections of garbage, below `/maintenance`. */
export const createCollectRoutes = (deps: CollectRoutesDeps): readonly Route[] => [
  readRoute(deps),
  startRoute(deps),
  listRoute(deps),
  reportRoute(deps),
  releaseRoute(deps),
]

import { z } from 'zod'
import { idSchema } from '../../credentials/permission-schema.ts'
import {
  cutPage,
  pageQuery,
  pageSchema,
  presentPage,
  readIdCursor,
  readTextCursor,
  textKey,
} from '../../http/page.ts'
import { defineRoute, type Route } from '../../http/route.ts'
import { requireProject } from '../../projects/require-permission.ts'
import { projectNameSchema } from '../../projects/routes.ts'
import { type ItemPlace, listItems } from './item-queries.ts'
import { itemSchema, presentItem, presentRun, runSchema } from './present-run.ts'
import { readRun } from './read-run.ts'
import { listRuns } from './run-queries.ts'
import { type StartRunDeps, startRun } from './start-run.ts'

const projectParams = z.strictObject({ project: projectNameSchema })
const runParams = z.strictObject({ project: projectNameSchema, id: idSchema })

const listRoute = (deps: StartRunDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/projects/:project/retention/runs',
    summary: 'Lists the runs of the rules of a project, the newest first',
    params: projectParams,
    query: z.strictObject(pageQuery),
    answers: { 200: { description: 'A page of runs', schema: pageSchema(runSchema) } },
    handle: async ({ caller, params: { project }, query: { limit, cursor }, url }) => {
      const question = { caller, name: project, permission: 'retention:read' } as const
      const { id: projectId } = await requireProject(deps, question)
      const before = readIdCursor(cursor)
      const rows = await listRuns(deps.database, { projectId, before, most: limit + 1 })
      return presentPage(
        cutPage(rows, limit, ({ id }) => String(id)),
        presentRun,
        url,
      )
    },
  })

const startRoute = (deps: StartRunDeps): Route =>
  defineRoute({
    method: 'post',
    path: '/projects/:project/retention/runs',
    summary: 'Lets the rules decide over the tags of a project now; a dry run removes none',
    params: projectParams,
    body: z.strictObject({ dryRun: z.boolean() }),
    refusals: [409],
    answers: { 202: { description: 'The run; its address is in Location', schema: runSchema } },
    handle: async ({ caller, params: { project }, body: { dryRun: isDryRun } }) => {
      const run = await startRun(deps, { caller, project, isDryRun })
      const location = `/api/v1/projects/${project}/retention/runs/${run.id}`
      return { status: 202, headers: { Location: location }, body: presentRun(run) }
    },
  })

const readRoute = (deps: StartRunDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/projects/:project/retention/runs/:id',
    summary: 'Reads a run: how far it is, and how many tags it keeps and removes',
    params: runParams,
    answers: { 200: { description: 'The run', schema: runSchema } },
    handle: async ({ caller, params }) => ({
      status: 200,
      body: presentRun(await readRun(deps, { caller, ...params })),
    }),
  })

/** `acme/app:1.0`: neither part may hold a colon. */
const KEY_FORM = /^[a-z0-9._/-]{1,255}:[\w.-]{1,128}$/

const keyOf = ({ repository, tag }: ItemPlace): string => textKey(`${repository}:${tag}`)

function placeOf(cursor: string | undefined): ItemPlace | undefined {
  const [repository = '', tag] = readTextCursor(cursor, KEY_FORM).split(':')
  return tag === undefined ? undefined : { repository, tag }
}

const itemsRoute = (deps: StartRunDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/projects/:project/retention/runs/:id/items',
    summary: 'Lists what a run decided for each tag, and why, by repository and tag',
    params: runParams,
    query: z.strictObject({ ...pageQuery, decision: z.enum(['keep', 'remove']).optional() }),
    answers: { 200: { description: 'A page of decisions', schema: pageSchema(itemSchema) } },
    handle: async ({ caller, params, query: { limit, cursor, decision }, url }) => {
      const { id: runId } = await readRun(deps, { caller, ...params })
      const question = { runId, decision, after: placeOf(cursor), most: limit + 1 }
      const rows = await listItems(deps.database, question)
      return presentPage(cutPage(rows, limit, keyOf), presentItem, url)
    },
  })

export const createRunRoutes = (deps: StartRunDeps): readonly Route[] => [
  listRoute(deps),
  startRoute(deps),
  readRoute(deps),
  itemsRoute(deps),
]

import { z } from 'zod'
import { cutPage, pageQuery, pageSchema, presentPage, readIdCursor } from '../http/page.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { type CancelJobDeps, cancelJob, unknownJob } from './cancel-job.ts'
import { jobSchema, jobWithLogSchema, presentJob, presentJobWithLog } from './present-job.ts'
import { findJob, listJobs } from './queries.ts'
import { JOB_STATES } from './types.ts'

const idParams = z.strictObject({
  id: z
    .string()
    .regex(/^[1-9]\d{0,14}$/, 'must be a number')
    .transform(Number),
})

const kindSchema = z
  .string()
  .regex(/^[\x21-\x7e]{1,64}$/, 'must be 1 to 64 visible ASCII characters')

const listQuery = z.strictObject({
  ...pageQuery,
  kind: kindSchema.optional(),
  state: z.enum(JOB_STATES).optional(),
})

const listRoute = ({ database, requireSystem }: CancelJobDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/jobs',
    summary: 'Lists jobs, the newest first',
    query: listQuery,
    answers: { 200: { description: 'A page of jobs', schema: pageSchema(jobSchema) } },
    handle: async ({ caller, query: { limit, cursor, kind, state }, url }) => {
      requireSystem(caller, 'job:read')
      const before = readIdCursor(cursor)
      const rows = await listJobs(database, { filter: { kind, state }, before, most: limit + 1 })
      const page = cutPage(rows, limit, ({ id }) => String(id))
      return presentPage(page, presentJob, url)
    },
  })

const answerJob = { 200: { description: 'The job, with its log', schema: jobWithLogSchema } }

const readRoute = ({ database, requireSystem }: CancelJobDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/jobs/:id',
    summary: 'Reads a job: its state, progress, log and error',
    params: idParams,
    answers: answerJob,
    handle: async ({ caller, params: { id } }) => {
      requireSystem(caller, 'job:read')
      const job = await findJob(database, id)
      if (job === undefined) throw unknownJob(id)
      return { status: 200, body: presentJobWithLog(job) }
    },
  })

const cancelRoute = (deps: CancelJobDeps): Route =>
  defineRoute({
    method: 'post',
    path: '/jobs/:id/cancel',
    summary: 'Cancels a job; one that runs is told to stop',
    params: idParams,
    body: z.strictObject({}),
    refusals: [409],
    answers: answerJob,
    handle: async ({ caller, params: { id } }) => {
      deps.requireSystem(caller, 'job:write')
      return { status: 200, body: presentJobWithLog(await cancelJob(deps, { caller, id })) }
    },
  })

export const createJobRoutes = (deps: CancelJobDeps): readonly Route[] => [
  listRoute(deps),
  readRoute(deps),
  cancelRoute(deps),
]

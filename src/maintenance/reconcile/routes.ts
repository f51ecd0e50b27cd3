import { z } from 'zod'
import { defineRoute, type Route } from '../../http/route.ts'
import { presentReconcile, reconcileSchema } from './present-reconcile.ts'
import { readReconcile } from './read-reconcile.ts'
import { releaseBrake } from './release-brake.ts'
import { type RequestReconcileDeps, requestReconcile } from './request-reconcile.ts'

const answerState = {
  200: { description: 'How the index stands to the registry', schema: reconcileSchema },
}

const readRoute = ({ database, requireSystem }: RequestReconcileDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/maintenance/reconcile',
    summary: 'Reads how the index stands to the registry: the last run, what it found, the brake',
    answers: answerState,
    handle: async ({ caller }) => {
      requireSystem(caller, 'job:read')
      return { status: 200, body: presentReconcile(await readReconcile(database)) }
    },
  })

const startRoute = (deps: RequestReconcileDeps): Route =>
  defineRoute({
    method: 'post',
    path: '/maintenance/reconcile',
    summary: 'Compares the index with the registry, now; a run that is under way is answered',
    body: z.strictObject({}),
    answers: {
      202: {
        description: 'The job that does it; its address is in Location',
        schema: z.object({ jobId: z.int() }),
      },
    },
    handle: async ({ caller }) => {
      deps.requireSystem(caller, 'job:write')
      const { jobId } = await requestReconcile(deps, caller)
      return { status: 202, headers: { Location: `/api/v1/jobs/${jobId}` }, body: { jobId } }
    },
  })

const releaseRoute = (deps: RequestReconcileDeps): Route =>
  defineRoute({
    method: 'post',
    path: '/maintenance/reconcile/brake',
    summary: 'Releases the brake: what is gone from the registry may leave the index again',
    body: z.strictObject({}),
    answers: answerState,
    handle: async ({ caller }) => {
      deps.requireSystem(caller, 'job:write')
      await releaseBrake(deps, caller)
      return { status: 200, body: presentReconcile(await readReconcile(deps.database)) }
    },
  })

export const createReconcileRoutes = (deps: RequestReconcileDeps): readonly Route[] => [
  readRoute(deps),
  startRoute(deps),
  releaseRoute(deps),
]

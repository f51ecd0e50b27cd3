import { z } from 'zod'
import { defineRoute, type Route } from '../../http/route.ts'
import type { RequirePermissionDeps } from '../../projects/require-permission.ts'
import { projectNameSchema } from '../../projects/routes.ts'
import type { Door } from '../enforcement.ts'
import { deleteRetention, type Retention, readRetention, setRetention } from './change-retention.ts'
import { policySchema, presentedRule, presentRule, toPolicy } from './rule-schemas.ts'

export interface RetentionRouteDeps extends RequirePermissionDeps {
  readonly door: Door
}

const retentionSchema = z
  .object({
    rules: z.array(presentedRule),
    schedule: z.string().nullable(),
    untaggedDays: z.int().nullable(),
    nextRunAt: z.iso.datetime().nullable(),
    enforcement: z.enum(['door', 'put-back']),
  })
  .meta({ id: 'Retention' })

const presenter =
  (door: Door) =>
  (retention: Retention): z.output<typeof retentionSchema> => ({
    rules: retention.rules.map(presentRule),
    schedule: retention.schedule ?? null,
    untaggedDays: retention.untaggedDays ?? null,
    nextRunAt: retention.nextRunAt?.toISOString() ?? null,
    enforcement: door === 'required' ? 'door' : 'put-back',
  })

const params = z.strictObject({ project: projectNameSchema })
const answers = {
  200: { description: 'What the project keeps, and which promise it is', schema: retentionSchema },
}

const readRoute = (deps: RetentionRouteDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/projects/:project/retention',
    summary: 'Reads which tags a project keeps; without rules it keeps all',
    params,
    answers,
    handle: async ({ caller, params: { project } }) => ({
      status: 200,
      body: presenter(deps.door)(await readRetention(deps, { caller, project })),
    }),
  })

const setRoute = (deps: RetentionRouteDeps): Route =>
  defineRoute({
    method: 'put',
    path: '/projects/:project/retention',
    summary: 'Says which tags a project keeps, and when the others are removed',
    conditional: true,
    params,
    body: policySchema,
    answers,
    handle: async ({ caller, params: { project }, body, precondition }) => {
      const check = precondition.on(presenter(deps.door))
      const policy = toPolicy(body)
      const retention = await setRetention(deps, { caller, project, policy, check })
      return { status: 200, body: presenter(deps.door)(retention) }
    },
  })

const deleteRoute = (deps: RetentionRouteDeps): Route =>
  defineRoute({
    method: 'delete',
    path: '/projects/:project/retention',
    summary: 'Takes the rules away: the project keeps all its tags',
    conditional: true,
    params,
    answers: { 204: { description: 'There are no rules' } },
    handle: async ({ caller, params: { project }, precondition }) => {
      const check = precondition.on(presenter(deps.door))
      await deleteRetention(deps, { caller, project, check })
      return { status: 204 }
    },
  })

export const createPolicyRoutes = (deps: RetentionRouteDeps): readonly Route[] => [
  readRoute(deps),
  setRoute(deps),
  deleteRoute(deps),
]

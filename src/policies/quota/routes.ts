import { z } from 'zod'
import { defineRoute, type Route } from '../../http/route.ts'
import { projectNameSchema } from '../../projects/routes.ts'
import { SETTING_SCHEMAS } from '../../settings/types.ts'
import type { Door } from '../enforcement.ts'
import { changeQuota, type Quota, type QuotaDeps, readQuota } from './change-quota.ts'
import { isNearlyOver } from './limits.ts'

export interface QuotaRouteDeps extends QuotaDeps {
  readonly door: Door
}

const limitSchema = SETTING_SCHEMAS.defaultQuotaBytes

const quotaSchema = z
  .object({
    limitBytes: limitSchema,
    effectiveLimitBytes: limitSchema,
    usedBytes: z.int(),
    warning: z.boolean(),
    enforcement: z.enum(['door', 'token']),
  })
  .meta({ id: 'Quota' })

const presenter =
  (door: Door) =>
  ({ limitBytes, effectiveLimitBytes, usedBytes }: Quota): z.output<typeof quotaSchema> => ({
    limitBytes: limitBytes ?? null,
    effectiveLimitBytes: effectiveLimitBytes ?? null,
    usedBytes,
    warning: isNearlyOver(usedBytes, effectiveLimitBytes),
    enforcement: door === 'required' ? 'door' : 'token',
  })

const params = z.strictObject({ project: projectNameSchema })
const answers = {
  200: {
    description: 'The limit, what is used of it, and which promise it is',
    schema: quotaSchema,
  },
}

const readRoute = (deps: QuotaRouteDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/projects/:project/quota',
    summary: 'Reads how much a project may keep, and keeps',
    params,
    answers,
    handle: async ({ caller, params: { project } }) => ({
      status: 200,
      body: presenter(deps.door)(await readQuota(deps, { caller, project })),
    }),
  })

const changeRoute = (deps: QuotaRouteDeps): Route =>
  defineRoute({
    method: 'put',
    path: '/projects/:project/quota',
    summary: 'Sets how much a project may keep',
    conditional: true,
    params,
    body: z.strictObject({ limitBytes: limitSchema }),
    answers,
    handle: async ({ caller, params: { project }, body, precondition }) => {
      const present = presenter(deps.door)
      const check = precondition.on(present)
      const limitBytes = body.limitBytes ?? undefined
      return {
        status: 200,
        body: present(await changeQuota(deps, { caller, project, limitBytes, check })),
      }
    },
  })

export const createQuotaRoutes = (deps: QuotaRouteDeps): readonly Route[] => [
  readRoute(deps),
  changeRoute(deps),
]

import { z } from 'zod'
import type { LdapConfig } from '../../config/ldap-variables.ts'
import { defineRoute, type Route } from '../../http/route.ts'
import { requireSystem } from '../../projects/require-permission.ts'
import { checkDirectory, type LdapCheck } from './check-directory.ts'

const LONGEST_NAME = 200

const checkQuery = z.strictObject({
  username: z.string('is there more than once').min(1).max(LONGEST_NAME).optional(),
})

const checkSchema = z
  .object({
    configured: z.boolean(),
    faults: z.number(),
    warnings: z.number(),
    steps: z.array(
      z.object({
        name: z.string(),
        state: z.enum(['ok', 'warning', 'fault', 'skipped']),
        detail: z.string(),
        advice: z.string().nullable(),
        ms: z.number(),
      }),
    ),
  })
  .meta({ id: 'LdapCheck' })

const presentCheck = ({ steps, faults, warnings }: LdapCheck): z.output<typeof checkSchema> => ({
  configured: true,
  faults,
  warnings,
  steps: steps.map((step) => ({ ...step, advice: step.advice ?? null })),
})

const NOT_CONFIGURED = { configured: false, faults: 0, warnings: 0, steps: [] }

export interface LdapRoutesDeps {
  readonly config: { readonly ldap: LdapConfig | undefined }
}

/** `GET /signin/ldap/check`: it takes no password, so that none comes into a query. */
export const createLdapRoutes = ({ config: { ldap } }: LdapRoutesDeps): readonly Route[] => [
  defineRoute({
    method: 'get',
    path: '/signin/ldap/check',
    summary: 'Says step by step whether the directory can be asked, and finds somebody there',
    etag: false,
    query: checkQuery,
    answers: { 200: { description: 'Every step, in its order', schema: checkSchema } },
    handle: async ({ caller, query: { username } }) => {
      requireSystem(caller, 'user:write')
      if (ldap === undefined) return { status: 200, body: NOT_CONFIGURED }
      return { status: 200, body: presentCheck(await checkDirectory({ config: ldap, username })) }
    },
  }),
]

import { z } from 'zod'
import { defineRoute, type Route } from '../http/route.ts'
import { type LinkIdentityDeps, linkIdentity } from './link-identity.ts'
import { presentUser, userSchema } from './user-schemas.ts'
import { usernameSchema } from './username-schema.ts'

const SOURCE_RULE = 'must be local, ldap, or the name of an issuer'

const identitySchema = z.strictObject({
  source: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, SOURCE_RULE),
  subject: z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters')
    .optional(),
})

export const createIdentityRoutes = (deps: LinkIdentityDeps): readonly Route[] => [
  defineRoute({
    method: 'put',
    path: '/users/:username/identity',
    summary: 'Says which source proves a user from now on, and who the user is there',
    conditional: true,
    params: z.strictObject({ username: usernameSchema }),
    body: identitySchema,
    answers: { 200: { description: 'The user', schema: userSchema } },
    handle: async ({ caller, params: { username }, body, precondition }) => {
      deps.requireSystem(caller, 'user:write')
      const wanted = { source: body.source, subject: body.subject }
      const check = precondition.on(presentUser)
      const user = await linkIdentity(deps, { caller, username, wanted, check })
      return { status: 200, body: presentUser(user) }
    },
  }),
]

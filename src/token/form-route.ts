import { z } from 'zod'
import type { Origin } from '../http/caller.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { type Access, parseScopes } from '../protocol/scope.ts'
import { type Subject, subjectName } from '../protocol/subject.ts'
import { grantAccess } from './grant-access.ts'
import { issueToken } from './issue-token.ts'
import {
  countWholeWay,
  mintFor,
  requireService,
  scopeSchema,
  type TokenRoutesDeps,
  tokenSchema,
} from './token-answer.ts'
import { MOST_SCOPES } from './token-request.ts'

const oneString = z.string('is missing, or there more than once')

const commonFields = {
  service: oneString,
  scope: scopeSchema,
  client_id: z.string('is there more than once').optional(),
  access_type: z.string('is there more than once').optional(),
}

const grantSchema = z.discriminatedUnion(
  'grant_type',
  [
    z.looseObject({
      grant_type: z.literal('password'),
      ...commonFields,
      username: oneString,
      password: oneString,
    }),
    z.looseObject({
      grant_type: z.literal('refresh_token'),
      ...commonFields,
      refresh_token: oneString,
    }),
  ],
  'must be password or refresh_token',
)

type GrantForm = z.output<typeof grantSchema>

const oauthTokenSchema = tokenSchema.extend({ scope: z.string() }).meta({ id: 'OAuthToken' })

const presentScope = (access: readonly Access[]): string =>
  access
    .map((entry) => {
      const type = entry.class === undefined ? entry.type : `${entry.type}(${entry.class})`
      return `${type}:${entry.name}:${entry.actions.join(',')}`
    })
    .join(' ')

/** Who asks by form, and what stands in for the password from now on. */
async function proveForm(
  deps: TokenRoutesDeps,
  body: GrantForm,
  origin: Origin,
): Promise<{ readonly subject: Subject; readonly minted: { readonly refresh_token?: string } }> {
  if (body.grant_type === 'refresh_token') {
    const subject = await deps.authenticateIdentity(body.refresh_token, origin)
    // It stays good, and is said again, since clients keep what they have (facts of the protocol).
    return { subject, minted: { refresh_token: body.refresh_token } }
  }
  const credentials = { username: body.username, secret: body.password }
  const subject = await deps.authenticate(credentials, origin)
  const offline = { isWanted: body.access_type === 'offline', client: body.client_id }
  return { subject, minted: await mintFor(deps, { subject, origin }, offline) }
}

/**
 * The realm in its OAuth2 form, which containerd and buildkit ask first.
 *
 * @see https://distribution.github.io/distribution/spec/auth/oauth/
 */
export const createFormRoute = (deps: TokenRoutesDeps): Route =>
  defineRoute({
    method: 'post',
    path: '/auth/token',
    summary: 'Issues a token for the registry, by OAuth2 form',
    anonymous: true,
    body: grantSchema,
    bodyType: 'form',
    answers: { 200: { description: 'The token', schema: oauthTokenSchema } },
    handle: async ({ caller: { origin }, body }) => {
      requireService(body.service, deps.settings.service)
      const asked = parseScopes(body.scope, MOST_SCOPES)
      const { subject, minted } = await proveForm(deps, body, origin)
      const { access, until } = await grantAccess(deps, { subject, asked })
      const sub = subjectName(subject)
      const { token, expiresInSeconds } = issueToken(deps, { sub, access, until })
      await countWholeWay(deps)
      const scope = presentScope(access)
      return {
        status: 200,
        body: { token, access_token: token, expires_in: expiresInSeconds, scope, ...minted },
      }
    },
  })

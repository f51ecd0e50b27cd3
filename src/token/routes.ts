import { z } from 'zod'
import { defineRoute, type Route } from '../http/route.ts'
import { parseScopes } from '../protocol/scope.ts'
import { subjectName } from '../protocol/subject.ts'
import { createFormRoute } from './form-route.ts'
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
import {
  isRepeatable,
  MOST_SCOPES,
  repeatableUntil,
  requireAccount,
  SECRET_PARAMETERS,
} from './token-request.ts'

const notInQuery = z.never('send secrets in the Authorization header, never in a query').optional()

/** Clients may add parameters of their own; those that carry secrets are refused (R19). */
const tokenQuery = z.looseObject({
  service: z.string('is missing, or there more than once'),
  scope: scopeSchema,
  account: z.string('is there more than once').optional(),
  client_id: z.string('is there more than once').optional(),
  offline_token: z.string('is there more than once').optional(),
  ...Object.fromEntries(SECRET_PARAMETERS.map((name) => [name, notInQuery])),
})

/**
 * The realm: a token for what was asked and is allowed, which may be nothing. Without a scope it
 * only proves the credentials, as `docker login` does.
 *
 * @see https://distribution.github.io/distribution/spec/auth/token/
 */
const getTokenRoute = (deps: TokenRoutesDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/auth/token',
    summary: 'Issues a token for the registry',
    anonymous: true,
    etag: false,
    query: tokenQuery,
    answers: { 200: { description: 'The token', schema: tokenSchema } },
    handle: async ({ caller, query, request }) => {
      const { subject } = caller
      requireService(query.service, deps.settings.service)
      requireAccount(query.account, subject)
      const asked = parseScopes(query.scope, MOST_SCOPES)
      const { access, until, isOfMissing } = await grantAccess(deps, { subject, asked })
      const issued = issueToken(deps, { sub: subjectName(subject), access, until })
      const offline = { isWanted: query.offline_token === 'true', client: query.client_id }
      const minted = await mintFor(deps, caller, offline)
      // A new project raises no version, so what was said without it is not said again (R5).
      const isToKeep = minted.refresh_token === undefined && !isOfMissing
      if (isToKeep && isRepeatable(subject)) {
        deps.answers.keep(request, { issued, subject }, repeatableUntil(subject, until))
      }
      await countWholeWay(deps)
      const { token, expiresInSeconds } = issued
      return {
        status: 200,
        body: { token, access_token: token, expires_in: expiresInSeconds, ...minted },
      }
    },
  })

export const createTokenRoutes = (deps: TokenRoutesDeps): readonly Route[] => [
  getTokenRoute(deps),
  createFormRoute(deps),
]

import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { Authenticate } from '../http/caller.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { type Access, parseScopes } from '../protocol/scope.ts'
import { subjectName } from '../protocol/subject.ts'
import type { AnswerCache } from './answer-cache.ts'
import { type GrantAccessDeps, grantAccess } from './grant-access.ts'
import { type IssueTokenDeps, issueToken } from './issue-token.ts'
import { MOST_SCOPES, SECRET_PARAMETERS } from './token-request.ts'

export interface TokenRoutesDeps extends GrantAccessDeps, IssueTokenDeps {
  readonly authenticate: Authenticate
  readonly answers: AnswerCache
}

const scopeSchema = z
  .union([z.string().transform((scope) => [scope]), z.array(z.string())])
  .default([])

const notInQuery = z.never('send secrets in the Authorization header, never in a query').optional()

/** Clients may add parameters of their own; those that carry secrets are refused (R19). */
const tokenQuery = z.looseObject({
  service: z.string('is missing, or there more than once'),
  scope: scopeSchema,
  account: z.string().optional(),
  ...Object.fromEntries(SECRET_PARAMETERS.map((name) => [name, notInQuery])),
})

const tokenSchema = z
  .object({ token: z.string(), access_token: z.string(), expires_in: z.int() })
  .meta({ id: 'Token' })

function requireService(service: string, ours: string): void {
  if (service === ours) return
  throw new AppError('SERVICE_UNKNOWN', {
    detail: `tokens for the service ${JSON.stringify(service.slice(0, 64))} are not issued here, only for ${JSON.stringify(ours)}; see auth.token.service of the registry and WARDEN_SERVICE`,
  })
}

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
    handle: async ({ caller: { subject }, query, request }) => {
      requireService(query.service, deps.settings.service)
      const asked = parseScopes(query.scope, MOST_SCOPES)
      const grant = await grantAccess(deps, { subject, asked })
      const issued = issueToken(deps, { sub: subjectName(subject), ...grant })
      deps.answers.keep(request, issued)
      const { token, expiresInSeconds } = issued
      return {
        status: 200,
        body: { token, access_token: token, expires_in: expiresInSeconds },
      }
    },
  })

const grantSchema = z.looseObject({
  grant_type: z.literal('password', 'must be password'),
  service: z.string('is missing, or there more than once'),
  scope: scopeSchema,
  username: z.string('is missing, or there more than once'),
  password: z.string('is missing, or there more than once'),
})

const oauthTokenSchema = tokenSchema.extend({ scope: z.string() }).meta({ id: 'OAuthToken' })

const presentScope = (access: readonly Access[]): string =>
  access.map(({ type, name, actions }) => `${type}:${name}:${actions.join(',')}`).join(' ')

/**
 * The realm in its OAuth2 form, which containerd and buildkit ask first.
 *
 * @see https://distribution.github.io/distribution/spec/auth/oauth/
 */
const postTokenRoute = (deps: TokenRoutesDeps): Route =>
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
      const credentials = { username: body.username, secret: body.password }
      const subject = await deps.authenticate(credentials, origin)
      const grant = await grantAccess(deps, { subject, asked })
      const { token, expiresInSeconds } = issueToken(deps, { sub: subjectName(subject), ...grant })
      const scope = presentScope(grant.access)
      return {
        status: 200,
        body: { token, access_token: token, expires_in: expiresInSeconds, scope },
      }
    },
  })

export const createTokenRoutes = (deps: TokenRoutesDeps): readonly Route[] => [
  getTokenRoute(deps),
  postTokenRoute(deps),
]

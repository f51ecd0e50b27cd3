import { z } from 'zod'
import {
  type MintIdentityTokenDeps,
  mintIdentityToken,
} from '../credentials/mint-identity-token.ts'
import { AppError } from '../errors.ts'
import type { Authenticate, Origin } from '../http/caller.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { type Access, parseScopes } from '../protocol/scope.ts'
import { type Subject, subjectName } from '../protocol/subject.ts'
import type { AuthenticateIdentity } from '../signin/authenticate.ts'
import type { AnswerCache } from './answer-cache.ts'
import { type GrantAccessDeps, grantAccess } from './grant-access.ts'
import { type IssueTokenDeps, issueToken } from './issue-token.ts'
import { isRepeatable, MOST_SCOPES, requireAccount, SECRET_PARAMETERS } from './token-request.ts'

export interface TokenRoutesDeps extends GrantAccessDeps, IssueTokenDeps, MintIdentityTokenDeps {
  readonly authenticate: Authenticate
  readonly authenticateIdentity: AuthenticateIdentity
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
  account: z.string('is there more than once').optional(),
  client_id: z.string('is there more than once').optional(),
  offline_token: z.string('is there more than once').optional(),
  ...Object.fromEntries(SECRET_PARAMETERS.map((name) => [name, notInQuery])),
})

const tokenSchema = z
  .object({
    token: z.string(),
    access_token: z.string(),
    expires_in: z.int(),
    refresh_token: z.string().optional(),
  })
  .meta({ id: 'Token' })

function requireService(service: string, ours: string): void {
  if (service === ours) return
  throw new AppError('SERVICE_UNKNOWN', {
    detail: `tokens for the service ${JSON.stringify(service.slice(0, 64))} are not issued here, only for ${JSON.stringify(ours)}; see auth.token.service of the registry and WARDEN_SERVICE`,
  })
}

/** What a client asked for beside a token, to be kept in place of the password. */
interface Offline {
  readonly isWanted: boolean
  readonly client: string | undefined
}

async function mintFor(
  deps: TokenRoutesDeps,
  { subject, origin }: { readonly subject: Subject; readonly origin: Origin },
  { isWanted, client }: Offline,
): Promise<{ readonly refresh_token?: string }> {
  const secret = isWanted ? await mintIdentityToken(deps, { subject, origin, client }) : undefined
  return secret === undefined ? {} : { refresh_token: secret }
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
    query: tokenQuery,
    answers: { 200: { description: 'The token', schema: tokenSchema } },
    handle: async ({ caller, query, request }) => {
      const { subject } = caller
      requireService(query.service, deps.settings.service)
      requireAccount(query.account, subject)
      const asked = parseScopes(query.scope, MOST_SCOPES)
      const grant = await grantAccess(deps, { subject, asked })
      const issued = issueToken(deps, { sub: subjectName(subject), ...grant })
      const offline = { isWanted: query.offline_token === 'true', client: query.client_id }
      const minted = await mintFor(deps, caller, offline)
      if (minted.refresh_token === undefined && isRepeatable(subject)) {
        deps.answers.keep(request, issued, grant.until)
      }
      const { token, expiresInSeconds } = issued
      return {
        status: 200,
        body: { token, access_token: token, expires_in: expiresInSeconds, ...minted },
      }
    },
  })

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
      const { subject, minted } = await proveForm(deps, body, origin)
      const grant = await grantAccess(deps, { subject, asked })
      const { token, expiresInSeconds } = issueToken(deps, { sub: subjectName(subject), ...grant })
      const scope = presentScope(grant.access)
      return {
        status: 200,
        body: { token, access_token: token, expires_in: expiresInSeconds, scope, ...minted },
      }
    },
  })

export const createTokenRoutes = (deps: TokenRoutesDeps): readonly Route[] => [
  getTokenRoute(deps),
  postTokenRoute(deps),
]

import { z } from 'zod'
import { usernameSchema } from '../accounts/username-schema.ts'
import type { Caller } from '../http/caller.ts'
import { cutPage, pageQuery, pageSchema, presentPage, readIdCursor } from '../http/page.ts'
import { type Answer, defineRoute, type Route, secretText } from '../http/route.ts'
import { endSchema } from '../projects/member-schemas.ts'
import { isWithin } from '../projects/require-within.ts'
import {
  type AccessTokenDeps,
  type CreatedAccessToken,
  createAccessToken,
} from './create-access-token.ts'
import { requireAccount, requireUser } from './own-account.ts'
import {
  idSchema,
  labelSchema,
  permissionsSchema,
  presentedPermissions,
  presentPermissions,
  toDate,
} from './permission-schema.ts'
import { listAccessTokens } from './queries.ts'
import { readAccessToken, revokeAccessToken } from './revoke-access-token.ts'
import type { AccessToken } from './types.ts'

const newTokenSchema = z.strictObject({
  name: labelSchema,
  permissions: permissionsSchema.nullable().optional(),
  expiresAt: endSchema.nullable().optional(),
})

const tokenSchema = z
  .object({
    id: z.int(),
    name: z.string(),
    permissions: presentedPermissions.nullable(),
    expiresAt: z.iso.datetime().nullable(),
    lastUsedAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'AccessToken' })

const createdSchema = tokenSchema
  .extend({ username: z.string(), secret: secretText })
  .meta({ id: 'CreatedAccessToken' })

const presentToken = (token: AccessToken): z.output<typeof tokenSchema> => ({
  id: token.id,
  name: token.name,
  permissions: token.permissions ? presentPermissions(token.permissions) : null,
  expiresAt: token.expiresAt?.toISOString() ?? null,
  lastUsedAt: token.lastUsedAt?.toISOString() ?? null,
  createdAt: token.createdAt.toISOString(),
})

const presentCreated = ({ token, username, secret }: CreatedAccessToken): Answer => ({
  status: 201,
  body: { ...presentToken(token), username, secret },
  headers: { Location: `/api/v1/me/tokens/${token.id}` },
})

interface ListInput {
  readonly caller: Caller
  readonly username: string | undefined
  readonly query: { readonly limit: number; readonly cursor?: string | undefined }
  readonly url: URL
}

async function answerTokens(
  { database }: AccessTokenDeps,
  { caller, username, query, url }: ListInput,
) {
  const userId = await requireAccount(database, { caller, username, permission: 'user:read' })
  const after = readIdCursor(query.cursor) ?? 0
  const tokens = (await listAccessTokens(database, userId)).filter(
    ({ id, permissions }) => id > after && isWithin(caller, permissions),
  )
  return presentPage(
    cutPage(tokens, query.limit, ({ id }) => String(id)),
    presentToken,
    url,
  )
}

const answerPage = { 200: { description: 'A page of tokens', schema: pageSchema(tokenSchema) } }
const answerOne = { 200: { description: 'The token', schema: tokenSchema } }
const answerGone = { 204: { description: 'The token is revoked' } }
const ownParams = z.strictObject({ id: idSchema })
const userParams = z.strictObject({ username: usernameSchema })
const nestedParams = z.strictObject({ username: usernameSchema, id: idSchema })

const ownRoutes = (deps: AccessTokenDeps): readonly Route[] => [
  defineRoute({
    method: 'get',
    path: '/me/tokens',
    summary: "Lists one's own access tokens, the oldest first",
    query: z.strictObject(pageQuery),
    answers: answerPage,
    handle: (input) => answerTokens(deps, { ...input, username: undefined }),
  }),
  defineRoute({
    method: 'post',
    path: '/me/tokens',
    summary: 'Makes an access token; its secret is shown this once',
    idempotent: true,
    body: newTokenSchema,
    answers: { 201: { description: 'The new token, with its secret', schema: createdSchema } },
    handle: async ({ caller, body: { name, ...body }, once }) => {
      requireUser(caller)
      const permissions = body.permissions ?? undefined
      const expiresAt = toDate(body.expiresAt)
      return once.run(presentCreated, (keep) =>
        createAccessToken(deps, { caller, name, permissions, expiresAt, keep }),
      )
    },
  }),
  defineRoute({
    method: 'get',
    path: '/me/tokens/:id',
    summary: "Reads one of one's own access tokens",
    params: ownParams,
    answers: answerOne,
    handle: async ({ caller, params: { id } }) => {
      const path = { caller, username: undefined, id, permission: 'user:read' } as const
      return { status: 200, body: presentToken(await readAccessToken(deps, path)) }
    },
  }),
  defineRoute({
    method: 'delete',
    path: '/me/tokens/:id',
    summary: "Revokes one of one's own access tokens",
    params: ownParams,
    answers: answerGone,
    handle: async ({ caller, params: { id } }) => {
      await revokeAccessToken(deps, { caller, username: undefined, id })
      return { status: 204 }
    },
  }),
]

const userRoutes = (deps: AccessTokenDeps): readonly Route[] => [
  defineRoute({
    method: 'get',
    path: '/users/:username/tokens',
    summary: 'Lists the access tokens of a user, the oldest first',
    params: userParams,
    query: z.strictObject(pageQuery),
    answers: answerPage,
    handle: ({ params: { username }, ...input }) => answerTokens(deps, { ...input, username }),
  }),
  defineRoute({
    method: 'get',
    path: '/users/:username/tokens/:id',
    summary: 'Reads an access token of a user',
    params: nestedParams,
    answers: answerOne,
    handle: async ({ caller, params }) => {
      const path = { caller, ...params, permission: 'user:read' } as const
      return { status: 200, body: presentToken(await readAccessToken(deps, path)) }
    },
  }),
  defineRoute({
    method: 'delete',
    path: '/users/:username/tokens/:id',
    summary: 'Revokes an access token of a user',
    params: nestedParams,
    answers: answerGone,
    handle: async ({ caller, params }) => {
      await revokeAccessToken(deps, { caller, ...params })
      return { status: 204 }
    },
  }),
]

export const createAccessTokenRoutes = (deps: AccessTokenDeps): readonly Route[] => [
  ...ownRoutes(deps),
  ...userRoutes(deps),
]

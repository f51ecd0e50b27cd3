import { z } from 'zod'
import { refreshCaller } from '../accounts/refresh-caller.ts'
import { usernameSchema } from '../accounts/username-schema.ts'
import { recordAudit } from '../audit/record.ts'
import { inRightsChange } from '../database/change-version.ts'
import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import { cutPage, pageQuery, pageSchema, presentPage, readIdCursor } from '../http/page.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { isWithin } from '../projects/require-within.ts'
import { subjectName } from '../protocol/subject.ts'
import { deleteIdentityToken, listIdentityTokens } from './identity-queries.ts'
import { type AccountQuestion, requireAccount } from './own-account.ts'
import { idSchema } from './permission-schema.ts'
import type { IdentityToken } from './types.ts'

export interface IdentityTokenDeps {
  readonly database: Database
  readonly now: () => Date
}

const tokenSchema = z
  .object({
    id: z.int(),
    client: z.string().nullable(),
    address: z.string().nullable(),
    expiresAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'IdentityToken' })

const presentToken = (token: IdentityToken): z.output<typeof tokenSchema> => ({
  id: token.id,
  client: token.client ?? null,
  address: token.address ?? null,
  expiresAt: token.expiresAt.toISOString(),
  lastUsedAt: token.lastUsedAt?.toISOString() ?? null,
  createdAt: token.createdAt.toISOString(),
})

/** They stand for all that their owner may, so a narrowed credential does not come near them (R11). */
async function requireOwner(database: Database, question: AccountQuestion): Promise<number> {
  const userId = await requireAccount(database, question)
  if (isWithin(question.caller, undefined)) return userId
  throw new AppError('DENIED', {
    detail: 'identity tokens give all rights of their owner, and your access token gives less',
  })
}

interface ListInput {
  readonly caller: Caller
  readonly username: string | undefined
  readonly query: { readonly limit: number; readonly cursor?: string | undefined }
  readonly url: URL
}

async function answerTokens(
  { database, now }: IdentityTokenDeps,
  { caller, username, query, url }: ListInput,
) {
  const userId = await requireOwner(database, { caller, username, permission: 'user:read' })
  const before = readIdCursor(query.cursor)
  const page = { before, most: query.limit + 1, now: now() }
  const rows = await listIdentityTokens(database, userId, page)
  return presentPage(
    cutPage(rows, query.limit, ({ id }) => String(id)),
    presentToken,
    url,
  )
}

interface TokenPath {
  readonly caller: Caller
  readonly username: string | undefined
  readonly id: number
}

/**
 * Ends an identity token; every process refuses it within a second.
 *
 * @throws AppError UNAUTHORIZED (401), DENIED (403), USER_UNKNOWN, IDENTITY_TOKEN_UNKNOWN (404)
 */
async function revoke({ database }: IdentityTokenDeps, path: TokenPath): Promise<void> {
  const question = {
    caller: path.caller,
    username: path.username,
    permission: 'user:write',
  } as const
  await requireOwner(database, question)
  await inRightsChange(database, async ({ transaction, note }) => {
    const caller = await refreshCaller(transaction, path.caller)
    const userId = await requireOwner(transaction, { ...question, caller })
    await note({ kind: 'identityToken', id: path.id })
    if (!(await deleteIdentityToken(transaction, { userId, id: path.id }))) {
      throw new AppError('IDENTITY_TOKEN_UNKNOWN', {
        detail: `there is no identity token ${path.id} here`,
      })
    }
    await recordAudit(transaction, caller, {
      action: 'identity-token.revoke',
      target: `${path.username ?? subjectName(caller.subject)}/${path.id}`,
      outcome: 'done',
    })
  })
}

const answerPage = { 200: { description: 'A page of tokens', schema: pageSchema(tokenSchema) } }
const answerGone = { 204: { description: 'The token is revoked' } }

const ownRoutes = (deps: IdentityTokenDeps): readonly Route[] => [
  defineRoute({
    method: 'get',
    path: '/me/identity-tokens',
    summary: "Lists one's own identity tokens, the newest first",
    query: z.strictObject(pageQuery),
    answers: answerPage,
    handle: (input) => answerTokens(deps, { ...input, username: undefined }),
  }),
  defineRoute({
    method: 'delete',
    path: '/me/identity-tokens/:id',
    summary: "Revokes one of one's own identity tokens",
    params: z.strictObject({ id: idSchema }),
    answers: answerGone,
    handle: async ({ caller, params: { id } }) => {
      await revoke(deps, { caller, username: undefined, id })
      return { status: 204 }
    },
  }),
]

const userRoutes = (deps: IdentityTokenDeps): readonly Route[] => [
  defineRoute({
    method: 'get',
    path: '/users/:username/identity-tokens',
    summary: 'Lists the identity tokens of a user, the newest first',
    params: z.strictObject({ username: usernameSchema }),
    query: z.strictObject(pageQuery),
    answers: answerPage,
    handle: ({ params: { username }, ...input }) => answerTokens(deps, { ...input, username }),
  }),
  defineRoute({
    method: 'delete',
    path: '/users/:username/identity-tokens/:id',
    summary: 'Revokes an identity token of a user',
    params: z.strictObject({ username: usernameSchema, id: idSchema }),
    answers: answerGone,
    handle: async ({ caller, params }) => {
      await revoke(deps, { caller, ...params })
      return { status: 204 }
    },
  }),
]

export const createIdentityTokenRoutes = (deps: IdentityTokenDeps): readonly Route[] => [
  ...ownRoutes(deps),
  ...userRoutes(deps),
]

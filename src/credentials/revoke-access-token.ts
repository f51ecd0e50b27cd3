import { refreshCaller } from '../accounts/refresh-caller.ts'
import { recordAudit } from '../audit/record.ts'
import { inRightsChange } from '../database/change-version.ts'
import { AppError } from '../errors.ts'
import { isWithin } from '../projects/require-within.ts'
import type { AccessTokenDeps } from './create-access-token.ts'
import { type AccountQuestion, requireAccount } from './own-account.ts'
import { deleteAccessToken, findAccessToken } from './queries.ts'
import type { AccessToken } from './types.ts'

export type TokenPath = Omit<AccountQuestion, 'permission'> & { readonly id: number }

const unknown = (id: number): AppError =>
  new AppError('ACCESS_TOKEN_UNKNOWN', { detail: `there is no access token ${id} here` })

/**
 * Reads a token. One of another account, and one that may do more than the caller's own, are as if
 * they were not there.
 *
 * @throws AppError UNAUTHORIZED (401), DENIED (403), USER_UNKNOWN, ACCESS_TOKEN_UNKNOWN (404)
 */
export async function readAccessToken(
  { database }: Pick<AccessTokenDeps, 'database'>,
  { id, ...question }: TokenPath & Pick<AccountQuestion, 'permission'>,
): Promise<AccessToken> {
  const userId = await requireAccount(database, question)
  const token = await findAccessToken(database, { userId, id })
  if (token === undefined || !isWithin(question.caller, token.permissions)) throw unknown(id)
  return token
}

/**
 * Ends a token; every process refuses it within a second.
 *
 * @throws AppError as `readAccessToken`
 */
export async function revokeAccessToken(deps: AccessTokenDeps, path: TokenPath): Promise<void> {
  const question = { ...path, permission: 'user:write' } as const
  // Who has no right must not hold the row that all changes go through.
  await readAccessToken(deps, question)
  await inRightsChange(deps.database, async ({ transaction, note }) => {
    const caller = await refreshCaller(transaction, path.caller)
    const inside = { database: transaction }
    const { id } = await readAccessToken(inside, { ...question, caller })
    await note({ kind: 'accessToken', id })
    await deleteAccessToken(transaction, id)
    const owner = path.username ?? (caller.subject.kind === 'user' ? caller.subject.username : '')
    const target = `${owner}/${id}`
    await recordAudit(transaction, path.caller, {
      action: 'access-token.revoke',
      target,
      outcome: 'done',
    })
  })
}

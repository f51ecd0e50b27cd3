import { recordAudit } from '../audit/record.ts'
import { isDuplicateKey } from '../database/database-error.ts'
import type { Database } from '../database/open-database.ts'
import { inTransaction } from '../database/transaction.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import type { Keep } from '../http/once.ts'
import { requireWithin, type WantedRights } from '../projects/require-within.ts'
import { robotBehind } from '../protocol/subject.ts'
import { refreshUser } from './own-account.ts'
import { countAccessTokens, insertAccessToken } from './queries.ts'
import { createSecret, hashSecret } from './secret.ts'
import type { AccessToken } from './types.ts'

const MOST_TOKENS = 100

export interface AccessTokenDeps {
  readonly database: Database
  readonly now: () => Date
}

export interface CreatedAccessToken {
  readonly token: AccessToken
  /** What it is called when signing in: its owner's name. */
  readonly username: string
  /** Shown this once; only its hash is kept. */
  readonly secret: string
}

/**
 * Makes an access token for the caller. A new secret is nothing that anybody remembers, so the
 * change version stays. One that a service makes on behalf of a user ends with its right to (R12),
 * and so does what is made with such a token.
 *
 * @throws AppError UNAUTHORIZED (401), DENIED (403) for more than the caller's own credential gives
 * @throws AppError NAME_TAKEN (409), CONFLICT (409) when there are 100 already
 */
export async function createAccessToken(
  { database, now }: AccessTokenDeps,
  {
    caller,
    name,
    permissions,
    expiresAt,
    keep,
  }: WantedRights & {
    readonly caller: Caller
    readonly name: string
    readonly keep?: Keep<CreatedAccessToken>
  },
): Promise<CreatedAccessToken> {
  const secret = createSecret('accessToken')
  try {
    return await inTransaction(database, async (transaction) => {
      const subject = await refreshUser(transaction, caller)
      requireWithin({ ...caller, subject }, { permissions, expiresAt })
      if ((await countAccessTokens(transaction, subject.id)) >= MOST_TOKENS) {
        throw new AppError('CONFLICT', {
          detail: `${subject.username} has ${MOST_TOKENS} access tokens already; revoke one first`,
        })
      }
      const createdAt = now()
      const secretHash = hashSecret(secret)
      const id = await insertAccessToken(transaction, {
        userId: subject.id,
        name,
        permissions,
        expiresAt,
        secretHash,
        madeByRobotId: robotBehind(subject),
        now: createdAt,
      })
      const target = `${subject.username}/${id}`
      await recordAudit(transaction, caller, {
        action: 'access-token.create',
        target,
        outcome: 'done',
      })
      const created = {
        token: { id, name, permissions, expiresAt, createdAt, lastUsedAt: undefined },
        username: subject.username,
        secret,
      }
      await keep?.(transaction, created)
      return created
    })
  } catch (error) {
    if (!isDuplicateKey(error)) throw error
    throw new AppError('NAME_TAKEN', {
      detail: `you have an access token named ${JSON.stringify(name)} already; choose another name or revoke it`,
    })
  }
}

import type { Database } from '../database/open-database.ts'
import type { IdentityToken } from './types.ts'

interface IdentityTokenRow {
  readonly id: number
  readonly client: string | null
  readonly address: string | null
  readonly expires_at: Date
  readonly last_used_at: Date | null
  readonly created_at: Date
}

const COLUMNS = ['id', 'client', 'address', 'expires_at', 'last_used_at', 'created_at'].map(
  (column) => `identity_tokens.${column} as ${column}`,
)

const toIdentityToken = (row: IdentityTokenRow): IdentityToken => ({
  id: row.id,
  client: row.client ?? undefined,
  address: row.address ?? undefined,
  expiresAt: row.expires_at,
  lastUsedAt: row.last_used_at ?? undefined,
  createdAt: row.created_at,
})

export interface NewIdentityToken {
  readonly userId: number
  /** Of the sign-in that it is made for. */
  readonly signInEpoch: number
  readonly secretHash: string
  readonly client: string | undefined
  readonly address: string
  readonly expiresAt: Date
  readonly now: Date
}

/** @returns false when that sign-in is over: its owner has a new password, is disabled or gone */
export async function insertIdentityToken(
  database: Database,
  token: NewIdentityToken,
): Promise<boolean> {
  const [{ affectedRows }] = await database.raw(
    `INSERT INTO identity_tokens
            (user_id, sign_in_epoch, secret_hash, client, address, expires_at, created_at)
     SELECT id, sign_in_epoch, ?, ?, ?, ?, ? FROM users
      WHERE id = ? AND sign_in_epoch = ? AND disabled_at IS NULL AND deleted_at IS NULL`,
    [
      token.secretHash,
      token.client ?? null,
      token.address,
      token.expiresAt,
      token.now,
      token.userId,
      token.signInEpoch,
    ],
  )
  return affectedRows > 0
}

/** Those of a user that still work, the newest first, with ids below `before`, at most `most`. */
export async function listIdentityTokens(
  database: Database,
  userId: number,
  {
    before,
    most,
    now,
  }: { readonly before: number | undefined; readonly most: number; readonly now: Date },
): Promise<readonly IdentityToken[]> {
  const query = database('identity_tokens')
    .join('users', (on) =>
      on
        .on('users.id', 'identity_tokens.user_id')
        .andOn('users.sign_in_epoch', 'identity_tokens.sign_in_epoch'),
    )
    .where('identity_tokens.user_id', userId)
    .where('identity_tokens.expires_at', '>', now)
    .orderBy('identity_tokens.id', 'desc')
    .limit(most)
    .select<IdentityTokenRow[]>(...COLUMNS)
  if (before !== undefined) query.where('identity_tokens.id', '<', before)
  return (await query).map(toIdentityToken)
}

/** @returns whether the user had such a token */
export async function deleteIdentityToken(
  database: Database,
  { userId, id }: { readonly userId: number; readonly id: number },
): Promise<boolean> {
  return (await database('identity_tokens').where({ id, user_id: userId }).delete()) > 0
}

/** Removes those of a user that are over, and the oldest above `most`, a few at once. */
export async function forgetIdentityTokens(
  database: Database,
  userId: number,
  { most, now }: { readonly most: number; readonly now: Date },
): Promise<void> {
  const [oldestKept] = await database('identity_tokens')
    .where({ user_id: userId })
    .orderBy('id', 'desc')
    .offset(most)
    .limit(1)
    .select<{ id: number }[]>('id')
  await database('identity_tokens')
    .where({ user_id: userId })
    .andWhere((over) => {
      over.where('expires_at', '<', now)
      if (oldestKept !== undefined) over.orWhere('id', '<=', oldestKept.id)
    })
    .limit(100)
    .delete()
}

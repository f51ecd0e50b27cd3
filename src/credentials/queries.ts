import type { Database } from '../database/open-database.ts'
import type { CredentialPermission } from '../protocol/subject.ts'
import type { AccessToken } from './types.ts'

interface AccessTokenRow {
  readonly id: number
  readonly name: string
  readonly permissions: string | readonly CredentialPermission[] | null
  readonly expires_at: Date | null
  readonly last_used_at: Date | null
  readonly created_at: Date
}

const COLUMNS = ['id', 'name', 'permissions', 'expires_at', 'last_used_at', 'created_at'] as const

/** Some servers and proxies give a JSON column as text. */
export const toList = <T>(value: string | readonly T[]): readonly T[] =>
  typeof value === 'string' ? JSON.parse(value) : value

const toAccessToken = (row: AccessTokenRow): AccessToken => ({
  id: row.id,
  name: row.name,
  permissions: row.permissions === null ? undefined : toList(row.permissions),
  expiresAt: row.expires_at ?? undefined,
  lastUsedAt: row.last_used_at ?? undefined,
  createdAt: row.created_at,
})

export interface NewAccessToken {
  readonly userId: number
  readonly name: string
  readonly secretHash: string
  readonly permissions: readonly CredentialPermission[] | undefined
  readonly expiresAt: Date | undefined
  /** The robot that makes it on behalf of the user. */
  readonly madeByRobotId: number | undefined
  readonly now: Date
}

/** A name that the user has given already is a duplicate key. @returns the id */
export async function insertAccessToken(
  database: Database,
  token: NewAccessToken,
): Promise<number> {
  const [id] = await database('access_tokens').insert({
    user_id: token.userId,
    name: token.name,
    secret_hash: token.secretHash,
    permissions: token.permissions ? JSON.stringify(token.permissions) : null,
    made_by_robot_id: token.madeByRobotId ?? null,
    expires_at: token.expiresAt ?? null,
    created_at: token.now,
  })
  return Number(id)
}

export async function countAccessTokens(database: Database, userId: number): Promise<number> {
  const rows = await database('access_tokens')
    .where({ user_id: userId })
    .count<{ count: number }[]>({ count: '*' })
  return rows[0]?.count ?? 0
}

/** All of a user's access tokens, the oldest first; there are few. */
export async function listAccessTokens(
  database: Database,
  userId: number,
): Promise<readonly AccessToken[]> {
  const rows = await database('access_tokens')
    .where({ user_id: userId })
    .orderBy('id')
    .select<AccessTokenRow[]>(...COLUMNS)
  return rows.map(toAccessToken)
}

/** A token of that very user; undefined for one of another. */
export async function findAccessToken(
  database: Database,
  { userId, id }: { readonly userId: number; readonly id: number },
): Promise<AccessToken | undefined> {
  const row = await database('access_tokens')
    .where({ id, user_id: userId })
    .first<AccessTokenRow | undefined>(...COLUMNS)
  return row && toAccessToken(row)
}

export async function deleteAccessToken(database: Database, id: number): Promise<void> {
  await database('access_tokens').where({ id }).delete()
}

/** Deletes all tokens of a user, of both kinds. */
export async function deleteTokensOf(database: Database, userId: number): Promise<void> {
  await database('access_tokens').where({ user_id: userId }).delete()
  await database('identity_tokens').where({ user_id: userId }).delete()
}

export type UsedTable = 'access_tokens' | 'identity_tokens' | 'robots'

/** Notes that those rows were used, but not where that was noted after `unless`. */
export async function noteUses(
  database: Database,
  table: UsedTable,
  {
    ids,
    at,
    unless,
  }: { readonly ids: readonly number[]; readonly at: Date; readonly unless: Date },
): Promise<void> {
  await database(table)
    .whereIn('id', [...ids])
    .andWhere((before) => before.whereNull('last_used_at').orWhere('last_used_at', '<', unless))
    .update({ last_used_at: at })
}

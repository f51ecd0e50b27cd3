import { inOrder, type KeysetPosition, prefixPattern } from '../database/keyset.ts'
import type { Database } from '../database/open-database.ts'
import { COLUMNS, toUser, type UserRow } from './queries.ts'
import type { User } from './types.ts'

export interface UserListQuestion {
  readonly position: KeysetPosition
  /** Beginning of a user name or a mail address. */
  readonly search: string | undefined
  readonly most: number
}

/** Users in their order, from a position on, at most `most`. */
export async function listUsers(
  database: Database,
  { position, search, most }: UserListQuestion,
): Promise<readonly User[]> {
  const query = database('users').where({ deleted_at: null }).limit(most)
  inOrder(query, position, { name: 'username', times: { createdAt: 'created_at' } })
  if (search !== undefined) {
    query.andWhere((either) =>
      either
        .whereRaw("username LIKE ? ESCAPE '!'", [prefixPattern(search.toLowerCase())])
        .orWhereRaw("email LIKE ? ESCAPE '!'", [prefixPattern(search)]),
    )
  }
  return (await query.select<UserRow[]>(...COLUMNS)).map(toUser)
}

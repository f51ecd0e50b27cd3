import { byIndex, inOrder, type KeysetPosition, prefixPattern } from '../database/keyset.ts'
import type { Database } from '../database/open-database.ts'
import { COLUMNS, toUser, type UserRow } from './queries.ts'
import type { User } from './types.ts'

export interface UserListQuestion {
  readonly position: KeysetPosition
  /** Beginning of a user name or a mail address. */
  readonly search: string | undefined
  readonly most: number
}

const SORTED_BY = { name: 'username', times: { createdAt: 'created_at' } } as const
const SORT_INDEXES = { name: 'users_username', time: 'users_created' } as const

/** Users in their order, from a position on, at most `most`. */
export async function listUsers(
  database: Database,
  { position, search, most }: UserListQuestion,
): Promise<readonly User[]> {
  const query = database.queryBuilder().where({ deleted_at: null }).limit(most)
  inOrder(query, position, SORTED_BY)
  if (search === undefined) {
    const index = SORT_INDEXES[position.by in SORTED_BY.times ? 'time' : 'name']
    query.from(byIndex(database, 'users', index))
  } else {
    // Few are found by their own index and sorted, many on the way of the sort: the server counts.
    query
      .from('users')
      .andWhere((either) =>
        either
          .whereRaw("username LIKE ? ESCAPE '!'", [prefixPattern(search.toLowerCase())])
          .orWhereRaw("email LIKE ? ESCAPE '!'", [prefixPattern(search)]),
      )
  }
  const rows: readonly UserRow[] = await query.select(...COLUMNS)
  return rows.map(toUser)
}

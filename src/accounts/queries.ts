import { byIndex, inOrder, type KeysetPosition, prefixPattern } from '../database/keyset.ts'
import type { Database } from '../database/open-database.ts'
import type { Versioned } from '../database/versioned-cache.ts'
import type { SystemRole } from '../protocol/subject.ts'
import type { NewUser, User, UserChange, UserWithPassword } from './types.ts'

const COLUMNS = [
  'id',
  'username',
  'email',
  'display_name',
  'system_role',
  'disabled_at',
  'created_at',
  'updated_at',
] as const

interface UserRow {
  readonly id: number
  readonly username: string
  readonly email: string | null
  readonly display_name: string | null
  readonly system_role: SystemRole | null
  readonly disabled_at: Date | null
  readonly created_at: Date
  readonly updated_at: Date
}

const toUser = (row: UserRow): User => ({
  id: row.id,
  username: row.username,
  email: row.email ?? undefined,
  displayName: row.display_name ?? undefined,
  systemRole: row.system_role ?? undefined,
  disabled: row.disabled_at !== null,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

export async function findUser(database: Database, username: string): Promise<User | undefined> {
  const row = await database('users')
    .where({ username, deleted_at: null })
    .first<UserRow | undefined>(...COLUMNS)
  return row && toUser(row)
}

export async function findUserWithPassword(
  database: Database,
  username: string,
): Promise<UserWithPassword | undefined> {
  const row = await database('users')
    .where({ username, deleted_at: null })
    .first<(UserRow & { password_hash: string | null }) | undefined>(...COLUMNS, 'password_hash')
  return row && { ...toUser(row), passwordHash: row.password_hash ?? undefined }
}

/** A user and the change version, read in one statement. */
export async function findVersionedUser(
  database: Database,
  username: string,
): Promise<Versioned<UserWithPassword>> {
  const [[row]] = await database.raw(
    `SELECT v.epoch, v.counter, u.id, u.username, u.email, u.display_name, u.system_role,
            u.disabled_at, u.created_at, u.updated_at, u.password_hash
       FROM change_version v
       LEFT JOIN users u ON u.username = ? AND u.deleted_at IS NULL
      WHERE v.id = 1`,
    [username],
  )
  const version = { epoch: row.epoch, counter: Number(row.counter) }
  if (row.id === null) return { version, value: undefined }
  return { version, value: { ...toUser(row), passwordHash: row.password_hash ?? undefined } }
}

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

/** A taken name is a duplicate key, also when its user is gone. */
export async function insertUser(
  database: Database,
  user: NewUser & { readonly now: Date },
): Promise<void> {
  await database('users').insert({
    username: user.username,
    source: 'local',
    email: user.email ?? null,
    display_name: user.displayName ?? null,
    system_role: user.systemRole ?? null,
    password_hash: user.passwordHash,
    version: 1,
    created_at: user.now,
    updated_at: user.now,
  })
}

/** Identity tokens of before are over when the password changes or the account is disabled. */
const endsSignIns = ({ passwordHash, disabled }: UserChange): boolean =>
  passwordHash !== undefined || disabled === true

export async function updateUser(
  database: Database,
  id: number,
  { change, now }: { readonly change: UserChange; readonly now: Date },
): Promise<void> {
  await database('users')
    .where({ id })
    .update({
      ...(change.email !== undefined && { email: change.email }),
      ...(change.displayName !== undefined && { display_name: change.displayName }),
      ...(change.systemRole !== undefined && { system_role: change.systemRole }),
      ...(change.disabled !== undefined && { disabled_at: change.disabled ? now : null }),
      ...(change.passwordHash !== undefined && { password_hash: change.passwordHash }),
      ...(endsSignIns(change) && { sign_in_epoch: database.raw('sign_in_epoch + 1') }),
      version: database.raw('version + 1'),
      updated_at: now,
    })
}

export async function countEnabledAdministrators(database: Database): Promise<number> {
  const row = await database('users')
    .where({ system_role: 'administrator', disabled_at: null, deleted_at: null })
    .count<{ count: number }[]>({ count: '*' })
  return row[0]?.count ?? 0
}

/** @returns false when the stored hash is another one than `from`; nothing is changed then */
export async function replacePassword(
  database: Database,
  id: number,
  { from, to, now }: { readonly from: string; readonly to: string; readonly now: Date },
): Promise<boolean> {
  const changed = await database('users')
    .where({ id, password_hash: from, deleted_at: null })
    .update({
      password_hash: to,
      sign_in_epoch: database.raw('sign_in_epoch + 1'),
      version: database.raw('version + 1'),
      updated_at: now,
    })
  return changed > 0
}

/** The same password under another hash: sign-ins of before go on. @returns as `replacePassword` */
export async function upgradeHash(
  database: Database,
  id: number,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<boolean> {
  const changed = await database('users')
    .where({ id, password_hash: from, deleted_at: null })
    .update({ password_hash: to })
  return changed > 0
}

/** Empties the row of all but the name, which is never given again. */
export async function deleteUserRow(database: Database, id: number, now: Date): Promise<void> {
  await database('users')
    .where({ id })
    .update({
      email: null,
      display_name: null,
      system_role: null,
      password_hash: null,
      sign_in_epoch: database.raw('sign_in_epoch + 1'),
      deleted_at: now,
      version: database.raw('version + 1'),
      updated_at: now,
    })
}

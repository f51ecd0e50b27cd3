import type { Database } from '../database/open-database.ts'
import type { Versioned } from '../database/versioned-cache.ts'
import type { SystemRole } from '../protocol/subject.ts'
import { LOCAL } from './identity.ts'
import type { FollowedClaims, NewUser, User, UserChange, UserWithPassword } from './types.ts'

export const COLUMNS = [
  'id',
  'username',
  'source',
  'email',
  'display_name',
  'system_role',
  'claims_digest',
  'claimed_role',
  'claims_end_at',
  'disabled_at',
  'created_at',
  'updated_at',
] as const

export const SIGN_IN_COLUMNS = [...COLUMNS, 'password_hash', 'sign_in_epoch'] as const

export interface UserRow {
  readonly id: number
  readonly username: string
  readonly source: string
  readonly email: string | null
  readonly display_name: string | null
  readonly system_role: SystemRole | null
  readonly claims_digest: string | null
  readonly claimed_role: SystemRole | null
  readonly claims_end_at: Date | null
  readonly disabled_at: Date | null
  readonly created_at: Date
  readonly updated_at: Date
}

export interface UserWithPasswordRow extends UserRow {
  readonly password_hash: string | null
  readonly sign_in_epoch: number
}

export const toClaims = (
  row: Pick<UserRow, 'claims_digest' | 'claimed_role' | 'claims_end_at'>,
): FollowedClaims | undefined =>
  row.claims_digest === null || row.claims_end_at === null
    ? undefined
    : {
        digest: row.claims_digest,
        isAdministrator: row.claimed_role === 'administrator',
        endsAt: row.claims_end_at,
      }

export const toUser = (row: UserRow): User => ({
  id: row.id,
  username: row.username,
  source: row.source,
  email: row.email ?? undefined,
  displayName: row.display_name ?? undefined,
  systemRole: row.system_role ?? undefined,
  claims: toClaims(row),
  disabled: row.disabled_at !== null,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

export const toUserWithPassword = (row: UserWithPasswordRow): UserWithPassword => ({
  ...toUser(row),
  passwordHash: row.password_hash ?? undefined,
  signInEpoch: Number(row.sign_in_epoch),
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
    .first<UserWithPasswordRow | undefined>(...SIGN_IN_COLUMNS)
  return row && toUserWithPassword(row)
}

/** Whether what somebody signed in with is still there; all else of it belongs to a higher room. */
export async function hasAccessToken(
  database: Database,
  { userId, id }: { readonly userId: number; readonly id: number },
): Promise<boolean> {
  return (await database('access_tokens').where({ id, user_id: userId }).first('id')) !== undefined
}

/** A user and the change version, read in one statement. */
export async function findVersionedUser(
  database: Database,
  username: string,
): Promise<Versioned<UserWithPassword>> {
  const [[row]] = await database.raw(
    `SELECT v.epoch, v.counter, ${SIGN_IN_COLUMNS.map((column) => `u.${column}`).join(', ')}
       FROM change_version v
       LEFT JOIN users u ON u.username = ? AND u.deleted_at IS NULL
      WHERE v.id = 1`,
    [username],
  )
  const version = { epoch: row.epoch, counter: Number(row.counter) }
  if (row.id === null) return { version, value: undefined }
  return { version, value: toUserWithPassword(row) }
}

/** Whether a name is given, or was: it is never given again. */
export const isNameTaken = async (database: Database, username: string): Promise<boolean> =>
  (await database('users').where({ username }).first('id')) !== undefined

/** A taken name is a duplicate key, also when its user is gone. */
export async function insertUser(
  database: Database,
  user: NewUser & { readonly now: Date },
): Promise<void> {
  await database('users').insert({
    username: user.username,
    source: user.identity?.source ?? LOCAL,
    external_id: user.identity?.externalId ?? null,
    email: user.email ?? null,
    display_name: user.displayName ?? null,
    system_role: user.systemRole ?? null,
    password_hash: user.passwordHash ?? null,
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

/** Those that are proven here: another source may be away on the day that one is needed. */
export async function countEnabledAdministrators(database: Database): Promise<number> {
  const row = await database('users')
    .where({ system_role: 'administrator', source: LOCAL, disabled_at: null, deleted_at: null })
    .count<{ count: number }[]>({ count: '*' })
  return row[0]?.count ?? 0
}

/** Empties the row of all but the name, which is never given again, and who it was at its source. */
export async function deleteUserRow(database: Database, id: number, now: Date): Promise<void> {
  await database('users')
    .where({ id })
    .update({
      email: null,
      display_name: null,
      system_role: null,
      password_hash: null,
      claims_digest: null,
      claimed_role: null,
      claims_end_at: null,
      sign_in_epoch: database.raw('sign_in_epoch + 1'),
      deleted_at: now,
      version: database.raw('version + 1'),
      updated_at: now,
    })
}

import type { Database } from '../database/open-database.ts'
import type { Versioned } from '../database/versioned-cache.ts'
import { SIGN_IN_COLUMNS, toUserWithPassword, type UserWithPasswordRow } from './queries.ts'
import type { Claims, FollowedClaims, Identity, UserWithPassword } from './types.ts'

const ROWS_AT_ONCE = 500

type VersionedRow = UserWithPasswordRow & { readonly epoch: string; readonly counter: number }

/** The account of somebody at another source, and the change version, read in one statement. */
export async function findVersionedIdentity(
  database: Database,
  { source, externalId }: Identity,
): Promise<Versioned<UserWithPassword>> {
  const [[row]] = (await database.raw(
    `SELECT v.epoch, v.counter, ${SIGN_IN_COLUMNS.map((column) => `u.${column}`).join(', ')}
       FROM change_version v
       LEFT JOIN users u ON u.source = ? AND u.external_id = ? AND u.deleted_at IS NULL
      WHERE v.id = 1`,
    [source, externalId],
  )) as [readonly VersionedRow[]]
  if (row === undefined) throw new Error('the database has no change version')
  const version = { epoch: row.epoch, counter: Number(row.counter) }
  return { version, value: row.id === null ? undefined : toUserWithPassword(row) }
}

/** As `findVersionedIdentity`; inside a transaction, where no version is needed. */
export async function findIdentity(
  database: Database,
  { source, externalId }: Identity,
): Promise<UserWithPassword | undefined> {
  const row = await database('users')
    .where({ source, external_id: externalId, deleted_at: null })
    .first<UserWithPasswordRow | undefined>(...SIGN_IN_COLUMNS)
  return row && toUserWithPassword(row)
}

/** Whether an account of that identity was deleted here. */
export async function isDeletedIdentity(
  database: Database,
  { source, externalId }: Identity,
): Promise<boolean> {
  const row = await database('users')
    .where({ source, external_id: externalId })
    .whereNotNull('deleted_at')
    .first('id')
  return row !== undefined
}

/** Writes down what a source says of an account; who is in which group is another statement. */
export async function updateClaims(
  database: Database,
  id: number,
  { claims, followed, now }: { claims: Claims; followed: FollowedClaims; now: Date },
): Promise<void> {
  await database('users')
    .where({ id })
    .update({
      email: claims.email ?? null,
      display_name: claims.displayName ?? null,
      claims_digest: followed.digest,
      claimed_role: followed.isAdministrator ? 'administrator' : null,
      claims_end_at: followed.endsAt,
      version: database.raw('version + 1'),
      updated_at: now,
    })
}

/** Takes away what a source claimed of an account. */
export async function removeClaims(database: Database, id: number, now: Date): Promise<void> {
  await database('users')
    .where({ id })
    .update({
      claims_digest: null,
      claimed_role: null,
      claims_end_at: null,
      version: database.raw('version + 1'),
      updated_at: now,
    })
}

/** Makes the groups of a source that are not there yet. @returns the ids of all of them */
export async function ensureGroups(
  database: Database,
  { source, names, now }: { source: string; names: readonly string[]; now: Date },
): Promise<readonly number[]> {
  const ids: number[] = []
  for (let at = 0; at < names.length; at += ROWS_AT_ONCE) {
    const some = names.slice(at, at + ROWS_AT_ONCE)
    const find = () =>
      database('user_groups')
        .where({ source })
        .whereIn('name', some)
        .select<{ id: number; name: string }[]>('id', 'name')
    const there = new Set((await find()).map(({ name }) => name))
    const missing = some.filter((name) => !there.has(name))
    if (missing.length > 0) {
      await database.raw(
        `INSERT IGNORE INTO user_groups (source, name, version, created_at, updated_at)
         VALUES ${missing.map(() => '(?, ?, 1, ?, ?)').join(', ')}`,
        missing.flatMap((name) => [source, name, now, now]),
      )
    }
    ids.push(...(await find()).map(({ id }) => id))
  }
  return ids
}

/** Makes a user a member of exactly those groups of a source, until then; other sources stay (R9). */
export async function setClaimedGroups(
  database: Database,
  {
    userId,
    source,
    groupIds,
    endsAt,
    now,
  }: {
    readonly userId: number
    readonly source: string
    readonly groupIds: readonly number[]
    readonly endsAt: Date
    readonly now: Date
  },
): Promise<void> {
  const ofSource = database('user_groups').where({ source }).select('id')
  await database('group_members')
    .where({ user_id: userId })
    .whereIn('group_id', ofSource)
    .whereNotIn('group_id', [...groupIds])
    .delete()
  for (let at = 0; at < groupIds.length; at += ROWS_AT_ONCE) {
    const some = groupIds.slice(at, at + ROWS_AT_ONCE)
    await database.raw(
      `INSERT INTO group_members (group_id, user_id, created_at, expires_at)
       VALUES ${some.map(() => '(?, ?, ?, ?)').join(', ')}
       ON DUPLICATE KEY UPDATE expires_at = VALUES(expires_at)`,
      some.flatMap((groupId) => [groupId, userId, now, endsAt]),
    )
  }
}

/** Accounts of a source whose claims end before a time, those that end first before others. */
export async function listByClaimsEnd(
  database: Database,
  { source, before, most }: { source: string; before: Date; most: number },
): Promise<readonly (UserWithPassword & Identity)[]> {
  const rows = await database('users')
    .where({ source, deleted_at: null, disabled_at: null })
    .where('claims_end_at', '<', before)
    .orderBy('claims_end_at')
    .limit(most)
    .select<(UserWithPasswordRow & { readonly external_id: string })[]>(
      ...SIGN_IN_COLUMNS,
      'external_id',
    )
  return rows.map((row) => ({ ...toUserWithPassword(row), externalId: row.external_id }))
}

/** Gives an account another source; what the one before claimed is over. */
export async function updateIdentity(
  database: Database,
  id: number,
  { identity, now }: { readonly identity: Identity | undefined; readonly now: Date },
): Promise<void> {
  await database('users')
    .where({ id })
    .update({
      source: identity?.source ?? 'local',
      external_id: identity?.externalId ?? null,
      password_hash: null,
      claims_digest: null,
      claimed_role: null,
      claims_end_at: null,
      sign_in_epoch: database.raw('sign_in_epoch + 1'),
      version: database.raw('version + 1'),
      updated_at: now,
    })
}

/** Lets go of an identity whose account was deleted, so that another account may have it. */
export async function forgetDeletedIdentity(
  database: Database,
  { source, externalId }: Identity,
): Promise<void> {
  await database('users')
    .where({ source, external_id: externalId })
    .whereNotNull('deleted_at')
    .update({ external_id: null })
}

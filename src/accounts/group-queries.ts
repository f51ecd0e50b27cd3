import { byIndex } from '../database/keyset.ts'
import type { Database } from '../database/open-database.ts'
import { type GroupKey, groupLabel, parseGroupLabel } from './group-name.ts'
import type { Group } from './types.ts'

interface GroupRow {
  readonly id: number
  readonly source: string
  readonly name: string
  readonly description: string | null
  readonly created_at: Date
  readonly updated_at: Date
}

const COLUMNS = ['id', 'source', 'name', 'description', 'created_at', 'updated_at'] as const

const toGroup = (row: GroupRow): Group => ({
  id: row.id,
  source: row.source,
  name: groupLabel(row),
  description: row.description ?? undefined,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

/** What no group is, for what is no label. */
const NO_GROUP: GroupKey = { source: '', name: '' }

const keyOf = (label: string): GroupKey => parseGroupLabel(label) ?? NO_GROUP

/** @param label as the API has it */
export async function findGroup(database: Database, label: string): Promise<Group | undefined> {
  const row = await database('user_groups')
    .where({ ...keyOf(label) })
    .first<GroupRow | undefined>(...COLUMNS)
  return row && toGroup(row)
}

/** Those groups of the ids that are there. */
export async function findGroupsById(
  database: Database,
  ids: readonly number[],
): Promise<readonly Group[]> {
  if (ids.length === 0) return []
  const rows = await database('user_groups')
    .whereIn('id', [...ids])
    .select<GroupRow[]>(...COLUMNS)
  return rows.map(toGroup)
}

/** As `findGroup`; nobody else changes the group until the transaction ends. */
export async function lockGroup(transaction: Database, label: string): Promise<Group | undefined> {
  const row = await transaction('user_groups')
    .where({ ...keyOf(label) })
    .forUpdate()
    .first<GroupRow | undefined>(...COLUMNS)
  return row && toGroup(row)
}

interface PageOf {
  readonly after: string
  readonly most: number
}

/** Groups by source and name, those after the label `after` ('' for the first), at most `most`. */
export async function listGroups(
  database: Database,
  { after, most }: PageOf,
): Promise<readonly Group[]> {
  const { source, name } = keyOf(after)
  // Two ranges of one index, where an OR would read all of it.
  const ofSource = await database('user_groups')
    .where({ source })
    .where('name', '>', name)
    .orderBy('name')
    .limit(most)
    .select<GroupRow[]>(...COLUMNS)
  const ofLater = await database
    .queryBuilder()
    .from(byIndex(database, 'user_groups', 'user_groups_name'))
    .where('source', '>', source)
    .orderBy(['source', 'name'])
    .limit(most)
    .select<GroupRow[]>(...COLUMNS)
  return [...ofSource, ...ofLater].slice(0, most).map(toGroup)
}

/** A taken name is a duplicate key. */
export async function insertGroup(
  database: Database,
  group: GroupKey & { readonly description: string | undefined; readonly now: Date },
): Promise<void> {
  await database('user_groups').insert({
    source: group.source,
    name: group.name,
    description: group.description ?? null,
    version: 1,
    created_at: group.now,
    updated_at: group.now,
  })
}

export async function updateGroup(
  database: Database,
  id: number,
  { description, now }: { readonly description: string | null | undefined; readonly now: Date },
): Promise<void> {
  await database('user_groups')
    .where({ id })
    .update({
      ...(description !== undefined && { description }),
      version: database.raw('version + 1'),
      updated_at: now,
    })
}

/** The group and who was in it. */
export async function removeGroup(database: Database, id: number): Promise<void> {
  await database('group_members').where({ group_id: id }).delete()
  await database('user_groups').where({ id }).delete()
}

interface GroupMemberKey {
  readonly groupId: number
  readonly userId: number
}

/** @returns false when the user was in it already */
export async function insertGroupMember(
  database: Database,
  { groupId, userId }: GroupMemberKey,
  now: Date,
): Promise<boolean> {
  const [result] = await database.raw(
    'INSERT IGNORE INTO group_members (group_id, user_id, created_at) VALUES (?, ?, ?)',
    [groupId, userId, now],
  )
  return result.affectedRows === 1
}

/** @returns whether the user was in it */
export async function removeGroupMember(
  database: Database,
  { groupId, userId }: GroupMemberKey,
): Promise<boolean> {
  const removed = await database('group_members')
    .where({ group_id: groupId, user_id: userId })
    .delete()
  return removed > 0
}

export async function removeFromAllGroups(database: Database, userId: number): Promise<void> {
  await database('group_members').where({ user_id: userId }).delete()
}

/** Names of the users in a group, those after `after`, at most `most`. */
export async function listGroupMembers(
  database: Database,
  groupId: number,
  { after, most }: PageOf,
): Promise<readonly string[]> {
  const rows = await database('group_members')
    .joinRaw('STRAIGHT_JOIN users ON users.id = group_members.user_id')
    .where({ 'group_members.group_id': groupId })
    .where('users.username', '>', after)
    .orderBy('users.username')
    .limit(most)
    .select<{ username: string }[]>('users.username as username')
  return rows.map(({ username }) => username)
}

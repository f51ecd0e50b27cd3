import { groupLabel, parseGroupLabel } from '../accounts/group-name.ts'
import type { Database } from '../database/open-database.ts'
import { GROUP, type MemberKind, type MembershipRow, toMembership, USER } from './queries.ts'
import type { Member, Membership } from './types.ts'

/** A user or a group, by id. */
export interface MemberId {
  readonly kind: MemberKind
  readonly id: number
}

export interface MemberKey {
  readonly projectId: number
  readonly member: MemberId
}

const toColumns = ({ projectId, member }: MemberKey) => ({
  project_id: projectId,
  member_kind: member.kind,
  member_id: member.id,
})

export async function findMember(
  database: Database,
  key: MemberKey,
): Promise<Membership | undefined> {
  const row = await database('members')
    .where(toColumns(key))
    .first<MembershipRow | undefined>('role', 'repositories', 'expires_at')
  return row && toMembership(row)
}

/** Makes or replaces the membership of a user or a group. */
export async function putMember(
  database: Database,
  key: MemberKey,
  { membership, now }: { readonly membership: Membership; readonly now: Date },
): Promise<void> {
  await database('members')
    .insert({
      ...toColumns(key),
      role: membership.role,
      repositories: membership.repositories ? JSON.stringify(membership.repositories) : null,
      expires_at: membership.expiresAt ?? null,
      created_at: now,
      updated_at: now,
    })
    .onConflict(['project_id', 'member_kind', 'member_id'])
    .merge(['role', 'repositories', 'expires_at', 'updated_at'])
}

/** @returns whether there was one */
export async function removeMember(database: Database, key: MemberKey): Promise<boolean> {
  return (await database('members').where(toColumns(key)).delete()) > 0
}

/** Ends all that a user or a group is in any project. */
export async function removeMemberships(database: Database, { kind, id }: MemberId): Promise<void> {
  await database('members').where({ member_kind: kind, member_id: id }).delete()
}

/** Ends all memberships of a project. */
export async function removeMembersOf(database: Database, projectId: number): Promise<void> {
  await database('members').where({ project_id: projectId }).delete()
}

/** Ids of the projects that a user or a group is a member of. */
export async function listProjectsOfMember(
  database: Database,
  { kind, id }: MemberId,
): Promise<readonly number[]> {
  const rows = await database('members')
    .where({ member_kind: kind, member_id: id })
    .select<{ project_id: number }[]>('project_id')
  return rows.map(({ project_id }) => project_id)
}

interface PageOfMembers {
  readonly after: string
  readonly most: number
}

type Page = ReturnType<Database['queryBuilder']>

/** Users of a project by name. It begins with the members, who are fewer than all users. */
const pageOfUsers = (database: Database, { after }: PageOfMembers): Page =>
  database('members')
    .joinRaw('STRAIGHT_JOIN users ON users.id = members.member_id')
    .where('users.username', '>', after)
    .whereNull('users.deleted_at')
    .orderBy('users.username')
    .select({ id: 'members.id', source: 'users.source', name: 'users.username' })

/** Groups of a project by source and name, those after a label. */
function pageOfGroups(database: Database, { after }: PageOfMembers): Page {
  const { source, name } = parseGroupLabel(after) ?? { source: '', name: '' }
  return database('members')
    .joinRaw('STRAIGHT_JOIN user_groups ON user_groups.id = members.member_id')
    .where('user_groups.source', '>=', source)
    .where((later) =>
      later.where('user_groups.source', '>', source).orWhere('user_groups.name', '>', name),
    )
    .orderBy(['user_groups.source', 'user_groups.name'])
    .select({ id: 'members.id', source: 'user_groups.source', name: 'user_groups.name' })
}

type MemberRow = MembershipRow & { readonly source: string; readonly name: string }

async function listMembersOfKind(
  database: Database,
  { projectId, kind }: { readonly projectId: number; readonly kind: MemberKind },
  position: PageOfMembers,
): Promise<readonly Member[]> {
  // Only ids are sorted: lists of patterns are long texts, and servers sort those on disk.
  const page = (kind === USER ? pageOfUsers : pageOfGroups)(database, position)
    .where({ 'members.project_id': projectId, 'members.member_kind': kind })
    .limit(position.most)
  const rows = await database
    .queryBuilder()
    .from(page.as('page'))
    .join('members', 'members.id', 'page.id')
    .orderBy(kind === USER ? ['page.name'] : ['page.source', 'page.name'])
    .select<MemberRow[]>(
      'page.source as source',
      'page.name as name',
      'members.role as role',
      'members.repositories as repositories',
      'members.expires_at as expires_at',
    )
  return rows.map((row) => ({
    ...toMembership(row),
    kind,
    name: kind === USER ? row.name : groupLabel(row),
  }))
}

const KEY_MARK = '/'

/** What a page of members goes on after: users come first, then groups, each by name. */
export const memberKey = ({ kind, name }: Pick<Member, 'kind' | 'name'>): string =>
  `${kind}${KEY_MARK}${name}`

/** Members after the key `after` ('' for the first), at most `most`. */
export async function listMembers(
  database: Database,
  projectId: number,
  { after, most }: PageOfMembers,
): Promise<readonly Member[]> {
  const afterGroup = after.startsWith(`${GROUP}${KEY_MARK}`)
  const name = after.slice(after.indexOf(KEY_MARK) + 1)
  const users = afterGroup
    ? []
    : await listMembersOfKind(database, { projectId, kind: USER }, { after: name, most })
  if (users.length >= most) return users
  const groups = await listMembersOfKind(
    database,
    { projectId, kind: GROUP },
    { after: afterGroup ? name : '', most: most - users.length },
  )
  return [...users, ...groups]
}

import type { Database } from '../database/open-database.ts'
import { type MembershipRow, toMembership, USER } from './queries.ts'
import type { Member, Membership } from './types.ts'

interface MemberKey {
  readonly projectId: number
  readonly userId: number
}

const toColumns = ({ projectId, userId }: MemberKey) => ({
  project_id: projectId,
  member_kind: USER,
  member_id: userId,
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

/** Makes or replaces the membership of a user. */
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

/** Members by user name, those after `after`, at most `most`. */
export async function listMembers(
  database: Database,
  projectId: number,
  { after, most }: { readonly after: string; readonly most: number },
): Promise<readonly Member[]> {
  const rows = await database('members')
    .join('users', 'users.id', 'members.member_id')
    .where({ 'members.project_id': projectId, 'members.member_kind': USER })
    .where('users.username', '>', after)
    .orderBy('users.username')
    .limit(most)
    .select<(MembershipRow & { username: string })[]>(
      'users.username as username',
      'members.role as role',
      'members.repositories as repositories',
      'members.expires_at as expires_at',
    )
  return rows.map((row) => ({ ...toMembership(row), username: row.username }))
}

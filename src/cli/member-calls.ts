import type { Operations, Schemas } from '../client/generated.ts'
import type { Client } from '../client/types.ts'

/** A user, or all who are in a group. */
export interface MemberName {
  readonly kind: 'user' | 'group'
  readonly name: string
}

export type MemberAnswer = Schemas['Member'] | Schemas['MemberGroup']
type Membership = Operations['putProjectsMembersUsersByUsername']['body']

export async function readMember(
  client: Client,
  project: string,
  { kind, name }: MemberName,
): Promise<MemberAnswer> {
  if (kind === 'group') {
    const params = { project, group: name }
    return (await client.call('getProjectsMembersGroupsByGroup', { params })).data
  }
  const params = { project, username: name }
  return (await client.call('getProjectsMembersUsersByUsername', { params })).data
}

/** A membership is replaced as a whole. */
export async function setMember(
  client: Client,
  project: string,
  { kind, name, membership }: MemberName & { readonly membership: Membership },
): Promise<MemberAnswer> {
  const body = membership
  if (kind === 'group') {
    const params = { project, group: name }
    return (await client.call('putProjectsMembersGroupsByGroup', { params, body })).data
  }
  const params = { project, username: name }
  return (await client.call('putProjectsMembersUsersByUsername', { params, body })).data
}

export async function removeMember(
  client: Client,
  project: string,
  { kind, name }: MemberName,
): Promise<void> {
  if (kind === 'group') {
    const params = { project, group: name }
    await client.call('deleteProjectsMembersGroupsByGroup', { params })
    return
  }
  const params = { project, username: name }
  await client.call('deleteProjectsMembersUsersByUsername', { params })
}

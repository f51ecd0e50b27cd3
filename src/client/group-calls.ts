import {
  type GroupAnswer,
  type GroupMemberAnswer,
  groupMemberSchema,
  groupSchema,
} from './answers.ts'
import { type ListInput, type Listing, readList } from './list.ts'
import type { ApiTransport } from './transport.ts'

export interface GroupCalls {
  readonly createGroup: (name: string, description?: string | undefined) => Promise<GroupAnswer>
  readonly listGroups: (input?: ListInput) => Promise<Listing<GroupAnswer>>
  readonly readGroup: (name: string) => Promise<GroupAnswer>
  readonly deleteGroup: (name: string) => Promise<void>
  readonly listGroupMembers: (
    name: string,
    input?: ListInput,
  ) => Promise<Listing<GroupMemberAnswer>>
  readonly addGroupMember: (name: string, username: string) => Promise<void>
  readonly removeGroupMember: (name: string, username: string) => Promise<void>
}

export const groupCalls = (api: ApiTransport): GroupCalls => ({
  createGroup: (name, description) =>
    api.call({ method: 'POST', path: ['groups'], body: { name, description } }, groupSchema),
  listGroups: (input) => readList(api, { ...input, path: ['groups'], item: groupSchema }),
  readGroup: (name) => api.call({ method: 'GET', path: ['groups', name] }, groupSchema),
  deleteGroup: (name) => api.send({ method: 'DELETE', path: ['groups', name] }),
  listGroupMembers: (name, input) =>
    readList(api, { ...input, path: ['groups', name, 'members'], item: groupMemberSchema }),
  addGroupMember: (name, username) =>
    api.send({ method: 'PUT', path: ['groups', name, 'members', username], body: {} }),
  removeGroupMember: (name, username) =>
    api.send({ method: 'DELETE', path: ['groups', name, 'members', username] }),
})

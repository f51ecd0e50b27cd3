import { z } from 'zod'
import { cutPage, pageQuery, pageSchema, presentPage, readCursor } from '../http/page.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { type ChangeGroupDeps, unknownGroup } from './change-group.ts'
import { addGroupMember, dropGroupMember } from './change-group-member.ts'
import { findGroup, listGroupMembers } from './group-queries.ts'
import { groupNameSchema, usernameSchema } from './username-schema.ts'

const groupMemberSchema = z.object({ username: z.string() }).meta({ id: 'GroupMember' })

const groupParams = z.strictObject({ group: groupNameSchema })
const memberParams = z.strictObject({ group: groupNameSchema, username: usernameSchema })

const listGroupMembersRoute = ({ database, requireSystem }: ChangeGroupDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/groups/:group/members',
    summary: 'Lists who is in a group, by name',
    params: groupParams,
    query: z.strictObject(pageQuery),
    answers: { 200: { description: 'A page of users', schema: pageSchema(groupMemberSchema) } },
    handle: async ({ caller, params, query, url }) => {
      requireSystem(caller, 'user:read')
      const group = await findGroup(database, params.group)
      if (group === undefined) throw unknownGroup(params.group)
      const page = { after: readCursor(query.cursor), most: query.limit + 1 }
      const rows = await listGroupMembers(database, group.id, page)
      return presentPage(
        cutPage(rows, query.limit, (username) => username),
        (username) => ({ username }),
        url,
      )
    },
  })

const addGroupMemberRoute = (deps: ChangeGroupDeps): Route =>
  defineRoute({
    method: 'put',
    path: '/groups/:group/members/:username',
    summary: 'Puts a user into a group',
    params: memberParams,
    body: z.strictObject({}),
    answers: { 204: { description: 'The user is in the group' } },
    handle: async ({ caller, params: { group, username } }) => {
      deps.requireSystem(caller, 'user:write')
      await addGroupMember(deps, { caller, name: group, username })
      return { status: 204 }
    },
  })

const dropGroupMemberRoute = (deps: ChangeGroupDeps): Route =>
  defineRoute({
    method: 'delete',
    path: '/groups/:group/members/:username',
    summary: 'Takes a user out of a group',
    params: memberParams,
    answers: { 204: { description: 'The user is in the group no more' } },
    handle: async ({ caller, params: { group, username } }) => {
      deps.requireSystem(caller, 'user:write')
      await dropGroupMember(deps, { caller, name: group, username })
      return { status: 204 }
    },
  })

export const createGroupMemberRoutes = (deps: ChangeGroupDeps): readonly Route[] => [
  listGroupMembersRoute(deps),
  addGroupMemberRoute(deps),
  dropGroupMemberRoute(deps),
]

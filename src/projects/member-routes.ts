import { z } from 'zod'
import { groupNameSchema, usernameSchema } from '../accounts/username-schema.ts'
import {
  cutPage,
  pageQuery,
  pageSchema,
  presentPage,
  readTextCursor,
  textKey,
} from '../http/page.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { endMembership, readMember, setMember } from './change-member.ts'
import { listMembers, memberKey } from './member-queries.ts'
import {
  groupMemberSchema,
  memberSchema,
  membershipSchema,
  presentMember,
  userMemberSchema,
} from './member-schemas.ts'
import { type RequirePermissionDeps, requireProject } from './require-permission.ts'
import { projectNameSchema } from './routes.ts'
import type { Member, Membership } from './types.ts'

const toMembership = (body: z.output<typeof membershipSchema>): Membership => ({
  role: body.role,
  repositories: body.repositories ?? undefined,
  expiresAt: body.expiresAt ? new Date(body.expiresAt) : undefined,
})

/** Of `memberKey`: names of users are ASCII, those of groups in any alphabet. */
const KEY_FORM = /^(?:user\/[\x21-\x7e]{0,64}|group\/[^\p{Cc}\p{Cs}\ufffd]{0,200})$/u

const userParams = z.strictObject({ project: projectNameSchema, username: usernameSchema })
const groupParams = z.strictObject({ project: projectNameSchema, group: groupNameSchema })

const listMembersRoute = (deps: RequirePermissionDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/projects/:project/members',
    summary: 'Lists the members of a project by name: users, then groups',
    params: z.strictObject({ project: projectNameSchema }),
    query: z.strictObject(pageQuery),
    answers: { 200: { description: 'A page of members', schema: pageSchema(memberSchema) } },
    handle: async ({ caller, params, query, url }) => {
      const question = { caller, name: params.project, permission: 'member:read' } as const
      const { id } = await requireProject(deps, question)
      const page = { after: readTextCursor(query.cursor, KEY_FORM), most: query.limit + 1 }
      const rows = await listMembers(deps.database, id, page)
      const keyOf = (member: Member): string => textKey(memberKey(member))
      return presentPage(cutPage(rows, query.limit, keyOf), presentMember, url)
    },
  })

const readMemberRoute = (deps: RequirePermissionDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/projects/:project/members/users/:username',
    summary: 'Reads the membership of a user',
    params: userParams,
    answers: { 200: { description: 'The member', schema: userMemberSchema } },
    handle: async ({ caller, params: { project, username } }) => {
      const member = { kind: 'user', name: username } as const
      return {
        status: 200,
        body: presentMember(await readMember(deps, { caller, project, member })),
      }
    },
  })

const setMemberRoute = (deps: RequirePermissionDeps): Route =>
  defineRoute({
    method: 'put',
    path: '/projects/:project/members/users/:username',
    summary: 'Gives a user a role in a project, maybe for some repositories or for a time',
    conditional: true,
    params: userParams,
    body: membershipSchema,
    answers: { 200: { description: 'The member', schema: userMemberSchema } },
    handle: async ({ caller, params: { project, username }, body, precondition }) => {
      const member = { kind: 'user', name: username } as const
      const membership = toMembership(body)
      const check = precondition.on(presentMember)
      const set = await setMember(deps, { caller, project, member, membership, check })
      return { status: 200, body: presentMember(set) }
    },
  })

const removeMemberRoute = (deps: RequirePermissionDeps): Route =>
  defineRoute({
    method: 'delete',
    path: '/projects/:project/members/users/:username',
    summary: 'Ends the membership of a user',
    conditional: true,
    params: userParams,
    answers: { 204: { description: 'The user is no member any more' } },
    handle: async ({ caller, params: { project, username }, precondition }) => {
      const member = { kind: 'user', name: username } as const
      const check = precondition.on(presentMember)
      await endMembership(deps, { caller, project, member, check })
      return { status: 204 }
    },
  })

const readGroupRoute = (deps: RequirePermissionDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/projects/:project/members/groups/:group',
    summary: 'Reads the membership of a group',
    params: groupParams,
    answers: { 200: { description: 'The member', schema: groupMemberSchema } },
    handle: async ({ caller, params: { project, group } }) => {
      const member = { kind: 'group', name: group } as const
      return {
        status: 200,
        body: presentMember(await readMember(deps, { caller, project, member })),
      }
    },
  })

const setGroupRoute = (deps: RequirePermissionDeps): Route =>
  defineRoute({
    method: 'put',
    path: '/projects/:project/members/groups/:group',
    summary: 'Gives all who are in a group a role in a project',
    conditional: true,
    params: groupParams,
    body: membershipSchema,
    answers: { 200: { description: 'The member', schema: groupMemberSchema } },
    handle: async ({ caller, params: { project, group }, body, precondition }) => {
      const member = { kind: 'group', name: group } as const
      const membership = toMembership(body)
      const check = precondition.on(presentMember)
      const set = await setMember(deps, { caller, project, member, membership, check })
      return { status: 200, body: presentMember(set) }
    },
  })

const removeGroupRoute = (deps: RequirePermissionDeps): Route =>
  defineRoute({
    method: 'delete',
    path: '/projects/:project/members/groups/:group',
    summary: 'Ends the membership of a group',
    conditional: true,
    params: groupParams,
    answers: { 204: { description: 'The group is no member any more' } },
    handle: async ({ caller, params: { project, group }, precondition }) => {
      const member = { kind: 'group', name: group } as const
      const check = precondition.on(presentMember)
      await endMembership(deps, { caller, project, member, check })
      return { status: 204 }
    },
  })

export const createMemberRoutes = (deps: RequirePermissionDeps): readonly Route[] => [
  listMembersRoute(deps),
  readMemberRoute(deps),
  setMemberRoute(deps),
  removeMemberRoute(deps),
  readGroupRoute(deps),
  setGroupRoute(deps),
  removeGroupRoute(deps),
]

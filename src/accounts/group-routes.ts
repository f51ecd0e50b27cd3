import { z } from 'zod'
import {
  cutPage,
  pageQuery,
  pageSchema,
  presentPage,
  readTextCursor,
  textKey,
} from '../http/page.ts'
import { type Answer, defineRoute, type Route } from '../http/route.ts'
import {
  changeGroup,
  createGroup,
  type DeleteGroupDeps,
  deleteGroup,
  unknownGroup,
} from './change-group.ts'
import { LABEL_FORM } from './group-name.ts'
import { findGroup, listGroups } from './group-queries.ts'
import type { Group } from './types.ts'
import { groupNameSchema } from './username-schema.ts'

const descriptionSchema = z
  .string()
  .min(1)
  .max(255)
  .regex(/^\P{Cc}*$/u, 'must hold no control characters')

const groupSchema = z
  .object({
    name: z.string(),
    source: z.string(),
    description: z.string().nullable(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Group' })

const presentGroup = (group: Group): z.output<typeof groupSchema> => ({
  name: group.name,
  source: group.source,
  description: group.description ?? null,
  createdAt: group.createdAt.toISOString(),
  updatedAt: group.updatedAt.toISOString(),
})

const presentNewGroup = (group: Group): Answer => ({
  status: 201,
  body: presentGroup(group),
  headers: { Location: `/api/v1/groups/${encodeURIComponent(group.name)}` },
})

const groupParams = z.strictObject({ group: groupNameSchema })
const answerGroup = { 200: { description: 'The group', schema: groupSchema } }

const listGroupsRoute = ({ database, requireSystem }: DeleteGroupDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/groups',
    summary: 'Lists groups by source and name',
    query: z.strictObject(pageQuery),
    answers: { 200: { description: 'A page of groups', schema: pageSchema(groupSchema) } },
    handle: async ({ caller, query, url }) => {
      requireSystem(caller, 'user:read')
      const after = readTextCursor(query.cursor, LABEL_FORM)
      const rows = await listGroups(database, { after, most: query.limit + 1 })
      return presentPage(
        cutPage(rows, query.limit, ({ name }) => textKey(name)),
        presentGroup,
        url,
      )
    },
  })

const createGroupRoute = (deps: DeleteGroupDeps): Route =>
  defineRoute({
    method: 'post',
    path: '/groups',
    summary: 'Makes a group',
    idempotent: true,
    body: z.strictObject({ name: groupNameSchema, description: descriptionSchema.optional() }),
    answers: { 201: { description: 'The new group', schema: groupSchema } },
    handle: async ({ caller, body: { name, description }, once }) => {
      deps.requireSystem(caller, 'user:write')
      return once.run(presentNewGroup, (keep) =>
        createGroup(deps, { caller, name, description, keep }),
      )
    },
  })

const readGroupRoute = ({ database, requireSystem }: DeleteGroupDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/groups/:group',
    summary: 'Reads a group',
    params: groupParams,
    answers: answerGroup,
    handle: async ({ caller, params }) => {
      requireSystem(caller, 'user:read')
      const group = await findGroup(database, params.group)
      if (group === undefined) throw unknownGroup(params.group)
      return { status: 200, body: presentGroup(group) }
    },
  })

const changeGroupRoute = (deps: DeleteGroupDeps): Route =>
  defineRoute({
    method: 'patch',
    path: '/groups/:group',
    summary: 'Changes what a group says of itself',
    conditional: true,
    params: groupParams,
    body: z.strictObject({ description: descriptionSchema.nullable().optional() }),
    answers: answerGroup,
    handle: async ({ caller, params: { group: name }, body: { description }, precondition }) => {
      deps.requireSystem(caller, 'user:write')
      const check = precondition.on(presentGroup)
      const group = await changeGroup(deps, { caller, name, description, check })
      return { status: 200, body: presentGroup(group) }
    },
  })

const deleteGroupRoute = (deps: DeleteGroupDeps): Route =>
  defineRoute({
    method: 'delete',
    path: '/groups/:group',
    summary: 'Deletes a group with all that it gave',
    conditional: true,
    params: groupParams,
    answers: { 204: { description: 'The group is gone' } },
    handle: async ({ caller, params, precondition }) => {
      deps.requireSystem(caller, 'user:write')
      const check = precondition.on(presentGroup)
      await deleteGroup(deps, { caller, name: params.group, check })
      return { status: 204 }
    },
  })

export const createGroupRoutes = (deps: DeleteGroupDeps): readonly Route[] => [
  listGroupsRoute(deps),
  createGroupRoute(deps),
  readGroupRoute(deps),
  changeGroupRoute(deps),
  deleteGroupRoute(deps),
]

import { z } from 'zod'
import { usernameSchema } from '../accounts/routes.ts'
import { cutPage, pageQuery, pageSchema, presentPage, readCursor } from '../http/page.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { isPattern } from '../protocol/pattern.ts'
import { endMembership, readMember, setMember } from './change-member.ts'
import { listMembers } from './member-queries.ts'
import { type RequirePermissionDeps, requireProject } from './require-permission.ts'
import { projectNameSchema } from './routes.ts'
import { type Member, ROLES } from './types.ts'

const MOST_PATTERNS = 50

const patternSchema = z
  .string()
  .refine(isPattern, 'must be a repository path, with * inside one level and ** for any depth')

/** Patterns relative to the project; a single one may stand without its list. */
const patternsSchema = z.union([
  patternSchema.transform((pattern) => [pattern]),
  z.array(patternSchema).min(1).max(MOST_PATTERNS),
])

const LAST_YEAR = 9999

const endSchema = z.iso.datetime({ offset: true }).refine((text) => {
  const end = new Date(text)
  return end.getTime() > Date.now() && end.getUTCFullYear() <= LAST_YEAR
}, 'must be in the future, and before the year 10000')

const membershipSchema = z.strictObject({
  role: z.enum(ROLES),
  repositories: patternsSchema.nullable().optional(),
  expiresAt: endSchema.nullable().optional(),
})

const memberSchema = z
  .object({
    username: z.string(),
    role: z.enum(ROLES),
    repositories: z.array(z.string()).nullable(),
    expiresAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Member' })

const presentMember = (member: Member): z.output<typeof memberSchema> => ({
  username: member.username,
  role: member.role,
  repositories: member.repositories ? [...member.repositories] : null,
  expiresAt: member.expiresAt?.toISOString() ?? null,
})

const memberParams = z.strictObject({ project: projectNameSchema, username: usernameSchema })

const listMembersRoute = (deps: RequirePermissionDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/projects/:project/members',
    summary: 'Lists the members of a project by name',
    params: z.strictObject({ project: projectNameSchema }),
    query: z.strictObject(pageQuery),
    answers: { 200: { description: 'A page of members', schema: pageSchema(memberSchema) } },
    handle: async ({ caller, params, query, url }) => {
      const question = { caller, name: params.project, permission: 'member:read' } as const
      const { id } = await requireProject(deps, question)
      const page = { after: readCursor(query.cursor), most: query.limit + 1 }
      const rows = await listMembers(deps.database, id, page)
      return presentPage(
        cutPage(rows, query.limit, ({ username }) => username),
        presentMember,
        url,
      )
    },
  })

const readMemberRoute = (deps: RequirePermissionDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/projects/:project/members/users/:username',
    summary: 'Reads the membership of a user',
    params: memberParams,
    answers: { 200: { description: 'The member', schema: memberSchema } },
    handle: async ({ caller, params: { project, username } }) => {
      const member = await readMember(deps, { caller, name: project, username })
      return { status: 200, body: presentMember(member) }
    },
  })

const setMemberRoute = (deps: RequirePermissionDeps): Route =>
  defineRoute({
    method: 'put',
    path: '/projects/:project/members/users/:username',
    summary: 'Gives a user a role in a project, maybe for some repositories or for a time',
    conditional: true,
    params: memberParams,
    body: membershipSchema,
    answers: { 200: { description: 'The member', schema: memberSchema } },
    handle: async ({ caller, params: { project, username }, body, precondition }) => {
      const membership = {
        role: body.role,
        repositories: body.repositories ?? undefined,
        expiresAt: body.expiresAt ? new Date(body.expiresAt) : undefined,
      }
      const member = await setMember(deps, {
        caller,
        name: project,
        username,
        membership,
        check: precondition.on(presentMember),
      })
      return { status: 200, body: presentMember(member) }
    },
  })

const removeMemberRoute = (deps: RequirePermissionDeps): Route =>
  defineRoute({
    method: 'delete',
    path: '/projects/:project/members/users/:username',
    summary: 'Ends the membership of a user',
    conditional: true,
    params: memberParams,
    answers: { 204: { description: 'The user is no member any more' } },
    handle: async ({ caller, params: { project, username }, precondition }) => {
      const check = precondition.on(presentMember)
      await endMembership(deps, { caller, name: project, username, check })
      return { status: 204 }
    },
  })

export const createMemberRoutes = (deps: RequirePermissionDeps): readonly Route[] => [
  listMembersRoute(deps),
  readMemberRoute(deps),
  setMemberRoute(deps),
  removeMemberRoute(deps),
]

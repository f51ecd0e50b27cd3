import { z } from 'zod'
import { AppError } from '../errors.ts'
import { cutPage, pageQuery, pageSchema, presentPage, readCursor } from '../http/page.ts'
import { defineRoute, type Route } from '../http/route.ts'
import type { DeleteGroupDeps } from './change-group.ts'
import type { ChangePasswordDeps } from './change-password.ts'
import { type CreateUserDeps, createUser } from './create-user.ts'
import { type DeleteUserDeps, deleteUser } from './delete-user.ts'
import { createGroupRoutes } from './group-routes.ts'
import { createPasswordRoutes, passwordSchema } from './password-routes.ts'
import { findUser, listUsers } from './queries.ts'
import { type RegisterUserDeps, registerUser } from './register-user.ts'
import type { User } from './types.ts'
import { changeUser, unknownUser } from './update-user.ts'
import { usernameSchema } from './username-schema.ts'

export type AccountRoutesDeps = CreateUserDeps &
  RegisterUserDeps &
  DeleteUserDeps &
  DeleteGroupDeps &
  ChangePasswordDeps

const systemRoleSchema = z.enum(['administrator', 'auditor'])
const emailSchema = z.email().max(254)
const displayNameSchema = z
  .string()
  .min(1)
  .max(128)
  .regex(/^\P{Cc}*$/u, 'must hold no control characters')

const newUserSchema = z.strictObject({
  username: usernameSchema,
  password: passwordSchema,
  email: emailSchema.optional(),
  displayName: displayNameSchema.optional(),
  systemRole: systemRoleSchema.optional(),
})

const userChangeSchema = z.strictObject({
  email: emailSchema.nullable().optional(),
  displayName: displayNameSchema.nullable().optional(),
  systemRole: systemRoleSchema.nullable().optional(),
  disabled: z.boolean().optional(),
  password: passwordSchema.optional(),
})

const userSchema = z
  .object({
    username: z.string(),
    email: z.string().nullable(),
    displayName: z.string().nullable(),
    systemRole: systemRoleSchema.nullable(),
    disabled: z.boolean(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'User' })

const presentUser = (user: User): z.output<typeof userSchema> => ({
  username: user.username,
  email: user.email ?? null,
  displayName: user.displayName ?? null,
  systemRole: user.systemRole ?? null,
  disabled: user.disabled,
  createdAt: user.createdAt.toISOString(),
  updatedAt: user.updatedAt.toISOString(),
})

const userParams = z.strictObject({ username: usernameSchema })
const answerUser = { 200: { description: 'The user', schema: userSchema } }

const meRoute = ({ database }: AccountRoutesDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/me',
    summary: 'Who the caller is',
    answers: answerUser,
    handle: async ({ caller: { subject } }) => {
      if (subject.kind === 'robot') {
        throw new AppError('DENIED', { detail: `${subject.username} is a robot and no user` })
      }
      const user = subject.kind === 'user' ? await findUser(database, subject.username) : undefined
      if (user === undefined) throw new AppError('UNAUTHORIZED')
      return { status: 200, body: presentUser(user) }
    },
  })

const listUsersRoute = ({ database, requireSystem }: AccountRoutesDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/users',
    summary: 'Lists users by name',
    query: z.strictObject(pageQuery),
    answers: { 200: { description: 'A page of users', schema: pageSchema(userSchema) } },
    handle: async ({ caller, query, url }) => {
      requireSystem(caller, 'user:read')
      const after = readCursor(query.cursor)
      const rows = await listUsers(database, { after, most: query.limit + 1 })
      return presentPage(
        cutPage(rows, query.limit, ({ username }) => username),
        presentUser,
        url,
      )
    },
  })

const createUserRoute = (deps: AccountRoutesDeps): Route =>
  defineRoute({
    method: 'post',
    path: '/users',
    summary: 'Makes a user; where that is set, for whoever has no account yet',
    anonymous: true,
    body: newUserSchema,
    answers: { 201: { description: 'The new user', schema: userSchema } },
    handle: async ({ caller, body }) => {
      const isStranger = caller.subject.kind === 'anonymous'
      if (!isStranger) deps.requireSystem(caller, 'user:write')
      const { username, password, email, displayName, systemRole } = body
      const input = { caller, user: { username, email, displayName, systemRole }, password }
      const user = await (isStranger ? registerUser(deps, input) : createUser(deps, input))
      const headers = { Location: `/api/v1/users/${encodeURIComponent(user.username)}` }
      return { status: 201, body: presentUser(user), headers }
    },
  })

const readUserRoute = ({ database, requireSystem }: AccountRoutesDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/users/:username',
    summary: 'Reads a user',
    params: userParams,
    answers: answerUser,
    handle: async ({ caller, params: { username } }) => {
      requireSystem(caller, 'user:read')
      const user = await findUser(database, username)
      if (user === undefined) throw unknownUser(username)
      return { status: 200, body: presentUser(user) }
    },
  })

const changeUserRoute = (deps: AccountRoutesDeps): Route =>
  defineRoute({
    method: 'patch',
    path: '/users/:username',
    summary: 'Changes a user: disables or enables it, sets a system role or a password',
    params: userParams,
    body: userChangeSchema,
    answers: answerUser,
    handle: async ({ caller, params: { username }, body }) => {
      deps.requireSystem(caller, 'user:write')
      const { password, ...change } = body
      const user = await changeUser(deps, { caller, username, change, password })
      return { status: 200, body: presentUser(user) }
    },
  })

const deleteUserRoute = (deps: AccountRoutesDeps): Route =>
  defineRoute({
    method: 'delete',
    path: '/users/:username',
    summary: 'Deletes a user; the name is never given again',
    params: userParams,
    answers: { 204: { description: 'The user is gone' } },
    handle: async ({ caller, params: { username } }) => {
      deps.requireSystem(caller, 'user:write')
      await deleteUser(deps, { caller, username })
      return { status: 204 }
    },
  })

export const createAccountRoutes = (deps: AccountRoutesDeps): readonly Route[] => [
  meRoute(deps),
  listUsersRoute(deps),
  createUserRoute(deps),
  readUserRoute(deps),
  changeUserRoute(deps),
  deleteUserRoute(deps),
  ...createPasswordRoutes(deps),
  ...createGroupRoutes(deps),
]

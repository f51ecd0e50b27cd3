import { z } from 'zod'
import { AppError } from '../errors.ts'
import { pageSchema, presentPage } from '../http/page.ts'
import { type Answer, defineRoute, type Route } from '../http/route.ts'
import { createSorting } from '../http/sorted-page.ts'
import type { DeleteGroupDeps } from './change-group.ts'
import type { ChangePasswordDeps } from './change-password.ts'
import { type CreateUserDeps, createUser } from './create-user.ts'
import { type DeleteUserDeps, deleteUser } from './delete-user.ts'
import { createGroupMemberRoutes } from './group-member-routes.ts'
import { createGroupRoutes } from './group-routes.ts'
import { createIdentityRoutes } from './identity-routes.ts'
import type { LinkIdentityDeps } from './link-identity.ts'
import { listUsers } from './list-queries.ts'
import { createPasswordRoutes } from './password-routes.ts'
import { findUser } from './queries.ts'
import { type RegisterUserDeps, registerUser, requireRegistration } from './register-user.ts'
import type { User } from './types.ts'
import { changeUser, unknownUser } from './update-user.ts'
import { newUserSchema, presentUser, userChangeSchema, userSchema } from './user-schemas.ts'
import { usernameSchema } from './username-schema.ts'

export type AccountRoutesDeps = CreateUserDeps &
  RegisterUserDeps &
  DeleteUserDeps &
  DeleteGroupDeps &
  LinkIdentityDeps &
  ChangePasswordDeps

const presentNewUser = (user: User): Answer => ({
  status: 201,
  body: presentUser(user),
  headers: { Location: `/api/v1/users/${encodeURIComponent(user.username)}` },
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

const userSorting = createSorting<User>({
  name: 'username',
  nameOf: ({ username }) => username,
  times: { createdAt: ({ createdAt }) => createdAt },
})

const searchSchema = z
  .string()
  .regex(/^[\x21-\x7e]{1,64}$/, 'must be 1 to 64 visible ASCII characters')
  .meta({ description: 'Beginning of a user name or a mail address' })

const listUsersRoute = ({ database, requireSystem }: AccountRoutesDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/users',
    summary: 'Lists users',
    query: z.strictObject({ ...userSorting.query, search: searchSchema.optional() }),
    answers: { 200: { description: 'A page of users', schema: pageSchema(userSchema) } },
    handle: async ({ caller, query, url }) => {
      requireSystem(caller, 'user:read')
      const position = userSorting.read(query)
      const { search, limit } = query
      const rows = await listUsers(database, { position, search, most: limit + 1 })
      return presentPage(userSorting.cut(rows, query), presentUser, url)
    },
  })

const createUserRoute = (deps: AccountRoutesDeps): Route =>
  defineRoute({
    method: 'post',
    path: '/users',
    summary: 'Makes a user; where that is set, for whoever has no account yet',
    anonymous: true,
    idempotent: true,
    refusals: [502],
    body: newUserSchema,
    answers: { 201: { description: 'The new user', schema: userSchema } },
    handle: async ({ caller, body, once }) => {
      const isStranger = caller.subject.kind === 'anonymous'
      const { username, password, email, displayName, systemRole } = body
      const user = { username, email, displayName, systemRole }
      if (isStranger) await requireRegistration(deps, user)
      else deps.requireSystem(caller, 'user:write')
      return once.run(presentNewUser, (keep) => {
        const input = { caller, user, password, keep }
        return isStranger ? registerUser(deps, input) : createUser(deps, input)
      })
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
    conditional: true,
    params: userParams,
    body: userChangeSchema,
    answers: answerUser,
    handle: async ({ caller, params: { username }, body, precondition }) => {
      deps.requireSystem(caller, 'user:write')
      const { password, ...change } = body
      const check = precondition.on(presentUser)
      const user = await changeUser(deps, { caller, username, change, password, check })
      return { status: 200, body: presentUser(user) }
    },
  })

const deleteUserRoute = (deps: AccountRoutesDeps): Route =>
  defineRoute({
    method: 'delete',
    path: '/users/:username',
    summary: 'Deletes a user; the name is never given again',
    conditional: true,
    params: userParams,
    answers: { 204: { description: 'The user is gone' } },
    handle: async ({ caller, params: { username }, precondition }) => {
      deps.requireSystem(caller, 'user:write')
      await deleteUser(deps, { caller, username, check: precondition.on(presentUser) })
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
  ...createGroupMemberRoutes(deps),
  ...createIdentityRoutes(deps),
]

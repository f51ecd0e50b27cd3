import type { Role, Visibility } from '../projects/types.ts'
import type { SystemRole } from '../protocol/subject.ts'
import {
  type MemberAnswer,
  memberSchema,
  type ProjectAnswer,
  projectSchema,
  type RepositoryAnswer,
  repositorySchema,
  type TagAnswer,
  tagSchema,
  type UserAnswer,
  userSchema,
} from './answers.ts'
import { type AuditCalls, auditCalls } from './audit-calls.ts'
import {
  type ExplainCall,
  explainCall,
  type RobotCalls,
  robotCalls,
  type TokenCalls,
  tokenCalls,
} from './credential-calls.ts'
import { type GroupCalls, groupCalls } from './group-calls.ts'
import { type ListInput, type Listing, readList } from './list.ts'
import { type ApiClientInput, type ApiTransport, createApiTransport } from './transport.ts'

export interface NewUserInput {
  readonly username: string
  readonly password: string
  readonly email?: string | undefined
  readonly displayName?: string | undefined
  readonly systemRole?: SystemRole | undefined
}

/** A user, or all who are in a group. */
export interface MemberInput {
  readonly kind: 'user' | 'group'
  readonly name: string
}

/** What is left out is not limited: a membership is replaced as a whole. */
export interface MembershipInput {
  readonly role: Role
  readonly repositories?: readonly string[] | undefined
  /** RFC 3339. */
  readonly expiresAt?: string | undefined
}

/** What only administrators may do: against the rules that keep a deleted name from use. */
export interface ForceInput {
  readonly force?: boolean | undefined
}

/** Our own API as functions. Each fails with ApiError; lists are read to their end or to the limit. */
export interface ApiClient extends TokenCalls, RobotCalls, ExplainCall, AuditCalls, GroupCalls {
  readonly readMe: () => Promise<UserAnswer>
  readonly createUser: (user: NewUserInput) => Promise<UserAnswer>
  readonly listUsers: (input?: ListInput) => Promise<Listing<UserAnswer>>
  readonly readUser: (username: string) => Promise<UserAnswer>
  readonly changeUser: (
    username: string,
    change: { readonly disabled?: boolean; readonly password?: string },
  ) => Promise<UserAnswer>
  readonly deleteUser: (username: string) => Promise<void>
  readonly changeOwnPassword: (currentPassword: string, newPassword: string) => Promise<void>

  readonly createProject: (
    name: string,
    visibility: Visibility,
    input?: ForceInput,
  ) => Promise<ProjectAnswer>
  readonly listProjects: (input?: ListInput) => Promise<Listing<ProjectAnswer>>
  readonly readProject: (name: string) => Promise<ProjectAnswer>
  readonly changeProject: (name: string, visibility: Visibility) => Promise<ProjectAnswer>
  readonly deleteProject: (name: string, input?: ForceInput) => Promise<void>

  readonly listMembers: (project: string, input?: ListInput) => Promise<Listing<MemberAnswer>>
  readonly setMember: (
    project: string,
    member: MemberInput,
    membership: MembershipInput,
  ) => Promise<MemberAnswer>
  readonly removeMember: (project: string, member: MemberInput) => Promise<void>

  readonly listRepositories: (
    input?: ListInput & { readonly project?: string | undefined },
  ) => Promise<Listing<RepositoryAnswer>>
  readonly listTags: (repository: string, input?: ListInput) => Promise<Listing<TagAnswer>>
  readonly deleteTag: (repository: string, tag: string) => Promise<void>

  readonly close: () => Promise<void>
}

type UserCalls = Pick<
  ApiClient,
  | 'readMe'
  | 'createUser'
  | 'listUsers'
  | 'readUser'
  | 'changeUser'
  | 'deleteUser'
  | 'changeOwnPassword'
>
type ProjectCalls = Pick<
  ApiClient,
  'createProject' | 'listProjects' | 'readProject' | 'changeProject' | 'deleteProject'
>
type MemberCalls = Pick<ApiClient, 'listMembers' | 'setMember' | 'removeMember'>
type ImageCalls = Pick<ApiClient, 'listRepositories' | 'listTags' | 'deleteTag'>

const userCalls = (api: ApiTransport): UserCalls => ({
  readMe: () => api.call({ method: 'GET', path: ['me'] }, userSchema),
  createUser: (user) => api.call({ method: 'POST', path: ['users'], body: user }, userSchema),
  listUsers: (input) => readList(api, { ...input, path: ['users'], item: userSchema }),
  readUser: (username) => api.call({ method: 'GET', path: ['users', username] }, userSchema),
  changeUser: (username, change) =>
    api.call({ method: 'PATCH', path: ['users', username], body: change }, userSchema),
  deleteUser: (username) => api.send({ method: 'DELETE', path: ['users', username] }),
  changeOwnPassword: (currentPassword, newPassword) =>
    api.send({ method: 'PUT', path: ['me', 'password'], body: { currentPassword, newPassword } }),
})

const forced = ({ force }: ForceInput = {}) => (force ? { query: { force: 'true' } } : {})

const projectCalls = (api: ApiTransport): ProjectCalls => ({
  createProject: (name, visibility, input) =>
    api.call(
      { method: 'POST', path: ['projects'], ...forced(input), body: { name, visibility } },
      projectSchema,
    ),
  listProjects: (input) => readList(api, { ...input, path: ['projects'], item: projectSchema }),
  readProject: (name) => api.call({ method: 'GET', path: ['projects', name] }, projectSchema),
  changeProject: (name, visibility) =>
    api.call({ method: 'PATCH', path: ['projects', name], body: { visibility } }, projectSchema),
  deleteProject: (name, input) =>
    api.send({ method: 'DELETE', path: ['projects', name], ...forced(input) }),
})

const memberCalls = (api: ApiTransport): MemberCalls => {
  const memberPath = (project: string, { kind, name }: MemberInput) =>
    ['projects', project, 'members', `${kind}s`, name] as const
  return {
    listMembers: (project, input) =>
      readList(api, { ...input, path: ['projects', project, 'members'], item: memberSchema }),
    setMember: (project, member, membership) =>
      api.call(
        { method: 'PUT', path: memberPath(project, member), body: membership },
        memberSchema,
      ),
    removeMember: (project, member) =>
      api.send({ method: 'DELETE', path: memberPath(project, member) }),
  }
}

const imageCalls = (api: ApiTransport): ImageCalls => ({
  listRepositories: ({ project, limit } = {}) =>
    readList(api, {
      limit,
      path: project === undefined ? ['repositories'] : ['projects', project, 'repositories'],
      item: repositorySchema,
    }),
  listTags: (repository, input) =>
    readList(api, { ...input, path: ['repositories', repository, 'tags'], item: tagSchema }),
  deleteTag: (repository, tag) =>
    api.send({ method: 'DELETE', path: ['repositories', repository, 'tags', tag] }),
})

/** Makes a client of the service at `url`; close it when done, or the process waits for it. */
export function createApiClient(input: ApiClientInput): ApiClient {
  const transport = createApiTransport(input)
  return {
    ...userCalls(transport),
    ...groupCalls(transport),
    ...projectCalls(transport),
    ...memberCalls(transport),
    ...imageCalls(transport),
    ...tokenCalls(transport),
    ...robotCalls(transport),
    ...explainCall(transport),
    ...auditCalls(transport),
    close: transport.close,
  }
}

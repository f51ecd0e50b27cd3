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
import { type ListInput, type Listing, readList } from './list.ts'
import { type ApiClientInput, type ApiTransport, createApiTransport } from './transport.ts'

export interface NewUserInput {
  readonly username: string
  readonly password: string
  readonly email?: string | undefined
  readonly displayName?: string | undefined
  readonly systemRole?: SystemRole | undefined
}

/** What is left out is not limited: a membership is replaced as a whole. */
export interface MembershipInput {
  readonly role: Role
  readonly repositories?: readonly string[] | undefined
  /** RFC 3339. */
  readonly expiresAt?: string | undefined
}

/** Our own API as functions. Each fails with ApiError; lists are read to their end or to the limit. */
export interface ApiClient extends TokenCalls, RobotCalls, ExplainCall, AuditCalls {
  readonly readMe: () => Promise<UserAnswer>
  readonly createUser: (user: NewUserInput) => Promise<UserAnswer>
  readonly listUsers: (input?: ListInput) => Promise<Listing<UserAnswer>>
  readonly readUser: (username: string) => Promise<UserAnswer>
  readonly changeUser: (
    username: string,
    change: { readonly disabled: boolean },
  ) => Promise<UserAnswer>

  readonly createProject: (name: string, visibility: Visibility) => Promise<ProjectAnswer>
  readonly listProjects: (input?: ListInput) => Promise<Listing<ProjectAnswer>>
  readonly readProject: (name: string) => Promise<ProjectAnswer>
  readonly changeProject: (name: string, visibility: Visibility) => Promise<ProjectAnswer>

  readonly listMembers: (project: string, input?: ListInput) => Promise<Listing<MemberAnswer>>
  readonly setMember: (
    project: string,
    username: string,
    membership: MembershipInput,
  ) => Promise<MemberAnswer>
  readonly removeMember: (project: string, username: string) => Promise<void>

  readonly listRepositories: (
    input?: ListInput & { readonly project?: string | undefined },
  ) => Promise<Listing<RepositoryAnswer>>
  readonly listTags: (repository: string, input?: ListInput) => Promise<Listing<TagAnswer>>
  readonly deleteTag: (repository: string, tag: string) => Promise<void>

  readonly close: () => Promise<void>
}

type UserCalls = Pick<ApiClient, 'readMe' | 'createUser' | 'listUsers' | 'readUser' | 'changeUser'>
type ProjectCalls = Pick<
  ApiClient,
  'createProject' | 'listProjects' | 'readProject' | 'changeProject'
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
})

const projectCalls = (api: ApiTransport): ProjectCalls => ({
  createProject: (name, visibility) =>
    api.call({ method: 'POST', path: ['projects'], body: { name, visibility } }, projectSchema),
  listProjects: (input) => readList(api, { ...input, path: ['projects'], item: projectSchema }),
  readProject: (name) => api.call({ method: 'GET', path: ['projects', name] }, projectSchema),
  changeProject: (name, visibility) =>
    api.call({ method: 'PATCH', path: ['projects', name], body: { visibility } }, projectSchema),
})

const memberCalls = (api: ApiTransport): MemberCalls => {
  const memberPath = (project: string, username: string) => [
    'projects',
    project,
    'members',
    'users',
    username,
  ]
  return {
    listMembers: (project, input) =>
      readList(api, { ...input, path: ['projects', project, 'members'], item: memberSchema }),
    setMember: (project, username, membership) =>
      api.call(
        { method: 'PUT', path: memberPath(project, username), body: membership },
        memberSchema,
      ),
    removeMember: (project, username) =>
      api.send({ method: 'DELETE', path: memberPath(project, username) }),
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

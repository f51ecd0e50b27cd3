import type { CredentialPermission } from '../protocol/subject.ts'
import {
  type AccessTokenAnswer,
  accessTokenSchema,
  type CreatedTokenAnswer,
  createdTokenSchema,
  type ExplanationAnswer,
  explanationSchema,
  type IdentityTokenAnswer,
  identityTokenSchema,
  type RobotAnswer,
  type RobotWithSecretAnswer,
  robotSchema,
  robotWithSecretSchema,
} from './credential-answers.ts'
import { type ListInput, type Listing, readList } from './list.ts'
import type { ApiTransport } from './transport.ts'

export interface NewTokenInput {
  readonly name: string
  /** Undefined: all that its owner may. */
  readonly permissions?: readonly CredentialPermission[] | undefined
  /** RFC 3339. */
  readonly expiresAt?: string | undefined
}

/** Whose tokens; undefined means one's own. */
export interface OwnerInput {
  readonly username?: string | undefined
}

export interface RobotPath {
  /** Undefined for a robot of the system. */
  readonly project: string | undefined
  /** Without `robot$` and the project. */
  readonly name: string
}

/** What is left out stays as it is; `null` takes it away. */
export interface RobotChangeInput {
  readonly permissions?: readonly CredentialPermission[] | undefined
  readonly description?: string | null | undefined
  readonly networks?: readonly string[] | null | undefined
  /** RFC 3339. */
  readonly expiresAt?: string | null | undefined
  readonly disabled?: boolean | undefined
}

export interface NewRobotInput extends Omit<RobotChangeInput, 'disabled'> {
  readonly permissions: readonly CredentialPermission[]
}

export interface TokenCalls {
  readonly createToken: (token: NewTokenInput) => Promise<CreatedTokenAnswer>
  readonly listTokens: (input?: ListInput & OwnerInput) => Promise<Listing<AccessTokenAnswer>>
  readonly revokeToken: (id: number, owner?: OwnerInput) => Promise<void>
  readonly listIdentityTokens: (
    input?: ListInput & OwnerInput,
  ) => Promise<Listing<IdentityTokenAnswer>>
  readonly revokeIdentityToken: (id: number, owner?: OwnerInput) => Promise<void>
}

export interface RobotCalls {
  readonly createRobot: (path: RobotPath, robot: NewRobotInput) => Promise<RobotWithSecretAnswer>
  readonly listRobots: (
    project: string | undefined,
    input?: ListInput,
  ) => Promise<Listing<RobotAnswer>>
  readonly readRobot: (path: RobotPath) => Promise<RobotAnswer>
  readonly changeRobot: (path: RobotPath, change: RobotChangeInput) => Promise<RobotAnswer>
  readonly deleteRobot: (path: RobotPath) => Promise<void>
  /** @param overlapSeconds how long the secret before works on; undefined: as the service says */
  readonly rotateRobotSecret: (
    path: RobotPath,
    overlapSeconds: number | undefined,
  ) => Promise<RobotWithSecretAnswer>
}

export interface ExplainCall {
  /** @param subject undefined: the caller */
  readonly explain: (
    subject: string | undefined,
    scopes: readonly string[],
  ) => Promise<ExplanationAnswer>
}

const ownerPath = ({ username }: OwnerInput = {}): readonly string[] =>
  username === undefined ? ['me'] : ['users', username]

export const tokenCalls = (api: ApiTransport): TokenCalls => ({
  createToken: (token) =>
    api.call({ method: 'POST', path: ['me', 'tokens'], body: token }, createdTokenSchema),
  listTokens: (input) =>
    readList(api, {
      limit: input?.limit,
      path: [...ownerPath(input), 'tokens'],
      item: accessTokenSchema,
    }),
  revokeToken: (id, owner) =>
    api.send({ method: 'DELETE', path: [...ownerPath(owner), 'tokens', String(id)] }),
  listIdentityTokens: (input) =>
    readList(api, {
      limit: input?.limit,
      path: [...ownerPath(input), 'identity-tokens'],
      item: identityTokenSchema,
    }),
  revokeIdentityToken: (id, owner) =>
    api.send({ method: 'DELETE', path: [...ownerPath(owner), 'identity-tokens', String(id)] }),
})

const robotsPath = (project: string | undefined): readonly string[] =>
  project === undefined ? ['robots'] : ['projects', project, 'robots']

const robotPath = ({ project, name }: RobotPath): readonly string[] => [
  ...robotsPath(project),
  name,
]

export const robotCalls = (api: ApiTransport): RobotCalls => ({
  createRobot: ({ project, name }, robot) =>
    api.call(
      { method: 'POST', path: robotsPath(project), body: { name, ...robot } },
      robotWithSecretSchema,
    ),
  listRobots: (project, input) =>
    readList(api, { ...input, path: robotsPath(project), item: robotSchema }),
  readRobot: (path) => api.call({ method: 'GET', path: robotPath(path) }, robotSchema),
  changeRobot: (path, change) =>
    api.call({ method: 'PATCH', path: robotPath(path), body: change }, robotSchema),
  deleteRobot: (path) => api.send({ method: 'DELETE', path: robotPath(path) }),
  rotateRobotSecret: (path, overlapSeconds) =>
    api.call(
      { method: 'POST', path: [...robotPath(path), 'secret'], body: { overlapSeconds } },
      robotWithSecretSchema,
    ),
})

export const explainCall = (api: ApiTransport): ExplainCall => ({
  explain: (subject, scopes) =>
    api.call(
      { method: 'POST', path: ['explain'], body: { subject, scope: scopes } },
      explanationSchema,
    ),
})

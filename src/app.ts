import { randomUUID } from 'node:crypto'
import type { RequestListener } from 'node:http'
import Router from '@koa/router'
import Koa from 'koa'
import { createPasswordHasher } from './accounts/password-hash.ts'
import { createAccountRoutes } from './accounts/routes.ts'
import type { Config } from './config/read-config.ts'
import { toAppError } from './database/database-error.ts'
import type { Installation } from './database/installation.ts'
import type { Database } from './database/open-database.ts'
import { removeReplica } from './database/replicas.ts'
import type { Authenticate } from './http/caller.ts'
import { createClientAddressReader } from './http/client-address.ts'
import {
  accessLogMiddleware,
  errorMiddleware,
  headersMiddleware,
  type Log,
  originMiddleware,
} from './http/middleware.ts'
import { mountRoutes } from './http/mount-routes.ts'
import type { Route } from './http/route.ts'
import { createImageRoutes } from './images/routes.ts'
import {
  createHealthRoute,
  createPrivateReadyRoute,
  createPublicReadyRoute,
} from './maintenance/routes.ts'
import { createMemberRoutes } from './projects/member-routes.ts'
import { requireSystem } from './projects/require-permission.ts'
import { createProjectRoutes } from './projects/routes.ts'
import { createRegistryClient } from './registry/client.ts'
import { keepRecoveringRemovals } from './removal/recover-removals.ts'
import { createRemovalRoutes } from './removal/routes.ts'
import { createAuthenticate } from './signin/authenticate.ts'
import { createSigner } from './signing/signer.ts'
import type { TokenAuthority } from './signing/token-authority.ts'
import { createOwnTokens } from './token/issue-token.ts'
import { keepLeafFresh } from './token/keep-leaf-fresh.ts'
import { createTokenRoutes } from './token/routes.ts'

const API = '/api/v1'

export interface AppDeps {
  readonly config: Config
  readonly database: Database
  readonly installation: Installation
  readonly authority: TokenAuthority
  readonly log: Log
  readonly now: () => Date
  readonly version: string
}

export interface App {
  readonly publicListener: RequestListener
  readonly privateListener: RequestListener
  /** Every route of the public listener, with its whole path. */
  readonly routes: readonly Route[]
  /** Starts the work that no request asks for. @returns stops it and closes what the app opened */
  readonly start: () => () => Promise<void>
}

function createListener(
  { config, log }: AppDeps,
  routes: readonly Route[],
  authenticate: Authenticate,
): RequestListener {
  const koa = new Koa()
  const router = new Router({ sensitive: true, strict: true })
  mountRoutes(router, routes, { authenticate })
  koa.use(originMiddleware(createClientAddressReader(config.trustedProxies)))
  koa.use(accessLogMiddleware(log))
  koa.use(headersMiddleware())
  koa.use(errorMiddleware(log, toAppError))
  koa.use(router.routes())
  koa.use(router.allowedMethods())
  koa.on('error', (error: unknown) => log.error({ error }, 'answer could not be sent'))
  return koa.callback()
}

const underApi = (routes: readonly Route[]): readonly Route[] =>
  routes.map((route) => ({ ...route, path: `${API}${route.path}` }))

function createParts({ config, database, authority, now }: AppDeps) {
  const signer = createSigner({ authority, leafSeconds: config.token.leafSeconds, now })
  const issue = { signer, now, settings: config.token }
  const registry = createRegistryClient({ ...config.registry, tokenFor: createOwnTokens(issue) })
  const hasher = createPasswordHasher(config.hashing)
  return { database, now, signer, settings: config.token, registry, hasher }
}

type Parts = ReturnType<typeof createParts>

const createRoutes = (parts: Parts): readonly Route[] => [
  ...createTokenRoutes(parts),
  ...underApi([
    ...createAccountRoutes({ ...parts, requireSystem }),
    ...createProjectRoutes(parts),
    ...createMemberRoutes(parts),
    ...createRemovalRoutes(parts),
    ...createImageRoutes(parts),
  ]),
  createHealthRoute(),
  createPublicReadyRoute(parts),
]

function startBackground(deps: AppDeps, parts: Parts): () => Promise<void> {
  const { database, log, now, installation, version } = deps
  const replica = { id: randomUUID(), version, startedAt: now() }
  const info = (fields: object, message: string): void => log.info(fields, message)
  const stopLeaf = keepLeafFresh({ ...parts, log: info, replica }, installation.leafEpoch)
  const stopRemovals = keepRecoveringRemovals({ ...parts, log: info })
  return async () => {
    await Promise.all([stopLeaf(), stopRemovals()])
    await removeReplica(database, replica.id).catch(() => undefined)
    await parts.registry.close()
  }
}

/** Puts the house together: the only file that sees every room. */
export function createApp(deps: AppDeps): App {
  const parts = createParts(deps)
  const authenticate = createAuthenticate(parts)
  const routes = createRoutes(parts)
  const privateRoutes = [createHealthRoute(), createPrivateReadyRoute(parts)]
  return {
    publicListener: createListener(deps, routes, authenticate),
    privateListener: createListener(deps, privateRoutes, authenticate),
    routes,
    start: () => startBackground(deps, parts),
  }
}

import { randomUUID } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { addressPrefix } from './accounts/address-prefix.ts'
import { createCachedUsers } from './accounts/cached-users.ts'
import { createPasswordHasher } from './accounts/password-hash.ts'
import { createAccountRoutes } from './accounts/routes.ts'
import type { Config } from './config/read-config.ts'
import { readVersionNews } from './database/change-version.ts'
import { toAppError } from './database/database-error.ts'
import type { Installation } from './database/installation.ts'
import { createAnswerStore, keepForgettingAnswers } from './database/kept-answers.ts'
import type { Database } from './database/open-database.ts'
import { removeReplica } from './database/replicas.ts'
import { createVersionWatch } from './database/version-watch.ts'
import { createClientAddressReader } from './http/client-address.ts'
import { createDocumentRoutes } from './http/document-routes.ts'
import { createListener } from './http/listener.ts'
import { createOriginReader, type Log } from './http/middleware.ts'
import { createReadOnce } from './http/once.ts'
import { createRateLimit } from './http/rate-limit.ts'
import type { Route } from './http/route.ts'
import { createNameSeal } from './images/name-seal.ts'
import { createImageRoutes } from './images/routes.ts'
import {
  createHealthRoute,
  createPrivateReadyRoute,
  createPublicReadyRoute,
} from './maintenance/routes.ts'
import { createCachedRights } from './projects/cached-rights.ts'
import { createMemberRoutes } from './projects/member-routes.ts'
import { requireSystem } from './projects/require-permission.ts'
import { createProjectRoutes } from './projects/routes.ts'
import { createRegistryClient } from './registry/client.ts'
import { keepRecoveringRemovals } from './removal/recover-removals.ts'
import { createRemovalRoutes } from './removal/routes.ts'
import { createAuthenticate, createRecognize } from './signin/authenticate.ts'
import { createFingerprint, createProvenCache } from './signin/proven-cache.ts'
import { deriveSecret } from './signing/derive-secret.ts'
import { createSigner, type Signer } from './signing/signer.ts'
import type { TokenAuthority } from './signing/token-authority.ts'
import { createAnswerAtOnce } from './token/answer-at-once.ts'
import { createAnswerCache } from './token/answer-cache.ts'
import { createOwnTokens } from './token/issue-token.ts'
import { keepLeafFresh } from './token/keep-leaf-fresh.ts'
import { createTokenRoutes } from './token/routes.ts'

const API = '/api/v1'

export interface AppDeps {
  readonly config: Config
  readonly database: Database
  /** The same database over a connection of its own, for the watch of the change version alone. */
  readonly watchDatabase: Database
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

const underApi = (routes: readonly Route[]): readonly Route[] =>
  routes.map((route) => ({ ...route, path: `${API}${route.path}`, limited: true }))

/** What is remembered, and the watch that says when it is old. */
function createMemory({ config, database, watchDatabase, now }: AppDeps, signer: Signer) {
  const { cache } = config
  const monotonicMs = (): number => performance.now()
  const watch = createVersionWatch({
    readNews: (since) => readVersionNews(watchDatabase, since),
    graceSeconds: config.database.graceSeconds,
    monotonicMs,
    now,
  })
  const rows = { database, watch, most: cache.rows }
  return {
    watch,
    users: createCachedUsers(rows),
    rights: createCachedRights(rows),
    proven: createProvenCache(cache.proofs),
    answers: createAnswerCache({
      watch,
      most: cache.answers,
      fingerprint: createFingerprint(),
      leafFingerprint: () => signer.leaf().fingerprint,
      monotonicMs,
    }),
  }
}

function createParts(deps: AppDeps) {
  const { config, database, authority, now, log } = deps
  const signer = createSigner({ authority, leafSeconds: config.token.leafSeconds, now })
  const issue = { signer, now, settings: config.token }
  const registry = createRegistryClient({ ...config.registry, tokenFor: createOwnTokens(issue) })
  const hasher = createPasswordHasher(config.hashing)
  const nameSeal = createNameSeal(deps.installation.installationId)
  const memory = createMemory(deps, signer)
  const readOrigin = createOriginReader(createClientAddressReader(config.trustedProxies))
  const keptAnswers = createAnswerStore({ database, now })
  const readOnce = createReadOnce(keptAnswers, deriveSecret(authority, 'idempotency keys'))
  const rateLimit = createRateLimit({
    perMinute: config.api.ratePerMinute,
    networkOf: addressPrefix,
    monotonicMs: () => performance.now(),
  })
  const signIn = { ...memory, hasher }
  const authenticate = createAuthenticate(signIn)
  const recognize = createRecognize(signIn)
  const answerAtOnce = createAnswerAtOnce({ ...memory, ...issue, recognize, readOrigin, log })
  return {
    ...memory,
    ...issue,
    database,
    registry,
    nameSeal,
    hasher,
    readOrigin,
    authenticate,
    rateLimit,
    readOnce,
    answerAtOnce,
  }
}

type Parts = ReturnType<typeof createParts>

function createRoutes(parts: Parts, version: string): readonly Route[] {
  const routes: readonly Route[] = [
    ...createTokenRoutes(parts),
    ...underApi([
      ...createAccountRoutes({ ...parts, requireSystem }),
      ...createProjectRoutes(parts),
      ...createMemberRoutes(parts),
      ...createRemovalRoutes(parts),
      ...createImageRoutes(parts),
      ...createDocumentRoutes({ routes: () => routes, version }),
    ]),
    createHealthRoute(),
    createPublicReadyRoute(parts),
  ]
  return routes
}

function startBackground(deps: AppDeps, parts: Parts): () => Promise<void> {
  const { database, log, now, installation, version } = deps
  const replica = { id: randomUUID(), version, startedAt: now() }
  const info = (fields: object, message: string): void => log.info(fields, message)
  const stopLeaf = keepLeafFresh({ ...parts, log: info, replica }, installation.leafEpoch)
  const stopWatch = parts.watch.start()
  const stopForgetting = keepForgettingAnswers({ database, now })
  const stopRemovals = keepRecoveringRemovals({ ...parts, log: info })
  return async () => {
    await Promise.all([stopLeaf(), stopRemovals(), stopForgetting(), stopWatch()])
    await removeReplica(database, replica.id).catch(() => undefined)
    await parts.registry.close()
  }
}

/** Puts the house together: the only file that sees every room. */
export function createApp(deps: AppDeps): App {
  const parts = createParts(deps)
  const routes = createRoutes(parts, deps.version)
  const privateRoutes = [createHealthRoute(), createPrivateReadyRoute(parts)]
  const translateError = toAppError
  const afterChange = (): Promise<void> => parts.watch.lookAgain()
  const listening = { ...parts, log: deps.log, translateError, afterChange }
  const listener = createListener(listening, routes)
  return {
    publicListener: (request, response) => {
      if (!parts.answerAtOnce(request, response)) listener(request, response)
    },
    privateListener: createListener(listening, privateRoutes),
    routes,
    start: () => startBackground(deps, parts),
  }
}

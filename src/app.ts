import type { RequestListener } from 'node:http'
import { createMeetAccount } from './accounts/meet-account.ts'
import { createPasswordHasher } from './accounts/password-hash.ts'
import { refreshCaller } from './accounts/refresh-caller.ts'
import { createAccountRoutes } from './accounts/routes.ts'
import { createAudit } from './audit/create-audit.ts'
import { recordAudit } from './audit/record.ts'
import type { Config } from './config/read-config.ts'
import { toAppError } from './database/database-error.ts'
import type { Installation } from './database/installation.ts'
import type { Database } from './database/open-database.ts'
import { removeReplica } from './database/replicas.ts'
import { createAuthorityWatch } from './database/token-authorities.ts'
import { createReadOnlyRoutes } from './holds/routes.ts'
import { isOfApi, underApi } from './http/api-path.ts'
import { readBasicCredentials } from './http/basic-auth.ts'
import { createClientAddressReader } from './http/client-address.ts'
import { createClientCensus } from './http/client-census.ts'
import { createCors } from './http/cors.ts'
import { createDocumentRoutes } from './http/document-routes.ts'
import { createKoaListener } from './http/listener.ts'
import { createOriginReader, type Log } from './http/middleware.ts'
import type { Route } from './http/route.ts'
import { createTraffic } from './http/traffic.ts'
import { createNameSeal } from './images/name-seal.ts'
import { createImageRoutes } from './images/routes.ts'
import { createWrites } from './maintenance/create-writes.ts'
import { observeParts } from './maintenance/observe-parts.ts'
import { createPrivateRoutes, createPublicHealthRoutes } from './maintenance/routes.ts'
import { createMetrics } from './metrics/create-metrics.ts'
import { followAccounts } from './projects/follow-accounts.ts'
import { createMemberRoutes } from './projects/member-routes.ts'
import { createRequireAuditRead } from './projects/require-audit-read.ts'
import { requireSystem } from './projects/require-permission.ts'
import { createProjectRoutes } from './projects/routes.ts'
import { createRegistryClient } from './registry/client.ts'
import { createSettingsRoutes } from './settings/routes.ts'
import { createProofForApi } from './signin/api-caller.ts'
import { createSignIn, createSources } from './signin/create-sign-in.ts'
import { createRequestRules } from './signin/request-rules.ts'
import { createSigner } from './signing/signer.ts'
import type { TokenAuthority } from './signing/token-authority.ts'
import { createAnswerAtOnce } from './token/answer-at-once.ts'
import { createExplainRoutes } from './token/explain-routes.ts'
import { createOwnTokens } from './token/issue-token.ts'
import { announceReplica, keepLeafFresh } from './token/keep-leaf-fresh.ts'
import { createMemory } from './token/memory.ts'
import { createTokenRoutes } from './token/routes.ts'

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
  /** Writes to the stdout of the process; returns when it is written. */
  readonly writeOut: (text: string) => Promise<void>
}

export interface App {
  readonly publicListener: RequestListener
  readonly privateListener: RequestListener
  /** Every route of the public listener, with its whole path. */
  readonly routes: readonly Route[]
  /** Tells other processes of this one; before it serves anybody. */
  readonly announce: () => Promise<void>
  /** Starts the work that no request asks for. @returns stops it and closes what the app opened */
  readonly start: () => () => Promise<void>
}

function createListener(
  parts: Parts,
  name: 'public' | 'private',
  routes: readonly Route[],
): RequestListener {
  const { authenticate, watch, metrics, config } = parts
  return createKoaListener({
    ...parts,
    counter: metrics.requests(name),
    translate: toAppError,
    isOfApi,
    cors: name === 'public' ? createCors(config.cors, isOfApi) : undefined,
    afterChange: watch.lookAgain,
    realm: { authenticate, readCredentials: readBasicCredentials },
    api: createProofForApi(parts),
    routes,
  })
}

function createParts(deps: AppDeps) {
  const { config, authority, now } = deps
  const metrics = createMetrics()
  const traffic = createTraffic({ monotonicMs: () => performance.now() })
  const signer = createSigner({ authority, leafSeconds: config.token.leafSeconds, now })
  const issue = { signer, now, settings: config.token, metrics }
  const registry = createRegistryClient({ ...config.registry, tokenFor: createOwnTokens(issue) })
  const hasher = createPasswordHasher({ ...config.hashing, onWork: metrics.observeHash })
  const memory = createMemory({ ...deps, signer })
  const readInnerOrigin = createOriginReader(createClientAddressReader(config.trustedProxies))
  const { readOrigin, readCensus } = createClientCensus(readInnerOrigin)
  const audit = createAudit({ ...deps, readSettings: memory.runtimeSettings.read })
  const { signIns } = audit
  const sources = createSources(config)
  const accounts = { ...deps, ...memory, sources, ...followAccounts({ ...memory, registry }) }
  const { rows: most } = config.cache
  const meetAccount = createMeetAccount({ ...accounts, most, claimsSeconds: config.claimsSeconds })
  const signIn = { ...accounts, hasher, metrics, signIns, meetAccount }
  const known = { ...signIn, ...issue, ...createSignIn(signIn) }
  const authorities = createAuthorityWatch(deps.database)
  const trustedBeside = authorities.certificates
  const working = { ...deps, ...known, registry, hasher, trustedBeside, giveWay: traffic.giveWay }
  const writes = createWrites(working)
  observeParts(metrics, known, deps.version)
  return {
    ...known,
    ...createRequestRules(deps),
    nameSeal: createNameSeal(deps.installation.installationId),
    audit,
    authorities,
    readOrigin,
    traffic,
    readInnerOrigin,
    readCensus,
    answerAtOnce: createAnswerAtOnce({ ...known, ...writes, readOrigin }),
    ...writes,
  }
}

type Parts = ReturnType<typeof createParts>

function createRoutes(parts: Parts, version: string): readonly Route[] {
  const routes: readonly Route[] = [
    ...createTokenRoutes(parts),
    ...underApi([
      ...createSettingsRoutes({ ...parts, requireSystem, refreshCaller, recordAudit }),
      ...createReadOnlyRoutes(parts),
      ...createAccountRoutes({ ...parts, requireSystem }),
      ...createProjectRoutes(parts),
      ...createMemberRoutes(parts),
      ...parts.policyRoutes,
      ...parts.credentialRoutes,
      ...parts.signInRoutes,
      ...createExplainRoutes(parts),
      // A repository's own path takes all that it can get.
      ...parts.work.routes,
      ...createImageRoutes(parts),
      ...parts.audit.createRoutes(createRequireAuditRead(parts)),
      ...createDocumentRoutes({ routes: () => routes, version }),
    ]),
    ...createPublicHealthRoutes(parts),
  ]
  return routes
}

function startBackground(deps: AppDeps, parts: Parts): () => Promise<void> {
  const { database, log, installation } = deps
  const { replica } = parts
  const info = (fields: object, message: string): void => log.info(fields, message)
  const stops = [
    keepLeafFresh({ ...parts, log: info }, installation.leafEpoch),
    parts.watch.start(),
    parts.authorities.start(),
    parts.forgetAnswers(),
    parts.lastUse.start(),
    parts.startSignIn(),
    parts.audit.start(),
    parts.work.start(),
    parts.startPolicies(),
  ]
  return async () => {
    await Promise.all(stops.map((stop) => stop()))
    await removeReplica(database, replica.id).catch(() => undefined)
    await Promise.all([parts.registry.close(), parts.door.close()])
  }
}

/** Puts the house together: the only file that sees every room. */
export function createApp(deps: AppDeps): App {
  const parts = createParts(deps)
  const routes = parts.audit.watchRefusals(createRoutes(parts, deps.version))
  const privateParts = { ...parts, readOrigin: parts.readInnerOrigin }
  const listener = createListener(parts, 'public', routes)
  return {
    publicListener: (request, response) => {
      parts.traffic.note()
      if (!parts.answerAtOnce(request, response)) listener(request, response)
    },
    privateListener: createListener(privateParts, 'private', createPrivateRoutes(parts)),
    routes,
    announce: async () => {
      await parts.authorities.look()
      await announceReplica(parts, deps.installation.leafEpoch)
    },
    start: () => startBackground(deps, parts),
  }
}

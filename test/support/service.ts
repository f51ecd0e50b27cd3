import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { createPasswordHasher } from '../../src/accounts/password-hash.ts'
import { createApp } from '../../src/app.ts'
import { type Config, type DatabaseConfig, readConfig } from '../../src/config/read-config.ts'
import { migrate } from '../../src/database/migrate.ts'
import { type Database, openDatabase } from '../../src/database/open-database.ts'
import { describeError } from '../../src/http/describe-error.ts'
import type { Log } from '../../src/http/middleware.ts'
import type { Route } from '../../src/http/route.ts'
import { openInstallation } from '../../src/maintenance/open-installation.ts'
import { ensureBundle } from '../../src/signing/token-authority.ts'
import { type Registry, startRegistry } from '../../src/stack/registry.ts'
import { createTestDatabase, type TestDatabase, type TestServer } from './database.ts'

export const ADMIN = { username: 'admin', password: 'first-light-7' } as const

/** What the registry of a service that takes notifications in shows there. */
export const NOTIFICATIONS_SECRET = 'notifications-of-tests'

export interface Credentials {
  readonly username: string
  readonly password: string
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: a reply is whatever the service sent; tests look into it.
  readonly body: any
}

export interface RequestOptions {
  readonly as?: Credentials
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** A body that is no JSON of ours. */
  readonly raw?: string
  /** Whether the answer that too much was asked at once is wanted, too; it is waited out otherwise. */
  readonly takesBusy?: boolean
}

/** The whole service on a database of its own, and a real registry that trusts it. */
export interface Service {
  readonly url: string
  readonly privateUrl: string
  readonly registryUrl: string
  /** Undefined where it was not started here. */
  readonly registry: Registry | undefined
  readonly config: Config
  readonly database: Database
  /** Where that database is; `config` does not know it. */
  readonly databaseConfig: DatabaseConfig
  /** The connection of the watch over the change version. */
  readonly watchDatabase: Database
  readonly routes: readonly Route[]
  /** What answers the public requests, to be put behind another server. */
  readonly publicListener: RequestListener
  readonly request: (method: string, path: string, options?: RequestOptions) => Promise<Reply>
  /** A request as the administrator. */
  readonly admin: (method: string, path: string, json?: unknown) => Promise<Reply>
  /** Every line that the service logged, as JSON. */
  readonly logged: () => string
  readonly stop: () => Promise<void>
}

/** What the process around a service gives it. */
const PROCESS = { version: 'test', writeOut: async () => undefined }

const KEEP_ALIVE_MS = 60_000

const quiet = { warn: () => undefined, error: () => undefined }

function listen(): Promise<{
  readonly url: string
  readonly use: (listener: RequestListener) => void
  readonly close: () => Promise<void>
}> {
  let current: RequestListener = (_request, response) => response.writeHead(503).end()
  const server = createServer((request, response) => void current(request, response))
  // Client and server are one process: after long work of a test both find an idle connection, and
  // the client must not be the one that still takes it.
  server.keepAliveTimeout = KEEP_ALIVE_MS
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      resolve({
        url: `http://127.0.0.1:${port}`,
        use: (listener) => {
          current = listener
        },
        close: () =>
          new Promise((closed) => {
            server.close(() => closed())
            server.closeAllConnections()
          }),
      })
    })
  })
}

function createLog(): { readonly log: Log; readonly logged: () => string } {
  const lines: string[] = []
  const write = (fields: object, message: string): void => {
    const described = 'error' in fields ? { error: describeError(fields.error) } : {}
    lines.push(JSON.stringify({ ...fields, ...described, message }))
  }
  return {
    log: { debug: write, info: write, warn: write, error: write },
    logged: () => lines.join('\n'),
  }
}

export const basic = ({ username, password }: Credentials): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

async function sendOnce(
  url: string,
  method: string,
  { as, json, raw, headers = {} }: RequestOptions,
): Promise<Reply> {
  const isWrite = json !== undefined || ['POST', 'PUT', 'PATCH'].includes(method)
  const body = raw ?? (json === undefined ? undefined : JSON.stringify(json))
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    headers: {
      ...(isWrite && { 'content-type': 'application/json' }),
      ...(as && { authorization: basic(as) }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  })
  const text = await response.text()
  const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '')
  return {
    status: response.status,
    headers: response.headers,
    body: isJson && text !== '' ? JSON.parse(text) : text,
  }
}

const BUSY_TRIES = 100
const BUSY_PAUSE_MS = 100

/** Four strangers of one network may wait for their hash; tests that run side by side are more. */
async function send(url: string, method: string, options: RequestOptions): Promise<Reply> {
  for (let left = options.takesBusy ? 0 : BUSY_TRIES; ; left--) {
    const reply = await sendOnce(url, method, options)
    const code = reply.status === 503 ? reply.body?.errors?.[0]?.code : undefined
    if (left === 0 || (code !== 'BUSY' && code !== 'TOOMANYREQUESTS')) return reply
    await setTimeout(BUSY_PAUSE_MS)
  }
}

export interface ServiceOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly now?: () => Date
  /** Where the service finds a registry that is not to be started here. */
  readonly registryUrl?: string
  /** What stands between the service and its registry. @returns where the service finds it */
  readonly between?: (registryUrl: string) => Promise<string>
  /** A server of databases that a test stops; that of the test run otherwise. */
  readonly databaseServer?: TestServer
  /** Whether the registry tells the service what happens. */
  readonly notifies?: boolean
  /** More of the registry's configuration, as `REGISTRY_…` variables. */
  readonly registryOverrides?: Readonly<Record<string, string>>
}

interface Place {
  readonly dir: string
  readonly publicUrl: string
  readonly databasePassword: string
  readonly env: Readonly<Record<string, string>>
  /** host:port of the private listener. */
  readonly notified: string | undefined
  readonly overrides: Readonly<Record<string, string>>
}

function placeOf(
  { notifies, registryOverrides = {} }: ServiceOptions,
  parts: {
    readonly dir: string
    readonly env: Readonly<Record<string, string>>
    readonly testDatabase: TestDatabase
    readonly publicServer: { readonly url: string }
    readonly privateServer: { readonly url: string }
  },
): Place {
  return {
    dir: parts.dir,
    env: parts.env,
    publicUrl: parts.publicServer.url,
    databasePassword: parts.testDatabase.config.password,
    notified: notifies ? new URL(parts.privateServer.url).host : undefined,
    overrides: registryOverrides,
  }
}

const readWith = (place: Place, registryUrl: string): Config =>
  readConfig({
    WARDEN_PUBLIC_URL: place.publicUrl,
    WARDEN_REGISTRY_URL: registryUrl,
    WARDEN_REGISTRY_TIMEOUT_SECONDS: '5',
    WARDEN_DB_PASSWORD: place.databasePassword,
    WARDEN_CERTS_DIR: join(place.dir, 'certs'),
    WARDEN_ADMIN_PASSWORD: ADMIN.password,
    // Only where a test asks: it would read the registry in the middle of what others look at.
    WARDEN_RECONCILE_CRON: 'off',
    // Room for a hundred thousand of everything takes time to make, many times in a run.
    WARDEN_CACHE_ANSWERS: '2000',
    WARDEN_CACHE_ROWS: '2000',
    WARDEN_CACHE_PROOFS: '2000',
    ...(place.notified && { WARDEN_NOTIFICATIONS_SECRET: NOTIFICATIONS_SECRET }),
    ...place.env,
  }).config

const startRealRegistry = ({ dir, publicUrl, notified, overrides }: Place, config: Config) =>
  startRegistry({
    env: process.env,
    dir: join(dir, 'registry'),
    logPath: join(dir, 'registry.log'),
    realm: `${publicUrl}/auth/token`,
    bundlePath: config.certs.bundlePath,
    httpSecret: 'test',
    notifications: notified ? { address: notified, secret: NOTIFICATIONS_SECRET } : undefined,
    overrides,
  })

async function openTestInstallation(database: Database, config: Config, log: Log, now: () => Date) {
  await migrate({ database, log: () => undefined })
  const opened = await openInstallation(
    {
      database,
      hasher: createPasswordHasher(config.hashing),
      config,
      now,
      log: (fields, message) => log.info(fields, message),
      terminal: undefined,
    },
    { force: false },
  )
  await ensureBundle(config.certs, opened.authority)
  return opened
}

/** Starts it; the first administrator is `ADMIN`. */
export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const dir = mkdtempSync(join(tmpdir(), 'warden-service-'))
  const { now = () => new Date(), env = {} } = options
  const testDatabase = await createTestDatabase({ server: options.databaseServer })
  const [publicServer, privateServer] = await Promise.all([listen(), listen()])
  const place = placeOf(options, { dir, env, testDatabase, publicServer, privateServer })
  const { log, logged } = createLog()
  const database = openDatabase(testDatabase.config, quiet)
  const watchDatabase = openDatabase({ ...testDatabase.config, poolMax: 1 }, quiet)
  const early = readWith(place, 'http://127.0.0.1:9')
  const opened = await openTestInstallation(database, early, log, now)
  const registry = options.registryUrl ? undefined : await startRealRegistry(place, early)
  const ownUrl = registry && (await options.between?.(registry.url))
  const config = readWith(place, options.registryUrl ?? ownUrl ?? registry?.url ?? '')
  const app = createApp({ config, database, watchDatabase, ...opened, log, now, ...PROCESS })
  publicServer.use(app.publicListener)
  privateServer.use(app.privateListener)
  const stopBackground = app.start()
  const stop = async (): Promise<void> => {
    await Promise.all([publicServer.close(), privateServer.close()])
    await stopBackground()
    await Promise.all([database.destroy(), watchDatabase.destroy()])
    await Promise.all([registry?.stop(), testDatabase.drop()])
    rmSync(dir, { recursive: true, force: true })
  }
  const request: Service['request'] = (method, path, requestOptions = {}) =>
    send(`${publicServer.url}${path}`, method, requestOptions)
  return {
    url: publicServer.url,
    privateUrl: privateServer.url,
    registryUrl: config.registry.url,
    registry,
    config,
    database,
    databaseConfig: testDatabase.config,
    watchDatabase,
    routes: app.routes,
    publicListener: app.publicListener,
    request,
    admin: (method, path, json) => request(method, path, { as: ADMIN, json }),
    logged,
    stop,
  }
}

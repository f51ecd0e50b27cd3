import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseConfig } from '../../src/config/read-config.ts'
import { type Database, openDatabase } from '../../src/database/open-database.ts'
import { findFreePort } from '../../src/stack/ports.ts'
import { type Registry, startRegistry } from '../../src/stack/registry.ts'
import { startWarden, type Warden } from '../../src/stack/warden.ts'
import { createTestDatabase } from './database.ts'
import { ADMIN, basic, type Credentials } from './service.ts'
import { makeTemporaryDir, removeDir } from './temporary-dir.ts'

const SECRET = 'premises-secret-of-tests-71-71-71'
const quiet = { warn: () => undefined, error: () => undefined }

export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: an answer is whatever the service sent; tests look into it.
  readonly body: any
}

/** An installation whose processes come and go: its database, its keys and its registry stay. */
export interface Premises {
  readonly dir: string
  readonly certsDir: string
  readonly url: string
  readonly privateUrl: string
  readonly registryUrl: string
  readonly databaseName: string
  /** Of verbs that run where the service runs. */
  readonly env: NodeJS.ProcessEnv
  readonly database: Database
  readonly serve: () => Promise<void>
  readonly stopServing: () => Promise<void>
  /** The registry reads its bundle at start only. */
  readonly restartRegistry: () => Promise<void>
  readonly api: (
    method: string,
    path: string,
    options?: { readonly json?: unknown; readonly as?: Credentials },
  ) => Promise<Answer>
  readonly stop: () => Promise<void>
}

async function ask(
  url: string,
  method: string,
  { json, as = ADMIN }: { readonly json?: unknown; readonly as?: Credentials },
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { authorization: basic(as), 'content-type': 'application/json' },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  })
  const text = await response.text()
  const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '')
  return { status: response.status, body: isJson && text !== '' ? JSON.parse(text) : text }
}

interface Place {
  readonly dir: string
  readonly certsDir: string
  readonly port: number
  readonly privatePort: number
  readonly registryPort: number
  readonly extra: NodeJS.ProcessEnv
  readonly config: DatabaseConfig
}

async function choosePlace(config: DatabaseConfig, more: NodeJS.ProcessEnv): Promise<Place> {
  const dir = makeTemporaryDir()
  writeFileSync(join(dir, 'database-password'), config.password, { mode: 0o600 })
  writeFileSync(join(dir, 'events-secret'), SECRET, { mode: 0o600 })
  return {
    dir,
    certsDir: join(dir, 'certs'),
    port: await findFreePort(),
    privatePort: await findFreePort(),
    registryPort: await findFreePort(),
    extra: { WARDEN_ADMIN_PASSWORD: ADMIN.password, WARDEN_RECONCILE_CRON: 'off', ...more },
    config,
  }
}

const urlOf = (port: number): string => `http://127.0.0.1:${port}`

const startService = ({ dir, config, ...place }: Place): Promise<Warden> =>
  startWarden({
    env: { ...process.env, ...place.extra },
    dir: join(dir, 'warden'),
    logPath: join(dir, 'warden.log'),
    port: place.port,
    privatePort: place.privatePort,
    publicUrl: urlOf(place.port),
    registryUrl: urlOf(place.registryPort),
    certsDir: place.certsDir,
    firstPasswordPath: join(dir, 'first-password'),
    notificationsSecretPath: join(dir, 'events-secret'),
    database: { ...config, passwordPath: join(dir, 'database-password') },
  })

const startRegistryOf = ({ dir, ...place }: Place): Promise<Registry> =>
  startRegistry({
    env: process.env,
    dir: join(dir, 'registry'),
    logPath: join(dir, 'registry.log'),
    preferredPort: place.registryPort,
    realm: `${urlOf(place.port)}/auth/token`,
    bundlePath: join(place.certsDir, 'bundle', 'ca.crt'),
    httpSecret: 'test',
    notifications: { address: `127.0.0.1:${place.privatePort}`, secret: SECRET },
  })

const environmentOf = ({ certsDir, config, extra, ...place }: Place): NodeJS.ProcessEnv => ({
  WARDEN_PUBLIC_URL: urlOf(place.port),
  WARDEN_REGISTRY_URL: urlOf(place.registryPort),
  WARDEN_CERTS_DIR: certsDir,
  WARDEN_DB_HOST: config.host,
  WARDEN_DB_PORT: String(config.port),
  WARDEN_DB_USER: config.user,
  WARDEN_DB_PASSWORD: config.password,
  WARDEN_DB_NAME: config.name,
  ...extra,
})

/** What runs of it, by turns. */
function createParts(place: Place) {
  let warden: Warden | undefined
  let registry: Registry | undefined
  const stopServing = async (): Promise<void> => {
    await warden?.stop()
    warden = undefined
  }
  return {
    serve: async (): Promise<void> => {
      warden = await startService(place)
    },
    stopServing,
    restartRegistry: async (): Promise<void> => {
      await registry?.stop()
      registry = await startRegistryOf(place)
    },
    stopAll: async (): Promise<void> => {
      await stopServing()
      await registry?.stop()
    },
  }
}

/** Nothing runs yet: `serve`, then `restartRegistry`. */
export async function makePremises(more: NodeJS.ProcessEnv = {}): Promise<Premises> {
  const { config, drop } = await createTestDatabase({ empty: true })
  const place = await choosePlace(config, more)
  const { serve, stopServing, restartRegistry, stopAll } = createParts(place)
  const database = openDatabase(config, quiet)
  const url = urlOf(place.port)
  return {
    dir: place.dir,
    certsDir: place.certsDir,
    url,
    privateUrl: urlOf(place.privatePort),
    registryUrl: urlOf(place.registryPort),
    databaseName: config.name,
    env: environmentOf(place),
    database,
    serve,
    stopServing,
    restartRegistry,
    api: (method, path, options = {}) => ask(`${url}/api/v1${path}`, method, options),
    stop: async () => {
      await stopAll()
      await database.destroy()
      await drop()
      removeDir(place.dir)
    },
  }
}

/** Loses every table, as a lost disk does. */
export async function loseDatabase({ database, databaseName }: Premises): Promise<void> {
  await database.raw('DROP DATABASE ??', [databaseName])
  await database.raw('CREATE DATABASE ??', [databaseName])
}

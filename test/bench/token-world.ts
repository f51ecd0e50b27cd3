import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import argon2 from 'argon2'
import { createSecret, hashSecret } from '../../src/credentials/secret.ts'
import { type Database, openDatabase } from '../../src/database/open-database.ts'
import { type Mariadb, startMariadb } from '../../src/stack/mariadb.ts'
import { findFreePort } from '../../src/stack/ports.ts'
import { startWarden } from '../../src/stack/warden.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'

const PARAMETERS = {
  type: argon2.argon2id,
  memoryCost: 19_456,
  timeCost: 2,
  parallelism: 1,
} as const
const ADMIN_PASSWORD = 'first-light-7'

export const WARM_SUBJECTS = 1000
export const PASSWORD = 'benchmark-own-7'
/** Of `warm1`, and of the robot `ci` in the project `bench`. */
export const ACCESS_TOKEN = createSecret('accessToken')
export const ROBOT_SECRET = createSecret('robot')

/** The service with production defaults, on a database with people, and the references beside it. */
export interface TokenWorld {
  readonly dir: string
  readonly wardenUrl: string
  readonly wardenPid: number
  /** A connection of its own to the service's database. */
  readonly database: Database
  /** ES256 by itself, on one core. */
  readonly signaturesPerSecond: number
  readonly references: Readonly<Record<'http' | 'koa' | 'koaSigning', string>>
  readonly stop: () => Promise<void>
}

async function startReferences(): Promise<{
  readonly child: ChildProcess
  readonly signaturesPerSecond: number
  readonly urls: TokenWorld['references']
}> {
  const child = spawn(process.execPath, [resolve('dist/test/bench/references.js')], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  const { ports, signaturesPerSecond } = JSON.parse(line.toString()) as {
    readonly ports: Record<string, number>
    readonly signaturesPerSecond: number
  }
  const urlOf = (name: string): string => `http://127.0.0.1:${ports[name]}/`
  return {
    child,
    signaturesPerSecond,
    urls: { http: urlOf('http'), koa: urlOf('koa'), koaSigning: urlOf('koaSigning') },
  }
}

const row = (username: string, password_hash: string) => ({
  username,
  source: 'local',
  password_hash,
  version: 1,
  created_at: new Date(),
  updated_at: new Date(),
})

/** Warm subjects share a hash, since they differ in name; cold ones have each their own. */
async function seed(database: Database, coldUsers: number): Promise<void> {
  const shared = await argon2.hash(PASSWORD, PARAMETERS)
  const warm = Array.from({ length: WARM_SUBJECTS }, (_, i) => row(`warm${i}`, shared))
  const hashes = await Promise.all(
    Array.from({ length: coldUsers }, () => argon2.hash(PASSWORD, PARAMETERS)),
  )
  await database.batchInsert('users', [...warm, ...hashes.map((hash, i) => row(`cold${i}`, hash))])
  const now = new Date()
  const project = { visibility: 'private', version: 1, created_at: now, updated_at: now }
  await database('projects').insert([
    { ...project, name: 'bench' },
    { ...project, name: 'open', visibility: 'public' },
  ])
  const { id } = await database('projects').where({ name: 'bench' }).first('id')
  const users = await database('users').where('username', 'like', 'warm%').pluck('id')
  const member = { project_id: id, member_kind: 'user', role: 'developer' }
  await database.batchInsert(
    'members',
    users.map((member_id) => ({ ...member, member_id, created_at: now, updated_at: now })),
  )
  const { id: owner } = await database('users').where({ username: 'warm1' }).first('id')
  const token = { user_id: owner, name: 'bench', created_at: now }
  await database('access_tokens').insert({ ...token, secret_hash: hashSecret(ACCESS_TOKEN) })
  await database('robots').insert({
    project_id: id,
    name: 'ci',
    permissions: JSON.stringify([{ repositories: ['**'], actions: ['pull', 'push'] }]),
    secret_hash: hashSecret(ROBOT_SECRET),
    version: 1,
    created_at: now,
    updated_at: now,
  })
}

const startDatabase = (dir: string): Promise<Mariadb> =>
  startMariadb({
    env: process.env,
    secretsDir: join(dir, 'secrets'),
    dir: join(dir, 'database'),
    logPath: join(dir, 'database.log'),
    account: 'one-database',
  })

function connect({ host, port, user, password, database: name }: Mariadb): Database {
  const settings = {
    tls: 'off',
    ca: undefined,
    poolMax: 4,
    waitSeconds: 5,
    graceSeconds: 5,
  } as const
  const log = { warn: () => undefined, error: () => undefined }
  return openDatabase({ host, port, user, password, name, ...settings }, log)
}

export async function startTokenWorld(coldUsers: number): Promise<TokenWorld> {
  const dir = makeTemporaryDir()
  const mariadb = await startDatabase(dir)
  const { host, port, user } = mariadb
  const warden = await startWarden({
    env: { ...process.env, NODE_ENV: 'production', WARDEN_ADMIN_PASSWORD: ADMIN_PASSWORD },
    dir: join(dir, 'warden'),
    logPath: join(dir, 'warden.log'),
    port: await findFreePort(),
    publicUrl: 'http://localhost:5000',
    registryUrl: 'http://127.0.0.1:9',
    certsDir: join(dir, 'certs'),
    firstPasswordPath: join(dir, 'first-password'),
    database: {
      host,
      port,
      user,
      name: mariadb.database,
      passwordPath: join(dir, 'secrets', 'database-password'),
    },
  })
  const database = connect(mariadb)
  await seed(database, coldUsers)
  const { child, urls, signaturesPerSecond } = await startReferences()
  const stop = async (): Promise<void> => {
    child.disconnect()
    await warden.stop()
    await database.destroy()
    await mariadb.stop()
    removeDir(dir)
  }
  return {
    dir,
    wardenUrl: warden.url,
    wardenPid: warden.pid,
    database,
    signaturesPerSecond,
    references: urls,
    stop,
  }
}

/** Rate of argon2 by itself, on all cores, with the parameters of the service. */
export async function measureArgon2(hashes: number, concurrency: number): Promise<number> {
  const hash = await argon2.hash(PASSWORD, PARAMETERS)
  const startedAtMs = performance.now()
  let left = hashes
  const worker = async (): Promise<void> => {
    while (left-- > 0) await argon2.verify(hash, PASSWORD)
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  return hashes / ((performance.now() - startedAtMs) / 1000)
}

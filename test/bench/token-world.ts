import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import argon2 from 'argon2'
import { createSecret, hashSecret } from '../../src/credentials/secret.ts'
import type { Database } from '../../src/database/open-database.ts'
import { type ServiceWorld, startServiceWorld } from './service-world.ts'

const PARAMETERS = {
  type: argon2.argon2id,
  memoryCost: 19_456,
  timeCost: 2,
  parallelism: 1,
} as const

export const WARM_SUBJECTS = 1000
export const PASSWORD = 'benchmark-own-7'
/** Of `warm1`, and of the robot `ci` in the project `bench`. */
export const ACCESS_TOKEN = createSecret('accessToken')
export const ROBOT_SECRET = createSecret('robot')

/** The service on a database with people, and the references beside it. */
export interface TokenWorld extends ServiceWorld {
  /** ES256 by itself, on one core. */
  readonly signaturesPerSecond: number
  readonly references: Readonly<Record<'http' | 'koa' | 'koaSigning', string>>
  readonly referencesPid: number
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

export async function startTokenWorld(coldUsers: number): Promise<TokenWorld> {
  const world = await startServiceWorld()
  await seed(world.database, coldUsers)
  const { child, urls, signaturesPerSecond } = await startReferences()
  const stop = async (): Promise<void> => {
    child.disconnect()
    await world.stop()
  }
  const referencesPid = child.pid ?? 0
  return { ...world, signaturesPerSecond, references: urls, referencesPid, stop }
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

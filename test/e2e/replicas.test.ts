import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { type Mariadb, startMariadb } from '../../src/stack/mariadb.ts'
import { findFreePort } from '../../src/stack/ports.ts'
import { startWarden, type Warden } from '../../src/stack/warden.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'

const ADMIN = { username: 'admin', password: 'first-light-7' }
const PEOPLE = ['dev', 'dan'].map((username) => ({ username, password: `${username}s-own-pw-7` }))
const [DEV = ADMIN, DAN = ADMIN] = PEOPLE
const GRACE_SECONDS = 4

interface World {
  readonly dir: string
  readonly database: Mariadb
  readonly first: Warden
  readonly second: Warden
}

const startDatabase = (dir: string, preferredPort?: number): Promise<Mariadb> =>
  startMariadb({
    env: process.env,
    dir: join(dir, 'database'),
    logPath: join(dir, 'database.log'),
    secretsDir: join(dir, 'secrets'),
    account: 'one-database',
    preferredPort,
  })

const startReplica = async (dir: string, name: string, database: Mariadb): Promise<Warden> =>
  startWarden({
    env: {
      ...process.env,
      WARDEN_ADMIN_PASSWORD: ADMIN.password,
      WARDEN_DB_GRACE_SECONDS: String(GRACE_SECONDS),
    },
    dir: join(dir, name),
    logPath: join(dir, `${name}.log`),
    port: await findFreePort(),
    publicUrl: 'http://localhost:5000',
    registryUrl: 'http://127.0.0.1:9',
    certsDir: join(dir, 'certs'),
    firstPasswordPath: join(dir, 'first-password'),
    database: {
      host: database.host,
      port: database.port,
      user: database.user,
      name: database.database,
      passwordPath: join(dir, 'secrets', 'database-password'),
    },
  })

const basic = ({ username, password }: typeof ADMIN): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

interface Made {
  readonly id?: number
  readonly secret?: string
}

const api = async (
  warden: Warden,
  method: string,
  path: string,
  {
    json,
    as = ADMIN,
    onBehalfOf,
  }: { readonly json?: object; readonly as?: typeof ADMIN; readonly onBehalfOf?: string } = {},
): Promise<Made> => {
  const response = await fetch(`${warden.url}/api/v1${path}`, {
    method,
    headers: {
      authorization: basic(as),
      'content-type': 'application/json',
      ...(onBehalfOf && { 'x-warden-on-behalf-of': onBehalfOf }),
    },
    ...(json && { body: JSON.stringify(json) }),
  })
  if (!response.ok)
    throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  return response.status === 204 ? {} : ((await response.json()) as Made)
}

interface TokenReply {
  readonly status: number
  readonly actions: readonly string[]
}

const ask = async (warden: Warden, who: typeof ADMIN, scope = 'acme/app'): Promise<TokenReply> => {
  const query = `service=registry-warden&scope=repository:${scope}:pull,push`
  const response = await fetch(`${warden.url}/auth/token?${query}`, {
    headers: { authorization: basic(who) },
  })
  const body = (await response.json()) as { readonly token?: string }
  const claims = body.token
    ? JSON.parse(Buffer.from(body.token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    : { access: [] }
  return { status: response.status, actions: claims.access[0]?.actions ?? [] }
}

const prepare = async (): Promise<World> => {
  const dir = makeTemporaryDir()
  const database = await startDatabase(dir)
  const first = await startReplica(dir, 'first', database)
  const second = await startReplica(dir, 'second', database)
  for (const person of PEOPLE) await api(first, 'POST', '/users', { json: person })
  await api(first, 'POST', '/projects', { json: { name: 'acme' } })
  for (const { username } of PEOPLE) {
    await api(first, 'PUT', `/projects/acme/members/users/${username}`, {
      json: { role: 'developer' },
    })
  }
  return { dir, database, first, second }
}

let world: World
test.before(async () => {
  world = await prepare()
})
test.after.always(async () => {
  await Promise.all([world.first.stop(), world.second.stop()])
  await world.database.stop()
  removeDir(world.dir)
})

/** Milliseconds from the answer of a change at one process until the other one refuses. */
const timeUntil = async (
  isRefused: (reply: TokenReply) => boolean,
  who: typeof ADMIN = DEV,
): Promise<number> => {
  const startedAtMs = performance.now()
  for (;;) {
    const reply = await ask(world.second, who)
    const passedMs = performance.now() - startedAtMs
    if (isRefused(reply) || passedMs > 5000) return passedMs
    await sleep(10)
  }
}

const isWarm = async (t: ExecutionContext, who: typeof ADMIN): Promise<void> => {
  await sleep(500)
  await ask(world.second, who)
  t.deepEqual(await ask(world.second, who), { status: 200, actions: ['pull', 'push'] })
}

test.serial(
  'R5: a right taken away and a disabled user are refused by another process within a second',
  async (t) => {
    const { first } = world
    const member = '/projects/acme/members/users/dev'
    const times: number[] = []
    for (let round = 0; round < 3; round++) {
      await isWarm(t, DEV)
      await api(first, 'DELETE', member)
      times.push(await timeUntil(({ actions }) => actions.length === 0))
      await api(first, 'PUT', member, { json: { role: 'developer' } })
      await isWarm(t, DEV)
      await api(first, 'PATCH', '/users/dev', { json: { disabled: true } })
      times.push(await timeUntil(({ status }) => status === 401))
      await api(first, 'PATCH', '/users/dev', { json: { disabled: false } })
    }
    t.log(`milliseconds until refused: ${times.map(Math.round).join(', ')}`)
    t.true(Math.max(...times) <= 1000)
  },
)

test.serial(
  'R5: a revoked access token, a rotated and a disabled robot are refused by another process within a second',
  async (t) => {
    const { first } = world
    const isRefused = ({ status }: TokenReply): boolean => status === 401
    const times: number[] = []
    const made = await api(first, 'POST', '/me/tokens', { json: { name: 'ci' }, as: DEV })
    const token = { username: DEV.username, password: made.secret ?? '' }
    await isWarm(t, token)
    await api(first, 'DELETE', `/me/tokens/${made.id}`, { as: DEV })
    times.push(await timeUntil(isRefused, token))
    const robots = '/projects/acme/robots'
    const permissions = [{ repositories: '**', actions: ['pull', 'push'] }]
    const { secret } = await api(first, 'POST', robots, { json: { name: 'ci', permissions } })
    const robot = { username: 'robot$acme+ci', password: secret ?? '' }
    await isWarm(t, robot)
    const json = { overlapSeconds: 0 }
    const rotated = await api(first, 'POST', `${robots}/ci/secret`, { json })
    times.push(await timeUntil(isRefused, robot))
    const after = { ...robot, password: rotated.secret ?? '' }
    await isWarm(t, after)
    await api(first, 'PATCH', `${robots}/ci`, { json: { disabled: true } })
    times.push(await timeUntil(isRefused, after))
    t.log(`milliseconds until refused: ${times.map(Math.round).join(', ')}`)
    t.true(Math.max(...times) <= 1000)
  },
)

test.serial(
  'R12: a token that a service made for somebody is refused by another process within a second of its end',
  async (t) => {
    const { first } = world
    const permissions = [{ repositories: 'acme/**', actions: ['api', 'pull', 'push'] }]
    await api(first, 'POST', '/groups', { json: { name: 'staff' } })
    await api(first, 'PUT', '/groups/staff/members/dan', { json: {} })
    const robot = { name: 'portal', permissions, onBehalfOf: 'staff' }
    const { secret = '' } = await api(first, 'POST', '/robots', { json: robot })
    const as = { username: 'robot$portal', password: secret }
    const json = { name: 'by portal', permissions }
    const made = await api(first, 'POST', '/me/tokens', { json, as, onBehalfOf: 'dan' })
    const token = { username: DAN.username, password: made.secret ?? '' }
    const times: number[] = []
    for (const [end, again] of [
      [{ disabled: true }, { disabled: false }],
      [{ onBehalfOf: null }, { onBehalfOf: 'staff' }],
    ] as const) {
      await isWarm(t, token)
      await api(first, 'PATCH', '/robots/portal', { json: end })
      times.push(await timeUntil(({ status }) => status === 401, token))
      await api(first, 'PATCH', '/robots/portal', { json: again })
    }
    t.log(`milliseconds until refused: ${times.map(Math.round).join(', ')}`)
    t.true(Math.max(...times) <= 1000)
  },
)

test.serial(
  'R6: with the database away the known go on for the grace, the unknown get 503, and all is well after',
  async (t) => {
    const { dir, first, second } = world
    await isWarm(t, DAN)
    await api(first, 'PATCH', '/users/dev', { json: { displayName: 'not read again since' } })
    await world.database.stop()
    await sleep(1500)
    t.deepEqual(await ask(second, DAN), { status: 200, actions: ['pull', 'push'] })
    t.deepEqual(await ask(second, DAN, 'acme/other'), { status: 200, actions: ['pull', 'push'] })
    t.is((await ask(second, { ...DAN, password: 'wrong-wrong-7' })).status, 503)
    t.is((await ask(second, { username: 'nobody', password: 'wrong-wrong-7' })).status, 503)
    const health = await fetch(`${second.url}/healthz`)
    t.is(health.status, 200)
    const ready = await fetch(`${second.url}/readyz`)
    t.is(ready.status, 503)
    await sleep(GRACE_SECONDS * 1000)
    t.is((await ask(second, DAN)).status, 503)
    const database = await startDatabase(dir, world.database.port)
    world = { ...world, database }
    for (let tries = 0; tries < 50 && (await ask(second, DAN)).status !== 200; tries++)
      await sleep(200)
    t.deepEqual(await ask(second, DAN), { status: 200, actions: ['pull', 'push'] })
    await api(second, 'PATCH', '/users/dev', { json: { displayName: 'written again' } })
  },
)

test.serial(
  'a process that is told to stop ends well, although a proxy keeps its connections',
  async (t) => {
    const { second } = world
    const agent = new Agent({ keepAlive: true, maxSockets: 4 })
    const isDone = { now: false }
    const proxied = async (): Promise<void> => {
      while (!isDone.now) {
        const request = get(`${second.url}/healthz`, { agent })
        await once(request, 'response').then(
          ([response]) => response.resume(),
          () => undefined,
        )
        await sleep(5)
      }
    }
    const traffic = Promise.all([proxied(), proxied(), proxied()])
    await sleep(200)
    const startedAtMs = performance.now()
    process.kill(second.pid, 'SIGTERM')
    t.is(await second.ended, 'exit code 0')
    t.true(performance.now() - startedAtMs < 10_000)
    isDone.now = true
    await traffic
    agent.destroy()
  },
)

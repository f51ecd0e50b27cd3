import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import type { DatabaseConfig } from '../../src/config/read-config.ts'
import { openDatabase } from '../../src/database/open-database.ts'
import { findFreePort } from '../../src/stack/ports.ts'
import { startWarden, type Warden } from '../../src/stack/warden.ts'
import { createCanary, findLeaks } from '../support/canary.ts'
import { createTestDatabase } from '../support/database.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'

// What people say of themselves on purpose is kept and logged: paths, names, descriptions, the
// name of the client and the request id. Nobody's secret belongs there, so none is put there.

const dir = makeTemporaryDir()
const quiet = { warn: () => undefined, error: () => undefined }
const FORM = 'application/x-www-form-urlencoded'
const ADMIN_PASSWORD = createCanary('admin')
/** Everything that must not be found again. */
const secrets: string[] = [ADMIN_PASSWORD]

let database: Awaited<ReturnType<typeof createTestDatabase>>
let warden: Warden
let answered = 0

const canary = (what: string): string => {
  const secret = createCanary(what)
  secrets.push(secret)
  return secret
}

/** Of our own form: these go through other ways than passwords. */
const falseSecret = (prefix: string): string => {
  const secret = `${prefix}${canary('x')
    .replace(/[^0-9A-Za-z]/g, '')
    .padEnd(49, 'Q')
    .slice(-49)}`
  secrets.push(secret)
  return secret
}

test.before(async () => {
  database = await createTestDatabase()
  const { host, port, user, name, password } = database.config
  const passwordPath = join(dir, 'database-password')
  writeFileSync(passwordPath, password, { mode: 0o600 })
  const publicPort = await findFreePort()
  warden = await startWarden({
    env: {
      ...process.env,
      WARDEN_LOG_LEVEL: 'debug',
      WARDEN_IDENTITY_TOKENS: 'on',
      // Every secret goes to every route.
      WARDEN_API_RATE: '0',
      WARDEN_ADMIN_PASSWORD: ADMIN_PASSWORD,
    },
    dir: join(dir, 'warden'),
    logPath: join(dir, 'warden.log'),
    port: publicPort,
    publicUrl: `http://localhost:${publicPort}`,
    registryUrl: 'http://127.0.0.1:9',
    certsDir: join(dir, 'certs'),
    firstPasswordPath: join(dir, 'first-admin-password'),
    database: { host, port, user, name, passwordPath },
  })
})

test.after.always(async () => {
  await warden?.stop()
  await database?.drop()
  removeDir(dir)
})

interface Shot {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly query?: string
}

const basic = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

async function send(method: string, url: string, { headers = {}, body, query }: Shot = {}) {
  const response = await fetch(`${url}${query ? `?${query}` : ''}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body !== undefined && method !== 'GET' && method !== 'DELETE' && { body }),
  })
  const text = await response.text()
  answered++
  return { status: response.status, text }
}

/** A request that has to do what it says. */
async function must(
  method: string,
  path: string,
  { as, json }: { readonly as: string; readonly json?: object },
): Promise<Record<string, string>> {
  const { status, text } = await send(method, `${warden.url}${path}`, {
    headers: { authorization: as },
    ...(json && { body: JSON.stringify(json) }),
  })
  if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`)
  return text === '' ? {} : JSON.parse(text)
}

/** The document is held complete by test/docs.test.ts. */
const ROUTES = [...readFileSync('docs/api.md', 'utf8').matchAll(/^### `([A-Z]+) (\/.*)`$/gm)].map(
  ([, method = '', path = '']) => {
    const whole = path.startsWith('/auth') ? path : `/api/v1${path}`
    return { method, path: whole.replace('{id}', '999999').replace(/\{[a-z]+\}/g, 'some-name') }
  },
)

/** A form or an object with the secret under right names, wrong names, as a name, and nested. */
const fieldsWith = (secret: string) => ({
  password: secret,
  secret,
  token: { value: [secret] },
  username: 'some-name',
  refresh_token: secret,
  [secret]: 1,
})

/** One secret in every place where somebody may put it. */
function shotsWith(secret: string, admin: string): readonly Shot[] {
  const json = JSON.stringify(fieldsWith(secret))
  const form = new URLSearchParams({ password: secret, refresh_token: secret, [secret]: secret })
  const authorization = admin
  return [
    { headers: { authorization: basic('admin', secret) } },
    { headers: { authorization: basic(secret, 'x') } },
    { headers: { authorization: basic('robot$some-name+ci', secret) } },
    { headers: { authorization: `Bearer ${encodeURIComponent(secret)}` } },
    { headers: { authorization: `Bearer ${Buffer.from(secret).toString('base64')}` } },
    { headers: { authorization: `Odd ${encodeURIComponent(secret)}` } },
    {
      headers: {
        cookie: `s=${encodeURIComponent(secret)}`,
        'x-api-key': encodeURIComponent(secret),
      },
    },
    { headers: { authorization, 'proxy-authorization': basic('admin', secret) } },
    { headers: { authorization }, body: json },
    { headers: { authorization }, body: json.slice(0, -10) },
    { headers: { authorization }, body: JSON.stringify(secret) },
    { headers: { authorization }, body: secret },
    { headers: { authorization, 'content-type': FORM }, body: form.toString() },
    {
      headers: { authorization, 'content-type': FORM },
      body: `grant_type=password&service=registry-warden&username=x&${form}`,
    },
    {
      headers: { authorization, 'content-type': FORM },
      body: `grant_type=refresh_token&service=registry-warden&${form}`,
    },
    { headers: { authorization, 'content-type': 'text/plain' }, body: secret },
    { headers: { authorization, 'content-encoding': 'gzip' }, body: json },
    { headers: { authorization }, query: form.toString() },
    { query: `service=registry-warden&account=${encodeURIComponent(secret)}` },
    { query: `service=${encodeURIComponent(secret)}&scope=${encodeURIComponent(secret)}` },
  ]
}

async function shootAt(url: string, routes: typeof ROUTES, found: readonly string[]) {
  const admin = basic('admin', ADMIN_PASSWORD)
  for (const { method, path } of routes) {
    for (const secret of found) {
      await Promise.all(shotsWith(secret, admin).map((shot) => send(method, `${url}${path}`, shot)))
    }
  }
}

const PULL = [{ repositories: ['**'], actions: ['pull', 'api'] }]

/** Makes and uses one of each kind, in the right way. @returns what they sign in with */
async function useAllKinds(): Promise<readonly (readonly [string, string])[]> {
  const admin = basic('admin', ADMIN_PASSWORD)
  const password = canary('ann')
  await must('POST', '/api/v1/users', { as: admin, json: { username: 'ann', password } })
  await must('POST', '/api/v1/projects', { as: admin, json: { name: 'acme' } })
  const ann = basic('ann', password)
  const token = await must('POST', '/api/v1/me/tokens', { as: ann, json: { name: 'one' } })
  const robots = '/api/v1/projects/acme/robots'
  const json = { name: 'ci', permissions: PULL }
  const robot = await must('POST', robots, { as: admin, json })
  const rotated = await must('POST', `${robots}/ci/secret`, { as: admin, json: {} })
  const system = await must('POST', '/api/v1/robots', { as: admin, json })
  const minted = await must('GET', '/auth/token?service=registry-warden&offline_token=true', {
    as: ann,
  })
  const made = [
    ['ann', password],
    ['ann', token.secret ?? ''],
    ['robot$acme+ci', robot.secret ?? ''],
    ['robot$acme+ci', rotated.secret ?? ''],
    ['robot$ci', system.secret ?? ''],
    ['ann', minted.refresh_token ?? ''],
  ] as const
  secrets.push(...made.map(([, secret]) => secret))
  return made
}

async function signInEverywhere(made: readonly (readonly [string, string])[]): Promise<void> {
  for (const [username, secret] of made) {
    const login = new URLSearchParams({ username, password: secret }).toString()
    const realm = `${warden.url}/auth/token`
    const form = { 'content-type': FORM }
    const service = 'service=registry-warden&access_type=offline'
    const query = 'service=registry-warden&scope=repository:acme/app:pull'
    for (let times = 0; times < 2; times++) {
      await send('GET', realm, { headers: { authorization: basic(username, secret) }, query })
      await send('POST', realm, { headers: form, body: `grant_type=password&${service}&${login}` })
    }
    const refresh = `grant_type=refresh_token&${service}&${new URLSearchParams({ refresh_token: secret })}`
    await send('POST', realm, { headers: form, body: refresh })
    for (const authorization of [basic(username, secret), `Bearer ${encodeURI(secret)}`]) {
      await send('GET', `${warden.url}/api/v1/me`, { headers: { authorization } })
    }
  }
}

/** Runs with the tables of secrets gone, so that the database refuses every statement about them. */
async function withBrokenTables(config: DatabaseConfig, work: () => Promise<void>): Promise<void> {
  const own = openDatabase(config, quiet)
  const tables = ['users', 'access_tokens', 'identity_tokens', 'robots']
  const rename = async (change: (table: string) => string): Promise<void> => {
    for (const table of tables) await own.raw(`RENAME TABLE ${change(table)}`)
  }
  await rename((table) => `${table} TO gone_${table}`)
  try {
    await work()
  } finally {
    await rename((table) => `gone_${table} TO ${table}`)
    await own.destroy()
  }
}

async function dumpAll(config: DatabaseConfig): Promise<Readonly<Record<string, string>>> {
  const own = openDatabase(config, quiet)
  const [tables] = (await own.raw('SHOW TABLES')) as [readonly Record<string, string>[]]
  const dumps: Record<string, string> = {}
  for (const table of tables.flatMap((row) => Object.values(row))) {
    const rows = await own(table).select()
    const binary = rows.flatMap((row) =>
      Object.values(row).flatMap((value) => (Buffer.isBuffer(value) ? [value.toString()] : [])),
    )
    dumps[table] = `${JSON.stringify(rows)}${binary.join('\n')}`
  }
  await own.destroy()
  return dumps
}

test('no secret is ever found in what the process wrote, nor in any table', async (t) => {
  const made = await useAllKinds()
  await signInEverywhere(made)
  const wrong = [canary('wrong'), falseSecret('rwt_'), falseSecret('rwi_'), falseSecret('rwr_')]
  await shootAt(warden.url, ROUTES, wrong)
  const health = ['/readyz', '/healthz', '/metrics', '/nowhere'].map((path) => ({
    path,
    method: 'GET',
  }))
  const writes = health.map(({ path }) => ({ path, method: 'POST' }))
  const privateUrl = `http://127.0.0.1:${warden.privatePort}`
  for (const url of [warden.url, privateUrl]) {
    await shootAt(url, [...health, ...writes], [...wrong, ...made.map(([, secret]) => secret)])
  }
  await shootAt(privateUrl, ROUTES.slice(-2), wrong)
  const fresh = [canary('fresh'), ...made.map(([, secret]) => secret)]
  await withBrokenTables(database.config, async () => {
    await signInEverywhere([['somebody', canary('away')], ...made])
    await shootAt(
      warden.url,
      ROUTES.filter(({ path }) => /token|users|robots/.test(path)),
      fresh,
    )
  })
  const [control, user] = ['control-canary-in-a-path', 'control-canary']
  await send('GET', `${warden.url}/api/v1/projects/${control}`)
  const admin = basic('admin', ADMIN_PASSWORD)
  const json = { username: user, password: canary('last') }
  await must('POST', '/api/v1/users', { as: admin, json })
  await warden.stop()

  const written = readFileSync(warden.logPath, 'utf8')
  const dumps = await dumpAll(database.config)
  t.true(ROUTES.length > 30 && answered > 5000, `${ROUTES.length} routes, ${answered} requests`)
  t.true(written.split('"msg":"request"').length > answered - 10, 'every request is logged')
  t.regex(written, /the database refused a statement/)
  t.is(findLeaks(written, [control]).length, 1, 'a secret in the log would be found')
  t.true(findLeaks(dumps.users ?? '', [user]).length > 0, 'a secret in a table would be found')
  t.true(Object.keys(dumps).length >= 12, Object.keys(dumps).join())
  t.deepEqual(findLeaks(written, secrets), [])
  for (const [table, dump] of Object.entries(dumps))
    t.deepEqual(findLeaks(dump, secrets), [], table)
})

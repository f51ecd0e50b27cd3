import test from 'ava'
import { findFreePort } from '../../src/stack/ports.ts'
import { type Deployment, startDeployment } from '../support/deployment.ts'
import { fetchToken } from '../support/image.ts'
import { ADMIN, type Service, startService } from '../support/service.ts'
import { createHome, warden } from './command.ts'

let service: Service
let good: Deployment

test.before(async () => {
  service = await startService()
  good = await startDeployment(service)
})

test.after.always(async () => {
  await good?.stop()
  await service?.stop()
})

interface Line {
  readonly name: string
  readonly state: string
  readonly detail: string
  readonly advice?: string
}

/** Sign-ins of before are written down whenever their turn comes. */
const countRows = async (): Promise<readonly unknown[]> => {
  const { database } = service
  const tables = [
    database('audit').whereNot('action', 'like', 'signin.%'),
    database('users'),
    database('projects'),
  ]
  return Promise.all(tables.map((table) => table.count({ n: '*' }).first()))
}

test.serial('a good deployment is ok in every line, and nothing is changed in it', async (t) => {
  const before = await countRows()
  // Enough for the doctor to tell where clients come from.
  for (let n = 0; n < 20; n++) await fetch(`${good.url}/api/v1/me`)
  const args = ['doctor', '--json', '--registry-config', 'registry-config.yml']
  const env = { ...good.env, WARDEN_GC_COMMAND: 'docker-registry x', WARDEN_GC_LOCK: '/tmp/lock' }
  const { code, stdout, stderr } = await warden(args, { env })
  const { checks, faults, warnings } = JSON.parse(stdout)
  t.deepEqual(
    checks
      .filter(({ state }: Line) => state !== 'ok')
      .map(({ name, state }: Line) => `${name} ${state}`),
    ['ldap skipped', 'mail skipped', 'events skipped'],
  )
  t.is(checks.length, 40)
  t.deepEqual({ code, faults, warnings }, { code: 0, faults: 0, warnings: 0 })
  t.is(stderr, '0 faults, 0 warnings\n')
  t.notRegex(stdout, /eyJ|PRIVATE KEY/)
  t.deepEqual(await countRows(), before)
  const token = await fetchToken(service, { as: ADMIN, scope: 'registry:catalog:*' })
  const catalog = await fetch(`${good.registryUrl}/v2/_catalog`, {
    headers: { authorization: `Bearer ${token}` },
  })
  t.deepEqual(await catalog.json(), { repositories: [] })
})

test.serial('from outside alone, what is inside is skipped with the way to see it', async (t) => {
  const { code, stdout } = await warden(['doctor', '--url', good.url, '--json'])
  const { checks } = JSON.parse(stdout)
  const stateOf = Object.fromEntries(checks.map(({ name, state }: Line) => [name, state]))
  t.is(code, 0)
  t.is(stateOf.token, 'ok')
  t.is(stateOf['own-token'], 'skipped')
  t.is(stateOf.database, 'skipped')
  const { advice } = checks.find(({ name }: Line) => name === 'configuration')
  t.regex(advice, /^run it where the service runs, with the same WARDEN_ variables/)
})

test.serial('people get a table, advice below it, and exit code 1 for a fault', async (t) => {
  const url = `http://localhost:${await findFreePort()}`
  const { code, stdout, stderr } = await warden(['doctor', '--url', url])
  t.is(code, 1)
  t.regex(
    stdout,
    /^registry +fault +http:\/\/localhost:\d+ cannot be reached: connect ECONNREFUSED/m,
  )
  t.regex(stdout, /^ {2}registry: start nginx and the registry; check the name, the port/m)
  t.is(stderr, '1 fault, 0 warnings\n')
})

test.serial('a broken configuration is a fault that names every variable', async (t) => {
  const env = { ...good.env, WARDEN_DB_PASSWORD: '', WARDEN_DB_PORT: 'x' }
  const { code, stdout } = await warden(['doctor', '--json'], { env })
  const { checks } = JSON.parse(stdout)
  t.is(code, 1)
  t.deepEqual(
    checks.find(({ name }: Line) => name === 'configuration'),
    {
      name: 'configuration',
      state: 'fault',
      detail: 'WARDEN_DB_PORT: must be a whole number; WARDEN_DB_PASSWORD is not set; it is needed',
      advice: 'mend it (docs/configuration.md); the checks from inside are skipped until then',
    },
  )
})

test.serial('the address may come from the kept login, and must come from somewhere', async (t) => {
  const home = createHome()
  t.teardown(home.remove)
  const none = await warden(['doctor'], { env: home.env })
  t.is(none.code, 2)
  t.regex(none.stderr, /which deployment\? give --url/)
  const args = ['login', good.url, '--username', ADMIN.username, '--password-stdin']
  t.is((await warden(args, { env: home.env, stdin: ADMIN.password })).code, 0)
  const { code, stdout } = await warden(['doctor'], { env: home.env })
  t.is(code, 0)
  t.true(stdout.includes(`${good.url}/v2/ answers, and asks for a token`))
})

test.serial(
  'every request of a client is counted once, those of the private listener never',
  async (t) => {
    const read = async () => {
      const response = await fetch(`${service.privateUrl}/readyz`)
      return ((await response.json()) as { clients: { requests: number } }).clients.requests
    }
    const before = await read()
    await service.request('GET', '/auth/token?service=registry-warden')
    await service.request('GET', '/auth/token?service=registry-warden')
    await service.request('GET', '/api/v1/nothing')
    await service.request('GET', '/readyz')
    t.is(await read(), before + 3)
  },
)

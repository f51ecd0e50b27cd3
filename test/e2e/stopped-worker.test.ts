import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { type Database, openDatabase } from '../../src/database/open-database.ts'
import { type Mariadb, startMariadb } from '../../src/stack/mariadb.ts'
import { findFreePort } from '../../src/stack/ports.ts'
import { type Registry, startRegistry } from '../../src/stack/registry.ts'
import { keepSecret } from '../../src/stack/secrets.ts'
import { startWarden, type Warden } from '../../src/stack/warden.ts'
import { createBarrier } from '../support/fault-world.ts'
import { createFaultyRegistry, type FaultyRegistry } from '../support/faulty-registry.ts'
import { fetchToken, pushImage } from '../support/image.ts'
import { ADMIN, basic } from '../support/service.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'
import { waitFor } from '../support/wait-for.ts'

const PATIENT = { mostMs: 120_000 }
const APP = 'acme/app'
const WEB = 'acme/web'

/** All that is taken over by time, so that nobody has to wait for it. */
const PASSED = [
  'UPDATE jobs SET lease_ends_at = lease_ends_at - INTERVAL 10 MINUTE',
  'UPDATE leases SET expires_at = expires_at - INTERVAL 10 MINUTE',
  'UPDATE holds SET expires_at = expires_at - INTERVAL 10 MINUTE',
  'UPDATE tag_removals SET expires_at = expires_at - INTERVAL 10 MINUTE',
]

let dir: string
let mariadb: Mariadb
let registry: Registry
let faulty: FaultyRegistry
let first: Warden
let second: Warden | undefined
let database: Database

const startOne = async (name: string, registryUrl: string): Promise<Warden> =>
  startWarden({
    env: { ...process.env, WARDEN_ADMIN_PASSWORD: ADMIN.password, WARDEN_RECONCILE_CRON: 'off' },
    dir: join(dir, name),
    logPath: join(dir, `${name}.log`),
    port: await findFreePort(),
    publicUrl: 'http://localhost:5000',
    registryUrl,
    certsDir: join(dir, 'certs'),
    firstPasswordPath: join(dir, 'first-password'),
    notificationsSecretPath: join(dir, 'secrets', 'notifications'),
    database: {
      host: mariadb.host,
      port: mariadb.port,
      user: mariadb.user,
      name: mariadb.database,
      passwordPath: join(dir, 'secrets', 'database-password'),
    },
  })

function openOwn(): Database {
  const { host, port, user, database: name } = mariadb
  const password = readFileSync(join(dir, 'secrets', 'database-password'), 'utf8').trim()
  const limits = { tls: 'off', ca: undefined, poolMax: 2, waitSeconds: 5, graceSeconds: 5 } as const
  const quiet = { warn: () => undefined, error: () => undefined }
  return openDatabase({ host, port, user, name, password, ...limits }, quiet)
}

test.before(async () => {
  dir = makeTemporaryDir()
  mariadb = await startMariadb({
    env: process.env,
    dir: join(dir, 'database'),
    logPath: join(dir, 'database.log'),
    secretsDir: join(dir, 'secrets'),
    account: 'one-database',
  })
  const secret = keepSecret(join(dir, 'secrets', 'notifications'))
  faulty = createFaultyRegistry()
  const registryPort = await findFreePort()
  // The first process alone goes through what can hold its requests up.
  first = await startOne('first', await faulty.between(`http://127.0.0.1:${registryPort}`))
  registry = await startRegistry({
    env: process.env,
    dir: join(dir, 'registry'),
    logPath: join(dir, 'registry.log'),
    preferredPort: registryPort,
    realm: `${first.url}/auth/token`,
    bundlePath: join(dir, 'certs', 'bundle', 'ca.crt'),
    httpSecret: 'test',
    notifications: { address: `127.0.0.1:${first.privatePort}`, secret },
  })
  database = openOwn()
})
test.after.always(async () => {
  if (first !== undefined) process.kill(first.pid, 'SIGCONT')
  await database?.destroy()
  await Promise.all([first?.stop(), second?.stop()])
  await registry?.stop()
  await faulty?.stop()
  await mariadb?.stop()
  removeDir(dir)
})

async function api(warden: Warden, method: string, path: string, json?: object) {
  const response = await fetch(`${warden.url}/api/v1${path}`, {
    method,
    headers: { authorization: basic(ADMIN), 'content-type': 'application/json' },
    ...(json && { body: JSON.stringify(json) }),
  })
  const { headers } = response
  return { status: response.status, headers, body: JSON.parse(await response.text()) }
}

const places = (warden: Warden) => ({ url: warden.url, registryUrl: registry.url })

/** Puts an image on the tags to be removed, and on one that stays. */
async function furnish(repository: string): Promise<string> {
  const tags = ['a', 'b', 'keep']
  const image = { as: ADMIN, repository, tags, text: `first of ${repository}` }
  const { digest } = await pushImage(places(first), image)
  const isListed = async () => {
    const { body } = await api(first, 'GET', `/repositories/${repository}/tags`)
    return body.items?.length === tags.length
  }
  await waitFor(isListed, { ...PATIENT, what: `${repository} in the index` })
  return digest
}

/** What each tag is on at the registry itself. */
async function readTags(warden: Warden, repository: string) {
  const token = await fetchToken(places(warden), {
    as: ADMIN,
    scope: `repository:${repository}:pull`,
  })
  const read = (path: string, method = 'GET') =>
    fetch(`${registry.url}/v2/${repository}/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        accept:
          'application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json',
      },
    })
  const { tags } = (await (await read('tags/list')).json()) as { readonly tags: string[] }
  const found = await Promise.all(
    tags.toSorted().map(async (tag) => {
      const { headers } = await read(`manifests/${tag}`, 'HEAD')
      return [tag, headers.get('docker-content-digest')] as const
    }),
  )
  return Object.fromEntries(found)
}

/** All that the database says of the removal. */
const readRecords = async () => ({
  jobs: await database('jobs').where({ kind: 'tags.remove' }).select('state', 'attempts', 'error'),
  items: await database('removal_items').orderBy('position').select('repository', 'tag', 'outcome'),
  left: await database('tag_removals').select('repository', 'tag'),
  audit: await database('audit')
    .where({ action: 'tag.delete' })
    .orderBy('target')
    .select('target', 'actor_name', 'outcome'),
})

const done = (target: string) => ({ target, actor_name: 'admin', outcome: 'done' })

test('R24: a process that was stopped in the middle of a removal wakes up and changes nothing', async (t) => {
  t.timeout(400_000)
  await api(first, 'POST', '/projects', { name: 'acme', visibility: 'private' })
  const kept = { [APP]: await furnish(APP), [WEB]: await furnish(WEB) }
  // The tags are on the empty index, and the delete of that is on its way.
  const barrier = createBarrier(
    ({ method, path }) => method === 'DELETE' && path.includes('/manifests/sha256:'),
  )
  faulty.interrupt(barrier.before)
  const filter = { tags: ['a', 'b'], dryRun: false }
  const { headers } = await api(first, 'POST', '/projects/acme/removals', filter)
  const removal = (headers.get('location') ?? '').replace(/^\/api\/v1/, '')
  await barrier.untilWaiting(1)
  process.kill(first.pid, 'SIGSTOP')
  second = await startOne('second', registry.url)
  const other = second
  for (const statement of PASSED) await database.raw(statement)
  const isEnded = async () => (await api(other, 'GET', removal)).body.endedAt !== null
  await waitFor(isEnded, { ...PATIENT, what: 'the take-over of the removal' })
  t.deepEqual(await readTags(other, APP), { keep: kept[APP] })
  t.deepEqual(await readTags(other, WEB), { keep: kept[WEB] })
  // Somebody uses the names again, while the first process still sleeps.
  const push = async (repository: string) =>
    (await pushImage(places(other), { as: ADMIN, repository, tags: ['a', 'b'], text: 'anew' }))
      .digest
  const anew = { [APP]: await push(APP), [WEB]: await push(WEB) }
  const before = await readRecords()
  t.deepEqual(before.audit, [`${APP}:a`, `${APP}:b`, `${WEB}:a`, `${WEB}:b`].map(done))
  t.deepEqual(before.left, [])
  t.like(before.jobs, [{ state: 'done', attempts: 2, error: null }])
  process.kill(first.pid, 'SIGCONT')
  barrier.open()
  const isAwake = async () => /"outcome":"lost"/.test(readFileSync(first.logPath, 'utf8'))
  await waitFor(isAwake, { ...PATIENT, what: 'the end of what the first process was at' })
  t.deepEqual(await readRecords(), before)
  for (const repository of [APP, WEB] as const) {
    const now = { a: anew[repository], b: anew[repository], keep: kept[repository] }
    t.deepEqual(await readTags(other, repository), now)
  }
})

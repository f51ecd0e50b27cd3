import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { createConnection } from 'mysql2/promise'
import { createAuthorityPem } from '../../src/signing/authority-pem.ts'
import { readAuthority } from '../../src/signing/token-authority.ts'
import { warden } from '../cli/command.ts'
import { pullStatus, pushImage } from '../support/image.ts'
import { type Answer, makePremises, type Premises } from '../support/premises.ts'
import type { Credentials } from '../support/service.ts'
import { findObstacle, testUnless } from '../support/skip-aloud.ts'

// A database that version 0.1.0 made and filled by its API, as mariadb-dump wrote it.
const DUMP = 'test/upgrade/version-0.1.0.sql'
const ADMINISTRATOR = { username: 'admin', password: 'Ya7XYgPykQJcjQcmDmVN' }
const OLGA = { username: 'olga', password: 'a-quiet-harbour-71' }
const PIET = { username: 'piet', password: 'a-quiet-harbour-72' }
const GONE = { username: 'gone', password: 'a-quiet-harbour-73' }
const WATCHER = { username: 'watcher', password: 'a-quiet-harbour-74' }

const obstacle = findObstacle(['docker-registry', 'mariadbd'], { asRoot: false })
const declare = testUnless(obstacle)
let premises: Premises

/** Loads the dump; the key of its authority was thrown away, so that it gets another one. */
async function load({ env, certsDir, database }: Premises): Promise<void> {
  const connection = await createConnection({
    host: env.WARDEN_DB_HOST ?? '',
    port: Number(env.WARDEN_DB_PORT),
    user: env.WARDEN_DB_USER ?? '',
    password: env.WARDEN_DB_PASSWORD ?? '',
    database: env.WARDEN_DB_NAME ?? '',
    multipleStatements: true,
  })
  await connection.query(readFileSync(DUMP, 'utf8')).finally(() => connection.end())
  const path = join(certsDir, 'token-ca', 'ca.pem')
  mkdirSync(join(certsDir, 'token-ca'), { recursive: true, mode: 0o700 })
  const notBefore = new Date(Date.now() - 60_000)
  const notAfter = new Date(Date.now() + 86_400_000)
  const commonName = 'registry-warden token authority'
  writeFileSync(path, createAuthorityPem({ commonName, notBefore, notAfter }), { mode: 0o600 })
  const authority = await readAuthority(path)
  await database('installation').update({ ca_fingerprint: authority?.fingerprint })
}

test.before(async () => {
  if (obstacle !== undefined) return
  premises = await makePremises()
  await load(premises)
  await premises.serve()
  await premises.restartRegistry()
})
test.after.always(() => premises?.stop())

const api = (method: string, path: string, as: Credentials, json?: unknown): Promise<Answer> =>
  premises.api(method, path, { as, json })

declare(
  'a database of the first version is brought up, and everybody signs in as before',
  async (t) => {
    const migrations: readonly string[] = await premises.database('migrations').pluck('name')
    t.true(migrations.includes('0001_change_version') && migrations.includes('0240_restores'))
    const statuses = await Promise.all(
      [ADMINISTRATOR, OLGA, PIET, WATCHER, GONE].map(
        async (as) => (await api('GET', '/me', as)).status,
      ),
    )
    t.deepEqual(statuses, [200, 200, 200, 200, 401])
    t.like((await api('GET', '/me', OLGA)).body, {
      username: 'olga',
      email: 'Olga@example.com',
      displayName: 'Ольга',
    })
    t.is((await api('GET', '/me', WATCHER)).body.systemRole, 'auditor')
    t.deepEqual(
      await premises.database('users').where({ username: 'olga' }).pluck('email_folded'),
      ['olga@example.com'],
    )
    const { body } = await api('GET', '/users?search=Olga%40example', ADMINISTRATOR)
    t.deepEqual(
      body.items.map(({ username }: Credentials) => username),
      ['olga'],
    )
  },
)

declare('rights are those of before, at the API and at the registry', async (t) => {
  const members = await api('GET', '/projects/acme/members', ADMINISTRATOR)
  t.deepEqual(
    members.body.items
      .map(({ username, role, repositories }: Record<string, unknown>) => [
        username,
        role,
        repositories,
      ])
      .toSorted(),
    [
      ['admin', 'projectAdmin', null],
      ['gone', 'developer', null],
      ['olga', 'maintainer', null],
      ['piet', 'guest', ['web/**']],
    ],
  )
  await pushImage(premises, { as: OLGA, repository: 'acme/app', tags: ['v1'] })
  await pushImage(premises, { as: OLGA, repository: 'acme/web/ui', tags: ['v1'] })
  const pull = (as: Credentials, repository: string) =>
    pullStatus(premises, { as, repository, tag: 'v1' })
  t.deepEqual(
    [await pull(OLGA, 'acme/app'), await pull(PIET, 'acme/web/ui'), await pull(PIET, 'acme/app')],
    [200, 200, 401],
  )
})

declare(
  'what came since works on it: tokens, robots, groups, the record and its chain',
  async (t) => {
    const token = await api('POST', '/me/tokens', OLGA, { name: 'laptop' })
    t.is(token.status, 201)
    t.is((await api('GET', '/me', { ...OLGA, password: token.body.secret })).status, 200)
    t.is((await api('POST', '/groups', ADMINISTRATOR, { name: 'crew' })).status, 201)
    const permissions = [{ repositories: '**', actions: ['pull'] }]
    const robot = await api('POST', '/projects/acme/robots', ADMINISTRATOR, {
      name: 'ci',
      permissions,
    })
    t.is(robot.status, 201)
    const created = await api('GET', '/audit?action=installation.create', ADMINISTRATOR)
    t.is(created.body.items.length, 1)
    const verified = await warden(['audit', 'verify'], { env: premises.env })
    t.is(verified.code, 0, verified.stderr)
  },
)

declare('what the first version said to its database still works beside this one', async (t) => {
  const now = new Date()
  const { database } = premises
  const stamps = { version: 1, created_at: now, updated_at: now }
  await database('users').insert({
    ...stamps,
    username: 'of-old',
    source: 'local',
    password_hash: 'x',
  })
  await database('projects').insert({ ...stamps, name: 'of-old', visibility: 'private' })
  await database('audit').insert({
    time: database.raw('UTC_TIMESTAMP(3)'),
    actor_name: 'admin',
    action: 'project.create',
    target: 'of-old',
    outcome: 'done',
  })
  await database('change_version').where({ id: 1 }).increment('counter', 1)
  t.is((await api('GET', '/users/of-old', ADMINISTRATOR)).status, 200)
  t.is((await api('GET', '/projects/of-old', ADMINISTRATOR)).body.visibility, 'private')
})

import test from 'ava'
import { ADMIN, type Service, startService } from '../support/service.ts'
import { signedIn, warden } from './command.ts'

const ALICE = { username: 'alice', password: 'alices-own-pw-7' }
let service: Service

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
  await service.admin('POST', '/api/v1/users', ALICE)
  await service.admin('POST', '/api/v1/projects', { name: 'acme' })
  await service.admin('PUT', '/api/v1/projects/acme/members/users/alice', {
    role: 'developer',
    expiresAt: '2035-01-01T00:00:00Z',
  })
})
test.after.always(() => service?.stop())

const rowsOf = (text: string): readonly string[] =>
  text.split('\n').map((line) => line.trimEnd().replace(/ {2,}/g, ' | '))

const asAdmin = (...args: readonly string[]) =>
  warden(['explain', ...args], { env: signedIn(service.url, ADMIN) })

const asAlice = (...args: readonly string[]) =>
  warden(['explain', ...args], { env: signedIn(service.url, ALICE) })

const END = '2035-01-01T00:00:00.000Z'

test('each action is a row with the rule that decides it', async (t) => {
  const { code, stdout, stderr } = await asAdmin('alice', 'acme/app:push', 'registry:catalog:*')
  t.is(code, 0)
  t.is(stderr, '')
  t.deepEqual(rowsOf(stdout), [
    'resource | action | allowed | rule | until',
    `acme/app | pull | yes | member with role developer | ${END}`,
    `acme/app | push | yes | member with role developer | ${END}`,
    'registry:catalog | * | no | no system role gives it | -',
    '',
  ])
})

test('without a subject it is about oneself, and a repository alone is about all actions', async (t) => {
  const { stdout, stderr } = await asAlice('acme/app')
  t.is(stderr, 'This is decided for alice.\n')
  t.deepEqual(
    rowsOf(stdout).map((row) => row.split(' | ').slice(1, 3).join(' ')),
    ['action allowed', 'pull yes', 'push yes', 'delete no', ''],
  )
})

test('a host before the name is explained', async (t) => {
  const { code, stdout } = await asAdmin('alice', 'localhost:5000/acme/app:pull')
  t.is(code, 0)
  t.regex(stdout, /it begins with the host of a registry, which is no part of the name/)
})

test('a tag in the place of actions is told, with what to write', async (t) => {
  for (const tag of ['v1', 'latest']) {
    const { code, stderr } = await asAlice('alice', `acme/app:${tag}`)
    t.is(code, 2)
    t.is(
      stderr,
      `rights hold for a whole repository, not for the tag ${tag}: write acme/app, or acme/app:pull\n`,
    )
  }
})

test('programs get the answer of the API', async (t) => {
  const { stdout } = await asAdmin('ALICE', 'repository:acme/app:delete', '--json')
  t.deepEqual(JSON.parse(stdout), {
    subject: 'alice',
    decisions: [
      {
        type: 'repository',
        name: 'acme/app',
        action: 'delete',
        allowed: false,
        rule: 'no membership gives it',
        until: null,
      },
    ],
  })
})

test('who may not ask is refused, and a subject who is not there is not found', async (t) => {
  t.is((await asAlice('admin', 'acme/app')).code, 4)
  t.is((await asAdmin('nobody', 'acme/app')).code, 3)
  t.is((await asAdmin('alice', 'acme/app:v1.0')).code, 2)
})

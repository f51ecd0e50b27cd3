import test from 'ava'
import { forgetKeptAnswers } from '../../src/database/kept-answers.ts'
import { ADMIN, type Credentials, type Service, startService } from '../support/service.ts'

let service: Service
let clockMs = Date.parse('2026-03-01T12:00:00Z')

test.before(async () => {
  service = await startService({
    registryUrl: 'http://127.0.0.1:9',
    now: () => new Date(clockMs),
  })
  await service.admin('POST', '/api/v1/users', { ...OTHER, systemRole: 'administrator' })
})
test.after.always(() => service.stop())

const OTHER = { username: 'other', password: 'others-own-pw-7' }
const USERS = '/api/v1/users'
const PROJECTS = '/api/v1/projects'

const post = (path: string, key: string, json: unknown, as: Credentials = ADMIN) =>
  service.request('POST', path, { as, json, headers: { 'idempotency-key': key } })

const auditRows = (target: string) => service.database('audit').where({ target })

test('R35: the same request with the same key is done once and answered as the first time', async (t) => {
  const json = { username: 'once', password: 'onces-own-pw-7', email: 'once@example.com' }
  const first = await post(USERS, 'key-once', json)
  t.is(first.status, 201)
  t.false(first.headers.has('idempotent-replayed'))
  const again = await post(USERS, 'key-once', json)
  t.is(again.status, 201)
  t.deepEqual(again.body, first.body)
  t.is(again.headers.get('location'), '/api/v1/users/once')
  t.is(again.headers.get('idempotent-replayed'), 'true')
  t.is((await auditRows('once')).length, 1)
  t.is((await post(USERS, 'another-key', json)).status, 409)
})

test('R35: a key that comes with another body is refused, and nothing is made', async (t) => {
  await post(PROJECTS, 'key-body', { name: 'body-one' })
  const { status, body } = await post(PROJECTS, 'key-body', { name: 'body-two' })
  t.is(status, 422)
  t.is(body.errors[0].code, 'IDEMPOTENCY_KEY_REUSED')
  t.is((await service.admin('GET', `${PROJECTS}/body-two`)).status, 404)
})

test('R35: a key is one of its sender and its path alone', async (t) => {
  t.is((await post(PROJECTS, 'shared', { name: 'shared-one' })).status, 201)
  t.is((await post(PROJECTS, 'shared', { name: 'shared-two' }, OTHER)).status, 201)
  const json = { username: 'shared', password: 'shareds-own-pw-7' }
  t.is((await post(USERS, 'shared', json)).status, 201)
})

test('R35: of many at once, one is done and all are answered alike', async (t) => {
  for (let round = 0; round < 3; round++) {
    const name = `at-once-${round}`
    const replies = await Promise.all(
      Array.from({ length: 10 }, () => post(PROJECTS, `key-${name}`, { name })),
    )
    t.deepEqual([...new Set(replies.map(({ status }) => status))], [201])
    t.is(new Set(replies.map(({ body }) => JSON.stringify(body))).size, 1)
    t.is((await auditRows(name)).length, 1)
  }
})

const whole = [{ repositories: ['**'], actions: ['api', 'pull', 'push', 'delete'] }]

for (const [path, json] of [
  ['/api/v1/me/tokens', { name: 'once-token' }],
  ['/api/v1/robots', { name: 'once-robot', permissions: whole }],
  ['/api/v1/projects/library/robots', { name: 'once-robot', permissions: whole }],
  ['/api/v1/groups', { name: 'once-group' }],
] as const) {
  test(`R35: POST ${path} is done once, and its secret told once`, async (t) => {
    const first = await post(path, 'key-more', json)
    t.is(first.status, 201)
    const { secret, ...rest } = first.body
    t.is(typeof secret, path.endsWith('groups') ? 'undefined' : 'string')
    const again = await post(path, 'key-more', json)
    t.is(again.headers.get('idempotent-replayed'), 'true')
    t.is(again.headers.get('location'), first.headers.get('location'))
    t.deepEqual(again.body, rest)
    const kept = JSON.stringify(await service.database('idempotency_keys').select())
    if (secret !== undefined) t.false(kept.includes(secret))
    t.is((await post(path, 'another', json)).status, 409)
  })
}

async function makeToken(name: string, permissions?: unknown): Promise<Credentials> {
  const { body } = await service.admin('POST', '/api/v1/me/tokens', { name, permissions })
  return { username: ADMIN.username, password: body.secret }
}

test('R35: a key of one credential is none of another of the same owner, wider or narrower', async (t) => {
  const token = await makeToken('wide')
  const narrow = await makeToken('narrow', [{ repositories: ['by-key/**'], actions: ['api'] }])
  const path = '/api/v1/projects/by-key/robots'
  await service.admin('POST', PROJECTS, { name: 'by-key' })
  const json = { name: 'of-key', permissions: [{ repositories: ['app'], actions: ['api'] }] }
  t.is((await post(path, 'key-narrow', json, narrow)).status, 201)
  t.is((await post(path, 'key-narrow', json, token)).status, 409)
  t.is((await post(path, 'key-narrow', json)).status, 409)
  const again = await post(path, 'key-narrow', json, narrow)
  t.is(again.headers.get('idempotent-replayed'), 'true')
})

test('R35: who registers repeats it while registration is open', async (t) => {
  const json = { username: 'reg-once', password: 'registers-own-pw-7' }
  const register = () =>
    service.request('POST', USERS, { json, headers: { 'idempotency-key': 'key-register' } })
  t.is((await register()).status, 401)
  await service.admin('PATCH', '/api/v1/settings', { selfRegistration: true })
  const first = await register()
  t.is(first.status, 201)
  t.deepEqual((await register()).body, first.body)
  await service.admin('PATCH', '/api/v1/settings', { selfRegistration: false })
  t.is((await register()).status, 401)
})

test('R35: a request that was refused may be sent again with its key', async (t) => {
  const weak = await post(USERS, 'key-weak', { username: 'weak', password: 'short' })
  t.is(weak.status, 400)
  const good = await post(USERS, 'key-weak', { username: 'weak', password: 'weaks-own-pw-7' })
  t.is(good.status, 201)
})

test('R35: a repeated request is authorized again', async (t) => {
  const temporary = { username: 'temp', password: 'temps-own-pw-7' }
  await service.admin('POST', USERS, { ...temporary, systemRole: 'administrator' })
  const json = { name: 'of-temp' }
  t.is((await post(PROJECTS, 'key-temp', json, temporary)).status, 201)
  await service.admin('PATCH', `${USERS}/temp`, { systemRole: null })
  t.is((await post(PROJECTS, 'key-temp', json, temporary)).status, 403)
  await service.admin('PATCH', `${USERS}/temp`, { disabled: true })
  t.is((await post(PROJECTS, 'key-temp', json, temporary)).status, 401)
})

test('R35: neither the key nor the password of a kept request is in the database', async (t) => {
  const json = { username: 'hidden', password: 'hiddens-own-pw-7' }
  await post(USERS, 'key-hidden', json)
  const text = JSON.stringify(await service.database('idempotency_keys').select())
  t.true(text.includes('/api/v1/users/hidden'))
  t.false(text.includes('key-hidden'))
  t.false(text.includes(json.password))
  t.false(text.includes('argon2'))
})

test.serial('R35: a key is over after 24 hours, and forgotten in small steps', async (t) => {
  await post(PROJECTS, 'key-day', { name: 'a-day' })
  clockMs += 24 * 3_600_000 - 1000
  t.is((await post(PROJECTS, 'key-day', { name: 'a-day' })).status, 201)
  clockMs += 2000
  t.is((await post(PROJECTS, 'key-day', { name: 'a-day' })).status, 409)
  t.is((await post(PROJECTS, 'key-day', { name: 'next-day' })).status, 201)
  const now = new Date(clockMs)
  await service.database('idempotency_keys').insert(
    Array.from({ length: 600 }, (_, index) => ({
      key_hash: String(index).padStart(64, '0'),
      body_hash: 'x',
      answer: '{}',
      expires_at: new Date(clockMs - 1),
    })),
  )
  t.is(await forgetKeptAnswers(service.database, now), 500)
  t.true((await forgetKeptAnswers(service.database, now)) >= 100)
  t.is(await forgetKeptAnswers(service.database, now), 0)
  t.is((await service.database('idempotency_keys').select()).length, 1)
})

for (const key of ['', 'with space', 'ä', 'x'.repeat(256)]) {
  test(`R35: the key ${JSON.stringify(key.slice(0, 12))} is 400`, async (t) => {
    const headers = { 'idempotency-key': Buffer.from(key).toString('latin1') }
    const options = { as: ADMIN, json: { name: 'bad-key' }, headers }
    t.is((await service.request('POST', PROJECTS, options)).status, 400)
  })
}

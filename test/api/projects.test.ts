import test from 'ava'
import { type Credentials, type Service, startService } from '../support/service.ts'

let service: Service
const ANN = { username: 'ann', password: 'anns-own-pw-7' }
const BEN = { username: 'ben', password: 'bens-own-pw-7' }

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
  for (const user of [ANN, BEN]) await service.admin('POST', '/api/v1/users', user)
})
test.after.always(() => service.stop())

const as = (who: Credentials, method: string, path: string, json?: unknown) =>
  service.request(method, `/api/v1${path}`, { as: who, json })

test('a project is private unless said otherwise, and its maker administers it', async (t) => {
  const { status, headers, body } = await service.admin('POST', '/api/v1/projects', {
    name: 'fresh',
  })
  t.is(status, 201)
  t.is(headers.get('location'), '/api/v1/projects/fresh')
  t.is(body.visibility, 'private')
  const members = await service.admin('GET', '/api/v1/projects/fresh/members')
  t.deepEqual(members.body.items, [
    { username: 'admin', role: 'projectAdmin', repositories: null, expiresAt: null },
  ])
})

test('a project name is taken once', async (t) => {
  await service.admin('POST', '/api/v1/projects', { name: 'twice' })
  const { status } = await service.admin('POST', '/api/v1/projects', { name: 'twice' })
  t.is(status, 409)
})

for (const name of ['tags', 'manifests', 'Acme', 'a/b', '', '-a', 'a..b', 'x'.repeat(65), 'a b']) {
  test(`${JSON.stringify(name.slice(0, 10))} is no project name`, async (t) => {
    t.is((await service.admin('POST', '/api/v1/projects', { name })).status, 400)
  })
}

test('the built-in project library is there from the start', async (t) => {
  const { body } = await service.admin('GET', '/api/v1/projects/library')
  t.is(body.visibility, 'private')
})

test('who is no member cannot tell a private project from a missing one', async (t) => {
  await service.admin('POST', '/api/v1/projects', { name: 'hidden' })
  for (const [method, path, json] of [
    ['GET', '', undefined],
    ['PATCH', '', { visibility: 'public' }],
    ['GET', '/members', undefined],
    ['PUT', '/members/users/ann', { role: 'projectAdmin' }],
    ['DELETE', '/members/users/ann', undefined],
  ] as const) {
    const hidden = await as(ANN, method, `/projects/hidden${path}`, json)
    const missing = await as(ANN, method, `/projects/missing${path}`, json)
    t.deepEqual([hidden.status, missing.status], [404, 404])
    t.is(hidden.body.detail.replace('hidden', 'missing'), missing.body.detail)
    const anonymous = await service.request(method, `/api/v1/projects/hidden${path}`, { json })
    t.is(anonymous.status, 401)
  }
})

test('a guest may read a project and its members, and change nothing', async (t) => {
  await service.admin('POST', '/api/v1/projects', { name: 'guests' })
  await service.admin('PUT', '/api/v1/projects/guests/members/users/ann', { role: 'guest' })
  t.is((await as(ANN, 'GET', '/projects/guests')).status, 200)
  t.is((await as(ANN, 'GET', '/projects/guests/members')).status, 200)
  t.is((await as(ANN, 'PATCH', '/projects/guests', { visibility: 'public' })).status, 403)
  const own = await as(ANN, 'PUT', '/projects/guests/members/users/ann', { role: 'projectAdmin' })
  t.is(own.status, 403)
})

test('a project administrator changes members and visibility without being one of the system', async (t) => {
  await service.admin('POST', '/api/v1/projects', { name: 'team' })
  await service.admin('PUT', '/api/v1/projects/team/members/users/ann', { role: 'projectAdmin' })
  const set = await as(ANN, 'PUT', '/projects/team/members/users/ben', {
    role: 'developer',
    repositories: 'app/**',
    expiresAt: '2099-01-01T01:00:00+01:00',
  })
  t.is(set.status, 200)
  t.deepEqual(set.body, {
    username: 'ben',
    role: 'developer',
    repositories: ['app/**'],
    expiresAt: '2099-01-01T00:00:00.000Z',
  })
  t.is(
    (await as(ANN, 'PATCH', '/projects/team', { visibility: 'public' })).body.visibility,
    'public',
  )
  t.is((await as(ANN, 'DELETE', '/projects/team/members/users/ben')).status, 204)
  t.is((await as(ANN, 'DELETE', '/projects/team/members/users/ben')).status, 404)
  t.is((await as(ANN, 'POST', '/projects', { name: 'more' })).status, 403)
})

test('a member is set again with another role, and is still one member', async (t) => {
  await service.admin('POST', '/api/v1/projects', { name: 'again' })
  const path = '/api/v1/projects/again/members/users/ben'
  await service.admin('PUT', path, { role: 'guest', repositories: ['a'] })
  await service.admin('PUT', path, { role: 'maintainer' })
  const { body } = await service.admin('GET', '/api/v1/projects/again/members')
  t.deepEqual(body.items[1], {
    username: 'ben',
    role: 'maintainer',
    repositories: null,
    expiresAt: null,
  })
})

test('R11: who administers a project for a time makes no member for longer, nor themselves', async (t) => {
  await service.admin('POST', '/api/v1/projects', { name: 'leased' })
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
  const lease = { role: 'projectAdmin', expiresAt }
  await service.admin('PUT', '/api/v1/projects/leased/members/users/ann', lease)
  await service.admin('POST', '/api/v1/groups', { name: 'crew' })
  const detail = `this would last longer than your own right to it; set expiresAt to ${expiresAt} or earlier`
  const later = new Date(Date.now() + 7_200_000).toISOString()
  for (const path of ['users/ann', 'users/ben', 'groups/crew']) {
    const put = (json: object) => as(ANN, 'PUT', `/projects/leased/members/${path}`, json)
    for (const json of [{ role: 'guest' }, { role: 'projectAdmin', expiresAt: later }]) {
      const { status, body } = await put(json)
      t.deepEqual([status, body.detail], [403, detail], path)
    }
    t.is((await put(lease)).status, 200, path)
  }
  const { body } = await service.admin('GET', '/api/v1/projects/leased/members')
  const ends = body.items.map((member: { expiresAt: string | null }) => member.expiresAt)
  t.deepEqual(ends, [null, expiresAt, expiresAt, expiresAt])
})

for (const [why, json] of [
  ['an unknown role', { role: 'owner' }],
  ['no role', {}],
  ['a pattern that fits nothing', { role: 'guest', repositories: ['a**'] }],
  ['no pattern in the list', { role: 'guest', repositories: [] }],
  ['an end that has passed', { role: 'guest', expiresAt: '2020-01-01T00:00:00Z' }],
  ['an end of no calendar', { role: 'guest', expiresAt: '9999-12-31T23:59:59-23:59' }],
  ['an end in the year 0', { role: 'guest', expiresAt: '0000-01-01T00:00:00+23:59' }],
  ['an instant without a zone', { role: 'guest', expiresAt: '2099-01-01T00:00:00' }],
] as const) {
  test(`a membership with ${why} is 400`, async (t) => {
    const { status } = await service.admin(
      'PUT',
      '/api/v1/projects/library/members/users/ann',
      json,
    )
    t.is(status, 400)
  })
}

test('an unknown user cannot be made a member', async (t) => {
  const path = '/api/v1/projects/library/members/users/nobody'
  const { status, body } = await service.admin('PUT', path, { role: 'guest' })
  t.is(status, 404)
  t.is(body.errors[0].code, 'USER_UNKNOWN')
})

test('a list of projects holds what its reader may read', async (t) => {
  await service.admin('POST', '/api/v1/projects', { name: 'seen-public', visibility: 'public' })
  await service.admin('POST', '/api/v1/projects', { name: 'seen-member' })
  await service.admin('POST', '/api/v1/projects', { name: 'seen-ended' })
  await service.admin('POST', '/api/v1/projects', { name: 'seen-never' })
  await service.admin('PUT', '/api/v1/projects/seen-member/members/users/ann', { role: 'guest' })
  await service.admin('PUT', '/api/v1/projects/seen-ended/members/users/ann', { role: 'guest' })
  const ended = await service.database('projects').where({ name: 'seen-ended' }).first('id')
  const ann = await service.database('users').where({ username: 'ann' }).first('id')
  await service
    .database('members')
    .where({ project_id: ended.id, member_id: ann.id })
    .update({ expires_at: new Date('2020-01-01T00:00:00Z') })
  const seen = async (who?: Credentials) => {
    const { body } = await service.request('GET', '/api/v1/projects', who ? { as: who } : {})
    const names = body.items.map(({ name }: { name: string }) => name)
    return names.filter((name: string) => name.startsWith('seen-'))
  }
  t.deepEqual(await seen(ANN), ['seen-member', 'seen-public'])
  t.deepEqual(await seen(), ['seen-public'])
})

test('every change of rights raises the change version, additions do not', async (t) => {
  const { database } = service
  const counter = async () => Number((await database('change_version').first()).counter)
  const rises = async (work: () => Promise<unknown>) => {
    const before = await counter()
    await work()
    return (await counter()) > before
  }
  const path = '/api/v1/projects/versions'
  t.true(await rises(() => service.admin('PATCH', '/api/v1/users/ben', { displayName: 'Ben' })))
  await service.admin('POST', '/api/v1/projects', { name: 'versions' })
  t.true(await rises(() => service.admin('PATCH', path, { visibility: 'public' })))
  t.true(await rises(() => service.admin('PUT', `${path}/members/users/ben`, { role: 'guest' })))
  t.true(await rises(() => service.admin('DELETE', `${path}/members/users/ben`)))
})

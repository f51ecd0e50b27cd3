import { randomUUID } from 'node:crypto'
import test from 'ava'
import { type Credentials, type Service, startService } from '../support/service.ts'

let service: Service
test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
})
test.after.always(() => service?.stop())

const API = '/api/v1'

async function addUser(more: object = {}): Promise<Credentials> {
  const user = { username: `u${randomUUID().slice(0, 8)}`, password: 'quiet-harbour-71' }
  await service.admin('POST', `${API}/users`, { ...user, ...more })
  return user
}

/** As if the user had come by another source. */
const makeForeign = (username: string): Promise<unknown> =>
  service
    .database('users')
    .where({ username })
    .update({ source: 'corp', external_id: randomUUID(), password_hash: null })

const link = (username: string, json: object, as?: Credentials) =>
  service.request('PUT', `${API}/users/${username}/identity`, {
    as: as ?? { username: 'admin', password: 'first-light-7' },
    json,
  })

test('R10: an account that becomes local has no password until it is given one', async (t) => {
  const user = await addUser()
  await makeForeign(user.username)
  t.is((await service.request('GET', `${API}/me`, { as: user })).status, 401)
  const { status, body } = await link(user.username, { source: 'local' })
  t.is(status, 200)
  t.is(body.source, 'local')
  t.is((await service.request('GET', `${API}/me`, { as: user })).status, 401)
  const { password } = user
  await service.admin('PATCH', `${API}/users/${user.username}`, { password })
  t.is((await service.request('GET', `${API}/me`, { as: user })).status, 200)
  const rows = await service.database('audit').where({ action: 'user.link' })
  t.true(rows.some(({ target }) => target === `${user.username}: corp -> local`))
})

for (const [json, detail] of [
  [{ source: 'corp', subject: '1' }, /there is no source corp; there are: local/],
  [{ source: 'local', subject: '1' }, /a local account has no subject/],
  [{ source: 'Corp', subject: '1' }, /must be local, ldap, or the name of an issuer/],
  [{ source: 'local', email: 'a@example.com' }, /email/],
] as const) {
  test(`an identity ${JSON.stringify(json)} is 400 and changes nothing`, async (t) => {
    const { username } = await addUser()
    const { status, body } = await link(username, json)
    t.is(status, 400)
    t.regex(body.detail, detail)
    t.is((await service.admin('GET', `${API}/users/${username}`)).body.source, 'local')
  })
}

test('R11: an access token gives nobody another source', async (t) => {
  const boss = await addUser({ systemRole: 'administrator' })
  const { body } = await service.request('POST', `${API}/me/tokens`, {
    as: boss,
    json: { name: 'all' },
  })
  const { username } = await addUser()
  const as = { username: boss.username, password: body.secret }
  const reply = await link(username, { source: 'local' }, as)
  t.is(reply.status, 403)
  t.regex(reply.body.detail, /single sign-on only/)
})

test('nobody gives another source to the own account', async (t) => {
  const { status, body } = await link('admin', { source: 'local' })
  t.is(status, 409)
  t.regex(body.detail, /your own account/)
})

test('R10: password, mail and shown name of an account of another source are changed there', async (t) => {
  const { username } = await addUser()
  await makeForeign(username)
  for (const change of [
    { password: 'another-quiet-harbour-71' },
    { email: 'x@example.com' },
    { displayName: 'X' },
  ]) {
    const { status, body } = await service.admin('PATCH', `${API}/users/${username}`, change)
    t.is(status, 409)
    t.regex(body.detail, /account of the source corp/)
  }
  const disabled = await service.admin('PATCH', `${API}/users/${username}`, { disabled: true })
  t.is(disabled.status, 200)
})

test('R9: nobody puts a user into a group of another source, or takes one out', async (t) => {
  const { username } = await addUser()
  const now = new Date()
  const stamps = { version: 1, created_at: now, updated_at: now }
  await service.database('user_groups').insert({ source: 'corp', name: '开发 team', ...stamps })
  const group = encodeURIComponent('corp:开发 team')
  t.is((await service.admin('GET', `${API}/groups/${group}`)).body.name, 'corp:开发 team')
  for (const method of ['PUT', 'DELETE']) {
    const path = `${API}/groups/${group}/members/${username}`
    const { status, body } = await service.admin(method, path)
    t.is(status, 409)
    t.regex(body.detail, /said by its source corp/)
  }
})

test('groups of other sources are listed after local ones, page by page', async (t) => {
  const now = new Date()
  const stamps = { version: 1, created_at: now, updated_at: now }
  const names = ['/eng/a', '/eng/b', 'Zoë', '组']
  for (const name of names)
    await service.database('user_groups').insert({ source: 'zeta', name, ...stamps })
  await service.admin('POST', `${API}/groups`, { name: 'aaa' })
  const seen: string[] = []
  let path = `${API}/groups?limit=1`
  for (;;) {
    const { body } = await service.admin('GET', path)
    seen.push(...body.items.map(({ name }: { name: string }) => name))
    if (body.next === null) break
    path = `${API}/groups?limit=1&cursor=${body.next}`
  }
  t.is(seen.filter((name) => name === 'aaa').length, 1)
  t.deepEqual(seen.slice(-4), ['zeta:/eng/a', 'zeta:/eng/b', 'zeta:Zoë', 'zeta:组'])
})

test('a group of a source that is not configured cannot be made beforehand', async (t) => {
  const { status, body } = await service.admin('POST', `${API}/groups`, { name: 'corp:devs' })
  t.is(status, 400)
  t.regex(body.detail, /none of that name is configured/)
})

test('the last local administrator stays one, whatever other sources claim', async (t) => {
  const alone = await startService({ registryUrl: 'http://127.0.0.1:9' })
  t.teardown(() => alone.stop())
  const user = { username: 'dora', password: 'quiet-harbour-71', systemRole: 'administrator' }
  await alone.admin('POST', `${API}/users`, user)
  const identity = { source: 'corp', external_id: 'x', password_hash: null }
  await alone.database('users').where({ username: 'dora' }).update(identity)
  const { status, body } = await alone.admin('PATCH', `${API}/users/admin`, { systemRole: null })
  t.is(status, 409)
  t.regex(body.detail, /last administrator/)
})

import test from 'ava'
import { ADMIN, type Reply, type Service, startService } from '../support/service.ts'

let service: Service

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
  for (const username of ['ann', 'ben', 'cat', 'dan']) {
    await service.admin('POST', '/api/v1/users', { username, password: `${username}s-own-pw-7` })
  }
  await service.admin('POST', '/api/v1/projects', { name: 'tagged' })
  await service.admin('POST', '/api/v1/projects', { name: 'matched' })
})
test.after.always(() => service.stop())

const etagOf = ({ headers }: Reply): string => headers.get('etag') ?? ''

const send = (
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  json?: unknown,
) => service.request(method, path, { as: ADMIN, headers, json })

const MEMBER = '/api/v1/projects/tagged/members/users'

for (const path of [
  '/api/v1/me',
  '/api/v1/users/ann',
  '/api/v1/projects/tagged',
  '/api/v1/openapi.json',
  '/api/v1/docs',
]) {
  test(`${path} has a strong tag, and is 304 without a body for who has it`, async (t) => {
    const etag = etagOf(await service.admin('GET', path))
    t.regex(etag, /^"[\w-]{27}"$/)
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const reply = await send('GET', path, { 'if-none-match': known })
      t.is(reply.status, 304, known)
      t.is(reply.body, '')
      t.is(etagOf(reply), etag)
    }
    const changed = await send('GET', path, { 'if-none-match': '"other"' })
    t.is(changed.status, 200)
  })
}

test('a list, a token and a health check have no tag', async (t) => {
  for (const path of ['/api/v1/users', '/auth/token?service=registry-warden', '/healthz']) {
    const reply = await service.admin('GET', path)
    t.is(reply.status, 200)
    t.false(reply.headers.has('etag'))
  }
})

test('a change under the tag of a read is made, and answers the tag of the next', async (t) => {
  const path = '/api/v1/users/ben'
  const first = etagOf(await service.admin('GET', path))
  const changed = await send('PATCH', path, { 'if-match': first }, { displayName: 'Ben' })
  t.is(changed.status, 200)
  t.not(etagOf(changed), first)
  t.is(etagOf(changed), etagOf(await service.admin('GET', path)))
  const late = await send('PATCH', path, { 'if-match': first }, { displayName: 'Late' })
  t.is(late.status, 412)
  t.is(late.body.errors[0].code, 'PRECONDITION_FAILED')
  t.is((await service.admin('GET', path)).body.displayName, 'Ben')
})

for (const [what, value, status] of [
  ['any', '*', 200],
  ['a list that holds it', '"other", ETAG', 200],
  ['its weak form', 'W/ETAG', 412],
  ['a list without it', '"a", "b"', 412],
  ['text without quotes', 'abc', 400],
] as const) {
  test.serial(`If-Match with ${what} is ${status}`, async (t) => {
    const path = '/api/v1/projects/matched'
    const etag = etagOf(await service.admin('GET', path))
    const headers = { 'if-match': value.replace('ETAG', etag) }
    const reply = await send('PATCH', path, headers, { visibility: 'private' })
    t.is(reply.status, status)
  })
}

test('of many changes under one tag, sent at once, exactly one is made', async (t) => {
  const path = '/api/v1/users/cat'
  const etag = etagOf(await service.admin('GET', path))
  const replies = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      send('PATCH', path, { 'if-match': etag }, { displayName: `Cat ${index}` }),
    ),
  )
  const statuses = replies.map(({ status }) => status)
  t.deepEqual(statuses.toSorted(), [200, ...Array.from({ length: 11 }, () => 412)])
  const { body } = await service.admin('GET', path)
  t.is(body.displayName, `Cat ${statuses.indexOf(200)}`)
})

test('a membership is made only where there is none, changed and ended only as it was read', async (t) => {
  const path = `${MEMBER}/dan`
  const guest = { role: 'guest' }
  t.is((await send('PUT', path, { 'if-match': '*' }, guest)).status, 412)
  const made = await send('PUT', path, { 'if-none-match': '*' }, guest)
  t.is(made.status, 200)
  t.is((await send('PUT', path, { 'if-none-match': '*' }, guest)).status, 412)
  t.is(etagOf(made), etagOf(await service.admin('GET', path)))
  const changed = await send('PUT', path, { 'if-match': etagOf(made) }, { role: 'developer' })
  t.is(changed.status, 200)
  t.is((await send('DELETE', path, { 'if-match': etagOf(made) })).status, 412)
  t.is((await send('DELETE', path, { 'if-match': etagOf(changed) })).status, 204)
  t.is((await service.admin('GET', path)).status, 404)
})

const permissions = [{ repositories: ['**'], actions: ['pull'] }]

for (const [list, thing, change, other] of [
  ['/api/v1/groups', { name: 'cond' }, { description: 'a' }, { description: 'b' }],
  ['/api/v1/robots', { name: 'cond', permissions }, { disabled: true }, { disabled: false }],
  [
    '/api/v1/projects/tagged/robots',
    { name: 'cond', permissions },
    { description: 'a' },
    { description: 'b' },
  ],
  [
    '/api/v1/users',
    { username: 'cond', password: 'conds-own-pw-7' },
    { displayName: 'a' },
    { displayName: 'b' },
  ],
] as const) {
  test(`what is in ${list} is changed and deleted only as it was read`, async (t) => {
    const path = `${list}/cond`
    t.is((await service.admin('POST', list, thing)).status, 201)
    const first = etagOf(await service.admin('GET', path))
    const changed = await send('PATCH', path, { 'if-match': first }, change)
    t.is(changed.status, 200)
    t.is(etagOf(changed), etagOf(await service.admin('GET', path)))
    t.is((await send('PATCH', path, { 'if-match': first }, other)).status, 412)
    t.is((await send('DELETE', path, { 'if-match': first })).status, 412)
    t.like((await service.admin('GET', path)).body, change)
    t.is((await send('DELETE', path, { 'if-match': etagOf(changed) })).status, 204)
    t.is((await service.admin('GET', path)).status, 404)
  })
}

test('of many changes of a group under one tag, sent at once, exactly one is made', async (t) => {
  const path = '/api/v1/groups/raced'
  await service.admin('POST', '/api/v1/groups', { name: 'raced' })
  const etag = etagOf(await service.admin('GET', path))
  const replies = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      send('PATCH', path, { 'if-match': etag }, { description: `No. ${index}` }),
    ),
  )
  const statuses = replies.map(({ status }) => status)
  t.deepEqual(statuses.toSorted(), [200, ...Array.from({ length: 11 }, () => 412)])
})

test('settings are changed only as they were read', async (t) => {
  const path = '/api/v1/settings'
  const first = etagOf(await service.admin('GET', path))
  const changed = await send('PATCH', path, { 'if-match': first }, { auditRetentionDays: 30 })
  t.is(changed.status, 200)
  t.is(etagOf(changed), etagOf(await service.admin('GET', path)))
  const late = await send('PATCH', path, { 'if-match': first }, { auditRetentionDays: 3 })
  t.is(late.status, 412)
  t.is((await service.admin('GET', path)).body.auditRetentionDays.value, 30)
})

test('the membership of a group is read, and changed and ended only as it was read', async (t) => {
  await service.admin('POST', '/api/v1/groups', { name: 'members' })
  const path = '/api/v1/projects/tagged/members/groups/members'
  t.is((await service.admin('GET', path)).status, 404)
  const made = await send('PUT', path, { 'if-none-match': '*' }, { role: 'guest' })
  t.is(made.status, 200)
  const read = await service.admin('GET', path)
  t.deepEqual(read.body, { group: 'members', role: 'guest', repositories: null, expiresAt: null })
  t.is(etagOf(read), etagOf(made))
  t.is((await send('PUT', path, { 'if-match': '"old"' }, { role: 'developer' })).status, 412)
  t.is((await send('DELETE', path, { 'if-match': '"old"' })).status, 412)
  t.is((await send('DELETE', path, { 'if-match': etagOf(made) })).status, 204)
})

test('who may not change a thing learns nothing by a condition', async (t) => {
  const as = { username: 'ann', password: 'anns-own-pw-7' }
  for (const value of ['*', '"none"']) {
    const headers = { 'if-match': value }
    const user = { as, headers, json: { displayName: 'x' } }
    t.is((await service.request('PATCH', '/api/v1/users/ben', user)).status, 403)
    const project = { as, headers, json: { visibility: 'public' } }
    t.is((await service.request('PATCH', '/api/v1/projects/tagged', project)).status, 404)
  }
})

test('every change of a thing takes If-Match, or refuses the header; none ignores it', async (t) => {
  const changes = service.routes.filter(({ method }) => ['put', 'patch', 'delete'].includes(method))
  t.true(changes.length >= 5)
  for (const { method, path, conditional } of changes.filter((route) => !route.conditional)) {
    const concrete = path.replace('*name', 'acme/app').replace(/:\w+/g, 'acme')
    const reply = await send(method.toUpperCase(), concrete, { 'if-match': '"none"' }, {})
    t.false(conditional)
    t.is(reply.status, 400, path)
  }
})

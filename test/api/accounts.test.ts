import test from 'ava'
import { ADMIN, type Service, startService } from '../support/service.ts'

let service: Service

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
  await service.admin('POST', '/api/v1/users', { username: 'alice', password: 'alices-own-7' })
})
test.after.always(() => service.stop())

const ALICE = { username: 'alice', password: 'alices-own-7' }

test('a new user can sign in and sees who they are', async (t) => {
  const { status, body } = await service.request('GET', '/api/v1/me', { as: ALICE })
  t.is(status, 200)
  const { createdAt, updatedAt, ...rest } = body
  t.is(createdAt, updatedAt)
  t.deepEqual(rest, {
    username: 'alice',
    source: 'local',
    email: null,
    displayName: null,
    systemRole: null,
    claimedRole: null,
    claimsEndAt: null,
    disabled: false,
  })
})

test('R8: a user name is one name in every case, and its reuse is refused', async (t) => {
  const created = await service.admin('POST', '/api/v1/users', {
    username: 'Carol.B@Example.COM',
    password: 'carols-own-7',
  })
  t.is(created.status, 201)
  t.is(created.headers.get('location'), '/api/v1/users/carol.b%40example.com')
  const again = await service.admin('POST', '/api/v1/users', {
    username: 'carol.b@example.com',
    password: 'carols-own-7',
  })
  t.is(again.status, 409)
  t.is(again.body.errors[0].code, 'NAME_TAKEN')
  const as = { username: 'CAROL.B@example.com', password: 'carols-own-7' }
  t.is((await service.request('GET', '/api/v1/me', { as })).status, 200)
})

for (const username of ['a..b', 'robot$x', 'K\u212Aelvin', '', '.a', 'a b', 'warden$system']) {
  test(`R8: ${JSON.stringify(username)} is no user name`, async (t) => {
    const { status } = await service.admin('POST', '/api/v1/users', {
      username,
      password: 'some-own-pw-7',
    })
    t.is(status, 400)
  })
}

for (const [why, password] of [
  ['too short', 'a1b2c3'],
  ['too long', 'x'.repeat(129)],
  ['well known', 'Password123'],
  ['the factory password of another product', 'Harbor12345'],
  ['the user name with a digit', 'somebody1'],
] as const) {
  test(`a password that is ${why} is refused and not repeated`, async (t) => {
    const { status, body } = await service.admin('POST', '/api/v1/users', {
      username: 'somebody',
      password,
    })
    t.is(status, 400)
    t.is(body.errors[0].code, 'PASSWORD_REFUSED')
    t.false(JSON.stringify(body).includes(password))
  })
}

test('a disabled user cannot sign in, and can again when enabled', async (t) => {
  const dora = { username: 'dora', password: 'doras-own-7' }
  await service.admin('POST', '/api/v1/users', dora)
  await service.admin('PATCH', '/api/v1/users/dora', { disabled: true })
  const refused = await service.request('GET', '/api/v1/me', { as: dora })
  t.is(refused.status, 401)
  t.is(refused.body.detail, 'the account dora is disabled; ask an administrator')
  const wrong = await service.request('GET', '/api/v1/me', { as: { ...dora, password: 'x' } })
  t.is(wrong.body.detail, 'the user name or the password is wrong')
  await service.admin('PATCH', '/api/v1/users/dora', { disabled: false })
  t.is((await service.request('GET', '/api/v1/me', { as: dora })).status, 200)
})

test.serial(
  'the last administrator cannot be disabled or demoted, and nothing has changed',
  async (t) => {
    for (const change of [{ disabled: true }, { systemRole: null }]) {
      const { status } = await service.admin('PATCH', '/api/v1/users/admin', change)
      t.is(status, 409)
    }
    const { body } = await service.admin('GET', '/api/v1/users/admin')
    t.is(body.systemRole, 'administrator')
    t.false(body.disabled)
  },
)

test('unknown name and wrong password get one answer', async (t) => {
  const ask = async (username: string) => {
    const { status, body } = await service.request('GET', '/api/v1/me', {
      as: { username, password: 'wrong-wrong' },
    })
    const { requestId, ...rest } = body
    t.truthy(requestId)
    return { status, ...rest }
  }
  t.deepEqual(await ask('alice'), await ask('nobody-of-that-name'))
})

test('a list goes page by page through all users, each once and in order', async (t) => {
  for (const name of ['p1', 'p2', 'p3']) {
    await service.admin('POST', '/api/v1/users', { username: name, password: 'page-own-pw-7' })
  }
  const names: string[] = []
  let path: string | undefined = '/api/v1/users?limit=2'
  while (path !== undefined) {
    const { body, headers } = await service.admin('GET', path)
    names.push(...body.items.map(({ username }: { username: string }) => username))
    t.true(body.items.length <= 2)
    const link: RegExpExecArray | null = /^<(.+)>; rel="next"$/.exec(headers.get('link') ?? '')
    t.is(body.next === null, link === null)
    path = link?.[1]
  }
  t.deepEqual(names, [...new Set(names)].sort())
  t.true(['admin', 'alice', 'p1', 'p2', 'p3'].every((name) => names.includes(name)))
})

for (const query of [
  'limit=0',
  'limit=1001',
  'limit=x',
  'cursor=%%',
  'cursor=!',
  // The cursor of "é", which no name holds.
  'cursor=w6k',
  'sort=x',
  'limit=1&limit=2',
]) {
  test(`a list with ?${query} is 400`, async (t) => {
    t.is((await service.admin('GET', `/api/v1/users?${query}`)).status, 400)
  })
}

test('only administrators and auditors see users, only administrators change them', async (t) => {
  const auditor = { username: 'audrey', password: 'audreys-own-7' }
  await service.admin('POST', '/api/v1/users', { ...auditor, systemRole: 'auditor' })
  t.is((await service.request('GET', '/api/v1/users', { as: auditor })).status, 200)
  const denied = { as: auditor, json: { disabled: true } }
  t.is((await service.request('PATCH', '/api/v1/users/alice', denied)).status, 403)
  t.is((await service.request('GET', '/api/v1/users', { as: ALICE })).status, 403)
  t.is((await service.request('GET', '/api/v1/users')).status, 401)
})

test.serial(
  'R5: two administrators who demote each other at once do not both succeed',
  async (t) => {
    const pair = ['ada', 'bea'].map((username) => ({ username, password: `${username}-own-pw-7` }))
    for (const person of pair) {
      await service.admin('POST', '/api/v1/users', { ...person, systemRole: 'administrator' })
    }
    for (let round = 0; round < 5; round++) {
      const replies = await Promise.all(
        pair.map((as, index) =>
          service.request('PATCH', `/api/v1/users/${pair[1 - index]?.username}`, {
            as,
            json: { systemRole: null },
          }),
        ),
      )
      t.deepEqual(replies.map(({ status }) => status).sort(), [200, 403])
      for (const { username } of pair) {
        await service.admin('PATCH', `/api/v1/users/${username}`, { systemRole: 'administrator' })
      }
    }
  },
)

test('a user cannot give themselves a role through fields that nobody asked for', async (t) => {
  const json = { username: 'mallory', password: 'mallorys-own-7', isAdmin: true }
  const { status, body } = await service.admin('POST', '/api/v1/users', json)
  t.is(status, 400)
  t.regex(body.detail, /isAdmin/)
})

test('changes are in the audit record, with who and from where, and without secrets', async (t) => {
  await service.request('POST', '/api/v1/users', {
    as: ADMIN,
    json: { username: 'erin', password: 'erins-own-7' },
    headers: { 'x-request-id': 'req-7', 'user-agent': 'a-test' },
  })
  const [row] = await service.database('audit').where({ action: 'user.create', target: 'erin' })
  const { id, time, actor_id, seal, mac, replica, sequence, ...rest } = row
  t.true(id > 0 && time instanceof Date && actor_id > 0)
  t.true(sequence > 0 && replica.length === 36 && (seal === null) === (mac === null))
  t.deepEqual(rest, {
    actor_name: 'admin',
    on_behalf_of: null,
    action: 'user.create',
    target: 'erin',
    project: null,
    outcome: 'done',
    count: 1,
    address: '127.0.0.1',
    user_agent: 'a-test',
    request_id: 'req-7',
  })
})

test('no secret reaches the log, whatever happens to its request', async (t) => {
  const canary = { username: 'canary', password: 'canary-secret-7391' }
  await service.admin('POST', '/api/v1/users', canary)
  await service.admin('POST', '/api/v1/users', canary)
  await service.request('GET', '/api/v1/me', { as: canary })
  await service.request('GET', '/api/v1/me', { as: { ...canary, username: 'alice' } })
  await service.request('GET', `/auth/token?service=x&password=${canary.password}`)
  await service.request('POST', '/api/v1/users', {
    as: ADMIN,
    raw: `{"password":"${canary.password}"`,
  })
  t.true(service.logged().includes('/api/v1/me'))
  t.false(service.logged().includes(canary.password))
  const header = Buffer.from(`canary:${canary.password}`).toString('base64')
  t.false(service.logged().includes(header))
})

test('R8: nobody is called anonymous, as requests without credentials are in the record', async (t) => {
  const nobody = { username: 'Anonymous', password: 'nobodys-own-pw-7' }
  const { status, body } = await service.admin('POST', '/api/v1/users', nobody)
  t.deepEqual(
    [status, body.detail],
    [409, 'the user name anonymous is taken: it stands for requests without credentials'],
  )
})

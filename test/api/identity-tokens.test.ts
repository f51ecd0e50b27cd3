import test from 'ava'
import { countQueries } from '../support/count-queries.ts'
import { type Credentials, type Reply, type Service, startService } from '../support/service.ts'

const PASSWORD = 'long-enough-pw-7'
const SCOPE = 'repository:acme/app:pull'
const MINE = '/api/v1/me/identity-tokens'
const UNKNOWN = 'the identity token is not known, or it was revoked; sign in again'
const LIFE_SECONDS = 3600

let service: Service
let without: Service
let offsetMs = 0

const prepare = async (into: Service): Promise<void> => {
  await into.admin('POST', '/api/v1/projects', { name: 'acme', visibility: 'public' })
}

test.before(async () => {
  ;[service, without] = await Promise.all([
    startService({
      registryUrl: 'http://127.0.0.1:9',
      env: {
        WARDEN_IDENTITY_TOKENS: 'on',
        WARDEN_IDENTITY_TOKEN_SECONDS: String(LIFE_SECONDS),
      },
      now: () => new Date(Date.now() + offsetMs),
    }),
    startService({ registryUrl: 'http://127.0.0.1:9' }),
  ])
  await Promise.all([prepare(service), prepare(without)])
})

test.after.always(() => Promise.all([service?.stop(), without?.stop()]))

/** Somebody new, so that tests do not see each other's tokens. */
const makePerson = async (username: string, at = service): Promise<Credentials> => {
  const person = { username, password: PASSWORD }
  const { status, body } = await at.admin('POST', '/api/v1/users', person)
  if (status !== 201) throw new Error(JSON.stringify(body))
  return person
}

const login = (as: Credentials, more = '', at = service): Promise<Reply> =>
  at.request('GET', `/auth/token?service=registry-warden&offline_token=true${more}`, { as })

const mint = async (as: Credentials, more = ''): Promise<string> =>
  (await login(as, more)).body.refresh_token

const post = (fields: Readonly<Record<string, string>>, at = service): Promise<Reply> =>
  at.request('POST', '/auth/token', {
    raw: new URLSearchParams({ service: 'registry-warden', ...fields }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })

const refresh = (secret: string, at = service): Promise<Reply> =>
  post({ grant_type: 'refresh_token', refresh_token: secret, scope: SCOPE }, at)

const claimsOf = (reply: Reply) =>
  JSON.parse(Buffer.from(reply.body.token.split('.')[1], 'base64url').toString('utf8'))

const list = async (as: Credentials): Promise<readonly Record<string, unknown>[]> =>
  (await service.request('GET', MINE, { as })).body.items

/** What an identity token is answered with: its subject, or why there is none. */
const told = async (secret: string): Promise<unknown> => {
  const reply = await refresh(secret)
  return reply.status === 200 ? claimsOf(reply).sub : [reply.status, reply.body.error_description]
}

test('they are off by default: nobody gets one, and none is taken', async (t) => {
  const ann = await makePerson('ann', without)
  const answer = await login(ann, '', without)
  t.deepEqual(Object.keys(answer.body).sort(), ['access_token', 'expires_in', 'token'])
  const form = { grant_type: 'password', access_type: 'offline', ...ann }
  t.is((await post(form, without)).body.refresh_token, undefined)
  t.deepEqual(await without.database('identity_tokens').select(), [])
  const secret = await mint(await makePerson('elsewhere'))
  const { status, body } = await refresh(secret, without)
  t.is(status, 401)
  t.is(
    body.error_description,
    'identity tokens are switched off here (WARDEN_IDENTITY_TOKENS); sign in again',
  )
})

test('a login that asks for one gets it, by query and by form, and others do not', async (t) => {
  const bob = await makePerson('bob')
  t.regex((await login(bob)).body.refresh_token, /^rwi_[0-9A-Za-z]{49}$/)
  const form = { grant_type: 'password', ...bob }
  t.regex((await post({ ...form, access_type: 'offline' })).body.refresh_token, /^rwi_/)
  t.is((await post(form)).body.refresh_token, undefined)
  t.is((await post({ ...form, access_type: 'online' })).body.refresh_token, undefined)
  const plain = await service.request('GET', '/auth/token?service=registry-warden', { as: bob })
  t.is(plain.body.refresh_token, undefined)
  const no = await service.request(
    'GET',
    '/auth/token?service=registry-warden&offline_token=false',
    { as: bob },
  )
  t.is(no.body.refresh_token, undefined)
  const anonymous = await service.request(
    'GET',
    '/auth/token?service=registry-warden&offline_token=true',
  )
  t.is(anonymous.body.refresh_token, undefined)
  t.is((await list(bob)).length, 2)
})

test('every login gets one of its own, also where its answers are warm', async (t) => {
  const cleo = await makePerson('cleo')
  const secrets = [await mint(cleo), await mint(cleo), await mint(cleo)]
  t.is(new Set(secrets).size, 3)
  for (const secret of secrets) t.is(await told(secret), 'cleo')
})

test('it is good again and again, says itself again, and gives what its owner may', async (t) => {
  const dan = await makePerson('dan')
  const secret = await mint(dan)
  for (let times = 0; times < 3; times++) {
    const reply = await refresh(secret)
    t.is(reply.status, 200)
    t.is(reply.body.refresh_token, secret)
    t.is(reply.body.scope, SCOPE)
    t.deepEqual(claimsOf(reply).sub, 'dan')
  }
})

test('it is kept as a hash alone, and listed with client, address and end', async (t) => {
  const eve = await makePerson('eve')
  const secret = await mint(eve, '&client_id=docker%00%0a')
  const [token = {}, ...rest] = await list(eve)
  t.deepEqual(rest, [])
  t.like(token, { client: 'docker??', address: '127.0.0.1' })
  const lifeMs = Date.parse(String(token.expiresAt)) - Date.parse(String(token.createdAt))
  t.is(lifeMs / 1000, LIFE_SECONDS)
  const rows = await service.database('identity_tokens').select()
  t.false(JSON.stringify([rows, token]).includes(secret))
})

test('a revoked one is refused at once, also where it was warm, and others go on', async (t) => {
  const fay = await makePerson('fay')
  const [one, two] = [await mint(fay), await mint(fay)]
  for (let times = 0; times < 3; times++) t.is(await told(one), 'fay')
  const [, { id } = {}] = await list(fay)
  t.is((await service.request('DELETE', `${MINE}/${id}`, { as: fay })).status, 204)
  t.deepEqual(await told(one), [401, UNKNOWN])
  t.is(await told(two), 'fay')
  t.is((await service.request('DELETE', `${MINE}/${id}`, { as: fay })).status, 404)
})

test('those of another user are as if they were not there, on every route', async (t) => {
  const [gil, hal] = [await makePerson('gil'), await makePerson('hal')]
  const secret = await mint(gil)
  const [{ id } = {}] = await list(gil)
  const calls = [
    ['DELETE', `${MINE}/${id}`, hal, 404],
    ['DELETE', `/api/v1/users/hal/identity-tokens/${id}`, hal, 404],
    ['DELETE', `/api/v1/users/gil/identity-tokens/${id}`, hal, 403],
    ['GET', '/api/v1/users/gil/identity-tokens', hal, 403],
    ['GET', '/api/v1/users/gil/identity-tokens', gil, 200],
  ] as const
  for (const [method, path, as, status] of calls) {
    t.is((await service.request(method, path, { as })).status, status, `${method} ${path}`)
  }
  const nested = await service.admin('DELETE', `/api/v1/users/hal/identity-tokens/${id}`)
  t.is(nested.status, 404)
  t.is(await told(secret), 'gil')
  const seen = await service.admin('GET', '/api/v1/users/gil/identity-tokens')
  t.is(seen.body.items.length, 1)
  const ended = await service.admin('DELETE', `/api/v1/users/gil/identity-tokens/${id}`)
  t.is(ended.status, 204)
  t.deepEqual(await told(secret), [401, UNKNOWN])
})

test('R11: an identity token is no password, nor a Bearer of the API', async (t) => {
  const ida = await makePerson('ida')
  const password = await mint(ida)
  const why = 'an identity token is not a password; use the password or an access token'
  for (const path of ['/auth/token?service=registry-warden', '/api/v1/me']) {
    const { status, body } = await service.request('GET', path, { as: { ...ida, password } })
    t.deepEqual([status, body.detail ?? body.error_description], [401, why], path)
  }
  const form = await post({ grant_type: 'password', ...ida, password })
  t.deepEqual([form.status, form.body.error_description], [401, why])
  const headers = { authorization: `Bearer ${password}` }
  t.is((await service.request('GET', '/api/v1/me', { headers })).status, 401)
  t.is((await service.request('GET', MINE, { headers })).status, 401)
})

test('R11: a sign-in by access token or as a robot never mints one', async (t) => {
  const jo = await makePerson('jo')
  const made = await service.request('POST', '/api/v1/me/tokens', { as: jo, json: { name: 'x' } })
  const robot = await service.admin('POST', '/api/v1/projects/acme/robots', {
    name: 'ci',
    permissions: [{ repositories: '**', actions: ['pull'] }],
  })
  for (const { body } of [made, robot]) {
    const as = { username: body.username, password: body.secret }
    for (let times = 0; times < 2; times++) {
      const reply = await login(as)
      t.deepEqual([reply.status, reply.body.refresh_token], [200, undefined])
    }
    const form = await post({ grant_type: 'password', access_type: 'offline', ...as })
    t.deepEqual([form.status, form.body.refresh_token], [200, undefined])
  }
  t.deepEqual(await list(jo), [])
})

test('R11: an identity token mints no other one', async (t) => {
  const kim = await makePerson('kim')
  const secret = await mint(kim)
  const form = { grant_type: 'refresh_token', refresh_token: secret, access_type: 'offline' }
  t.is((await post(form)).body.refresh_token, secret)
  t.is((await list(kim)).length, 1)
})

test('R11: a narrow access token neither sees nor ends them', async (t) => {
  const lea = await makePerson('lea')
  const secret = await mint(lea)
  const [{ id } = {}] = await list(lea)
  const { body } = await service.request('POST', '/api/v1/me/tokens', {
    as: lea,
    json: { name: 'narrow', permissions: [{ repositories: '**', actions: ['pull', 'api'] }] },
  })
  const as = { ...lea, password: body.secret }
  t.is((await service.request('GET', MINE, { as })).status, 403)
  t.is((await service.request('DELETE', `${MINE}/${id}`, { as })).status, 403)
  t.is(await told(secret), 'lea')
})

test('other secrets are no refresh token, and the answer says what to do', async (t) => {
  const mia = await makePerson('mia')
  const made = await service.request('POST', '/api/v1/me/tokens', { as: mia, json: { name: 'x' } })
  const why = 'the refresh token is not an identity token of this service; sign in again'
  for (const secret of [made.body.secret, PASSWORD, '', `rwi_${'a'.repeat(49)}`]) {
    t.deepEqual(await told(secret), [401, why], secret)
  }
  const missing = await post({ grant_type: 'refresh_token', scope: SCOPE })
  t.deepEqual([missing.status, missing.body.error], [400, 'invalid_request'])
})

test('disabling the account refuses them at once, and enabling it brings none back', async (t) => {
  const ned = await makePerson('ned')
  const secret = await mint(ned)
  t.is(await told(secret), 'ned')
  const path = '/api/v1/users/ned'
  await service.admin('PATCH', path, { disabled: true })
  t.is((await refresh(secret)).status, 401)
  await service.database('users').where({ username: 'ned' }).increment('sign_in_epoch', 1)
  await service.admin('PATCH', path, { disabled: false })
  t.deepEqual(await told(secret), [401, UNKNOWN])
  t.deepEqual(await list(ned), [])
  t.is(await told(await mint(ned)), 'ned')
})

for (const [why, change] of [
  ['a new password', { sign_in_epoch: 7 }],
  ['disabling', { disabled_at: new Date() }],
] as const) {
  test(`R11: a sign-in of before ${why} mints none, where that was not heard of yet`, async (t) => {
    const person = await makePerson(`una-${why.length}`)
    const { username } = person
    t.is((await login(person)).status, 200)
    // Nothing tells the process, as in the moment before it looks at the database again.
    await service.database('users').where({ username }).update(change)
    const late = await login(person)
    t.deepEqual(
      [late.status, late.body.refresh_token, late.body.error_description],
      [
        401,
        undefined,
        'the password was changed, or the account disabled, meanwhile; sign in again',
      ],
    )
    const rows = await service.database('identity_tokens').join('users', 'users.id', 'user_id')
    t.is(rows.filter((row) => row.username === username).length, 1)
  })
}

test('fifty of a user are kept: the oldest goes when another comes', async (t) => {
  const ola = await makePerson('ola')
  const [oldest, second] = [await mint(ola), await mint(ola)]
  for (let n = 0; n < 48; n++) await mint(ola)
  t.is((await list(ola)).length, 50)
  t.is(await told(oldest), 'ola')
  await mint(ola)
  t.is((await list(ola)).length, 50)
  t.is(await told(second), 'ola')
  const rows = await service.database('identity_tokens').join('users', 'users.id', 'user_id')
  t.is(rows.filter(({ username }) => username === 'ola').length, 50)
})

test('the list comes in pages, the newest first', async (t) => {
  const pia = await makePerson('pia')
  for (const client of ['a', 'b', 'c']) await mint(pia, `&client_id=${client}`)
  const first = await service.request('GET', `${MINE}?limit=2`, { as: pia })
  const next = `${MINE}?limit=2&cursor=${first.body.next}`
  const second = await service.request('GET', next, { as: pia })
  const clients = [...first.body.items, ...second.body.items].map(({ client }) => client)
  t.deepEqual(clients, ['c', 'b', 'a'])
  t.is(second.body.next, null)
})

test('a cursor that no list gave out is 400, also where it reads as a number', async (t) => {
  const sam = await makePerson('sam')
  for (const key of ['Infinity', '-Infinity', '1e400', '0x10', '-1', '1.5', 'sam']) {
    const cursor = Buffer.from(key).toString('base64url')
    for (const path of [MINE, '/api/v1/me/tokens']) {
      const { status } = await service.request('GET', `${path}?cursor=${cursor}`, { as: sam })
      t.is(status, 400, `${path} ${key}`)
    }
  }
})

test.serial('a warm one costs no query', async (t) => {
  const quin = await makePerson('quin')
  const secret = await mint(quin)
  t.is((await refresh(secret)).status, 200)
  const { asked, uses } = await countQueries(service, async () => {
    for (let times = 0; times < 20; times++) t.is((await refresh(secret)).status, 200)
  })
  t.deepEqual(asked, [])
  t.true(uses <= 3, 'uses are written by the timer alone')
})

test.serial(
  'R11: it ends at its age, also where it was warm, and no token outlives it',
  async (t) => {
    const rob = await makePerson('rob')
    const secret = await mint(rob)
    const { expiresAt } = (await list(rob))[0] ?? {}
    t.is(await told(secret), 'rob')
    try {
      offsetMs = (LIFE_SECONDS - 100) * 1000
      const late = await refresh(secret)
      t.true(late.body.expires_in <= 100 && late.body.expires_in >= 60)
      offsetMs = (LIFE_SECONDS + 1) * 1000
      t.deepEqual(await told(secret), [
        401,
        `the identity token ended at ${expiresAt}; make a new one`,
      ])
      t.deepEqual(await list(rob), [])
    } finally {
      offsetMs = 0
    }
  },
)

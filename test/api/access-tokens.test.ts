import test from 'ava'
import { countQueries } from '../support/count-queries.ts'
import { type Credentials, type Service, startService } from '../support/service.ts'

const ANN = { username: 'ann', password: 'anns-own-pw-7' }
const BOB = { username: 'bob', password: 'bobs-own-pw-7' }
let service: Service

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
  for (const user of [ANN, BOB]) await service.admin('POST', '/api/v1/users', user)
  for (const name of ['acme', 'other']) {
    await service.admin('POST', '/api/v1/projects', { name })
    await service.admin('PUT', `/api/v1/projects/${name}/members/users/ann`, {
      role: 'projectAdmin',
    })
  }
})

test.after.always(() => service?.stop())

const make = async (as: Credentials, json: object) =>
  service.request('POST', '/api/v1/me/tokens', { as, json })

/** An access token of ann, ready to sign in with. */
const tokenOf = async (
  name: string,
  rest: object = {},
): Promise<Credentials & { readonly id: number }> => {
  const { body } = await make(ANN, { name, ...rest })
  return { username: 'ann', password: body.secret, id: body.id }
}

const granted = async (as: Credentials, ...scopes: readonly string[]): Promise<unknown> => {
  const query = scopes.map((scope) => `&scope=${scope}`).join('')
  const reply = await service.request('GET', `/auth/token?service=registry-warden${query}`, { as })
  if (reply.status !== 200) return reply.body.error_description
  return JSON.parse(Buffer.from(reply.body.token.split('.')[1], 'base64url').toString()).access
}

test('an access token signs in as its owner, with all that the owner may', async (t) => {
  const token = await tokenOf('all')
  t.deepEqual(await granted(token, 'repository:acme/app:pull,push'), [
    { type: 'repository', name: 'acme/app', actions: ['pull', 'push'] },
  ])
  const me = await service.request('GET', '/api/v1/me', { as: token })
  t.is(me.body.username, 'ann')
})

test('a token is made once with its secret, and read without it', async (t) => {
  const made = await make(ANN, { name: 'shown once', expiresAt: '2031-01-01T00:00:00+08:00' })
  t.is(made.status, 201)
  t.is(made.headers.get('location'), `/api/v1/me/tokens/${made.body.id}`)
  t.regex(made.body.secret, /^rwt_[0-9A-Za-z]{49}$/)
  t.is(made.body.username, 'ann')
  const read = await service.request('GET', `/api/v1/me/tokens/${made.body.id}`, { as: ANN })
  const { secret: _secret, username: _username, ...rest } = made.body
  t.deepEqual(read.body, rest)
  t.is(read.body.expiresAt, '2030-12-31T16:00:00.000Z')
  const rows = await service.database('access_tokens').where({ id: made.body.id })
  t.false(JSON.stringify(rows).includes(made.body.secret))
})

test('a token with permissions gets what both it and its owner may', async (t) => {
  const token = await tokenOf('narrow', {
    permissions: [
      { repositories: 'acme/web/**', actions: ['pull'] },
      { repositories: ['nowhere/**'], actions: ['pull', 'push'] },
    ],
  })
  t.deepEqual(
    await granted(
      token,
      'repository:acme/web/api:pull,push',
      'repository:acme/db:pull',
      'repository:nowhere/x:pull,push',
    ),
    [{ type: 'repository', name: 'acme/web/api', actions: ['pull'] }],
  )
})

test('R11: an access token works with the name of its owner alone', async (t) => {
  const { password } = await tokenOf('only mine')
  t.is(
    await granted({ username: 'bob', password }, 'repository:acme/app:pull'),
    'the user name or the password is wrong',
  )
  t.is(
    await granted({ username: 'nobody', password }, 'repository:acme/app:pull'),
    'the user name or the password is wrong',
  )
  t.deepEqual(await granted({ username: 'ANN', password }), [])
})

test('the API takes an access token as a Bearer, and the realm does not', async (t) => {
  const { password } = await tokenOf('bearer')
  const headers = { authorization: `Bearer ${password}` }
  const me = await service.request('GET', '/api/v1/me', { headers })
  t.deepEqual([me.status, me.body.username], [200, 'ann'])
  const realm = await service.request('GET', '/auth/token?service=registry-warden', { headers })
  t.is(realm.status, 401)
})

test('R3: a registry token is no Bearer of the API', async (t) => {
  const { body } = await service.request('GET', '/auth/token?service=registry-warden', { as: ANN })
  const headers = { authorization: `Bearer ${body.token}` }
  const reply = await service.request('GET', '/api/v1/me', { headers })
  t.is(reply.status, 401)
  t.is(
    reply.body.detail,
    'the Bearer is neither an access token of this service nor a token that it takes of an issuer; registry tokens open nothing here',
  )
})

test('a token without the action api has no business in the API', async (t) => {
  const token = await tokenOf('registry alone', {
    permissions: [{ repositories: '**', actions: ['pull', 'push', 'delete'] }],
  })
  const reply = await service.request('GET', '/api/v1/me', { as: token })
  t.is(reply.status, 403)
  t.is(
    reply.body.detail,
    'this credential is for the registry alone: it has no permission with the action api',
  )
})

test('a narrow token reads and changes the projects that it reaches, and no other', async (t) => {
  const token = await tokenOf('one project', {
    permissions: [{ repositories: 'acme/**', actions: ['api', 'pull'] }],
  })
  const list = await service.request('GET', '/api/v1/projects', { as: token })
  t.deepEqual(
    list.body.items.map(({ name }: { name: string }) => name),
    ['acme'],
  )
  const member = { role: 'guest' }
  const own = await service.request('PUT', '/api/v1/projects/acme/members/users/bob', {
    as: token,
    json: member,
  })
  const others = await service.request('PUT', '/api/v1/projects/other/members/users/bob', {
    as: token,
    json: member,
  })
  t.deepEqual([own.status, others.status], [200, 404])
})

test('R11: a narrow token of an administrator gives nothing of the system', async (t) => {
  const { body } = await service.admin('POST', '/api/v1/me/tokens', {
    name: 'narrow admin',
    permissions: [{ repositories: 'acme/**', actions: ['api', 'pull', 'push'] }],
  })
  const as = { username: 'admin', password: body.secret }
  const users = await service.request('GET', '/api/v1/users', { as })
  const create = await service.request('POST', '/api/v1/users', {
    as,
    json: { username: 'eve', password: 'eves-own-pw-7' },
  })
  const robots = await service.request('GET', '/api/v1/robots', { as })
  t.deepEqual([users.status, create.status, robots.status], [403, 403, 403])
  t.deepEqual(await granted(as, 'registry:catalog:*', 'repository:other/x:pull'), [])
})

test('R11: a token makes no token that may more, or lasts longer, than itself', async (t) => {
  const token = await tokenOf('parent', {
    permissions: [{ repositories: 'acme/**', actions: ['api', 'pull'] }],
    expiresAt: '2031-01-01T00:00:00Z',
  })
  const expiresAt = '2030-06-01T00:00:00Z'
  const inside = [{ repositories: 'acme/web/*', actions: ['pull'] }]
  const tries: readonly (Readonly<Record<string, unknown>> & { readonly name: string })[] = [
    { name: 'c1', expiresAt },
    { name: 'c2', expiresAt, permissions: [{ repositories: '**', actions: ['pull'] }] },
    { name: 'c3', expiresAt, permissions: [{ repositories: 'acme/**', actions: ['push'] }] },
    { name: 'c4', permissions: inside },
    { name: 'c5', permissions: inside, expiresAt: '2032-01-01T00:00:00Z' },
  ]
  for (const json of tries) t.is((await make(token, json)).status, 403, json.name)
  t.is((await make(token, { name: 'c6', permissions: inside, expiresAt })).status, 201)
})

test('R11: a narrow token neither sees nor revokes a wider one', async (t) => {
  const wide = await tokenOf('wide one')
  const narrow = await tokenOf('narrow one', {
    permissions: [{ repositories: 'acme/**', actions: ['api'] }],
  })
  const list = await service.request('GET', '/api/v1/me/tokens', { as: narrow })
  const ids = list.body.items.map(({ id }: { id: number }) => id)
  t.false(ids.includes(wide.id))
  t.true(ids.includes(narrow.id))
  const revoked = await service.request('DELETE', `/api/v1/me/tokens/${wide.id}`, { as: narrow })
  t.is(revoked.status, 404)
  t.deepEqual(await granted(wide), [])
})

test('a revoked token is refused at once, also where its answers were warm', async (t) => {
  const token = await tokenOf('short lived')
  const scope = 'repository:acme/app:pull'
  for (let times = 0; times < 3; times++)
    t.is(((await granted(token, scope)) as readonly unknown[]).length, 1)
  const gone = await service.request('DELETE', `/api/v1/me/tokens/${token.id}`, { as: ANN })
  t.is(gone.status, 204)
  t.is(await granted(token, scope), 'the user name or the password is wrong')
  const again = await service.request('DELETE', `/api/v1/me/tokens/${token.id}`, { as: ANN })
  t.is(again.status, 404)
})

test('a token of another user is as if it were not there, on every route', async (t) => {
  const { id } = await tokenOf('anns alone')
  const calls: readonly (readonly [string, string, Credentials, number])[] = [
    ['GET', `/api/v1/me/tokens/${id}`, BOB, 404],
    ['DELETE', `/api/v1/me/tokens/${id}`, BOB, 404],
    ['GET', `/api/v1/users/bob/tokens/${id}`, BOB, 404],
    ['DELETE', `/api/v1/users/bob/tokens/${id}`, BOB, 404],
    ['GET', `/api/v1/users/ann/tokens/${id}`, BOB, 403],
    ['DELETE', `/api/v1/users/ann/tokens/${id}`, BOB, 403],
    ['GET', '/api/v1/users/ann/tokens', BOB, 403],
    ['GET', `/api/v1/users/ann/tokens/${id}`, ANN, 200],
  ]
  for (const [method, path, as, status] of calls) {
    t.is((await service.request(method, path, { as })).status, status, `${method} ${path}`)
  }
  const nested = await service.admin('GET', `/api/v1/users/bob/tokens/${id}`)
  t.is(nested.status, 404)
  const byAdministrator = await service.admin('DELETE', `/api/v1/users/ann/tokens/${id}`)
  t.is(byAdministrator.status, 204)
})

test('two tokens of one name are refused, and so is a hundred and first', async (t) => {
  const carl = { username: 'carl', password: 'carls-own-pw-7' }
  await service.admin('POST', '/api/v1/users', carl)
  for (let n = 0; n < 100; n++) t.is((await make(carl, { name: `t${n}` })).status, 201)
  const more = await make(carl, { name: 't100' })
  t.deepEqual([more.status, more.body.errors[0].code], [409, 'CONFLICT'])
  const same = await make(ANN, { name: 'twice' })
  const twice = await make(ANN, { name: 'twice' })
  t.deepEqual([same.status, twice.status, twice.body.errors[0].code], [201, 409, 'NAME_TAKEN'])
})

test('what is no permission is refused with its place, and makes nothing', async (t) => {
  const bad: readonly object[] = [
    { name: 'x', permissions: [] },
    { name: 'x', permissions: [{ repositories: [], actions: ['pull'] }] },
    { name: 'x', permissions: [{ repositories: '**', actions: [] }] },
    { name: 'x', permissions: [{ repositories: '**', actions: ['admin'] }] },
    { name: 'x', permissions: [{ repositories: 'a b', actions: ['pull'] }] },
    { name: 'x', permissions: [{ repositories: '**', actions: ['pull'], more: 1 }] },
    { name: 'x', expiresAt: '2001-01-01T00:00:00Z' },
    { name: ' x' },
    { name: 'x\ny' },
    { name: 'x', userId: 1 },
    {},
  ]
  for (const json of bad) t.is((await make(BOB, json)).status, 400, JSON.stringify(json))
  const list = await service.request('GET', '/api/v1/me/tokens', { as: BOB })
  t.deepEqual(list.body, { items: [], next: null })
})

test('the list of tokens comes in pages', async (t) => {
  const dora = { username: 'dora', password: 'doras-own-pw-7' }
  await service.admin('POST', '/api/v1/users', dora)
  for (const name of ['c', 'a', 'b']) await make(dora, { name })
  const first = await service.request('GET', '/api/v1/me/tokens?limit=2', { as: dora })
  const second = await service.request(
    'GET',
    `/api/v1/me/tokens?limit=2&cursor=${first.body.next}`,
    { as: dora },
  )
  const names = [...first.body.items, ...second.body.items].map(({ name }) => name)
  t.deepEqual(names, ['c', 'a', 'b'])
  t.is(second.body.next, null)
})

test.serial('a warm access token costs no query, by query and by form', async (t) => {
  const token = await tokenOf('warm')
  const form = new URLSearchParams({
    grant_type: 'password',
    service: 'registry-warden',
    scope: 'repository:acme/app:pull',
    username: token.username,
    password: token.password,
  })
  const post = () =>
    service.request('POST', '/auth/token', {
      raw: form.toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
  await granted(token, 'repository:acme/app:pull')
  const { asked, uses } = await countQueries(service, async () => {
    for (let n = 0; n < 20; n++) await granted(token, `repository:acme/app-${n}:pull`)
    for (let n = 0; n < 20; n++) t.is((await post()).status, 200)
  })
  t.deepEqual(asked, [])
  t.true(uses <= 3, 'uses are written by the timer alone')
})

test('R11: a token that is revoked changes nothing any more, where that was not heard of yet', async (t) => {
  const { body } = await service.admin('POST', '/api/v1/me/tokens', { name: 'stolen' })
  const stolen = { username: 'admin', password: body.secret }
  t.is((await service.request('GET', '/api/v1/me', { as: stolen })).status, 200)
  // Nothing tells the process, as in the moment before it looks at the database again.
  await service.database('access_tokens').where({ id: body.id }).delete()
  const ghost = { username: 'ghost', password: 'ghosts-own-pw-7', systemRole: 'administrator' }
  for (const [method, path, json] of [
    ['POST', '/users', ghost],
    ['PATCH', '/users/admin', { displayName: 'ghost' }],
    ['POST', '/projects', { name: 'ghosts' }],
    ['PUT', '/projects/library/members/users/admin', { role: 'guest' }],
    ['PATCH', '/settings', { selfRegistration: true }],
    ['POST', '/groups', { name: 'ghosts' }],
  ] as const) {
    const reply = await service.request(method, `/api/v1${path}`, { as: stolen, json })
    t.deepEqual([reply.status, reply.body.detail], [401, 'the access token is revoked'], path)
  }
})

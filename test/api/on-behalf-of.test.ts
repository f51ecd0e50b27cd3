import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { refreshCaller } from '../../src/accounts/refresh-caller.ts'
import type { UserSubject } from '../../src/protocol/subject.ts'
import { countQueries } from '../support/count-queries.ts'
import { type Replica, startReplica } from '../support/replica.ts'
import {
  ADMIN,
  basic,
  type Credentials,
  type Reply,
  type Service,
  startService,
} from '../support/service.ts'

const HEADER = 'x-warden-on-behalf-of'
const API = '/api/v1'
const passwordOf = (username: string): string => `${username}s-own-pw-71`
const person = (username: string): Credentials => ({ username, password: passwordOf(username) })
const ANN = person('ann')
const TOKEN_PATH = '/auth/token?service=registry-warden&scope=repository:acme/app:pull,push,delete'

let service: Service
let replica: Replica
/** Acts for the members of `staff`, in `acme` alone. */
let portal: Credentials
const now = (): Date => new Date()

const must = async (method: string, path: string, json?: unknown, as = ADMIN): Promise<Reply> => {
  const reply = await service.request(method, `${API}${path}`, { as, json })
  if (reply.status < 300) return reply
  throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`)
}

const makeService = async (name: string, rest: object = {}): Promise<Credentials> => {
  const permissions = [{ repositories: 'acme/**', actions: ['api', 'pull', 'push'] }]
  const robot = { name, permissions, onBehalfOf: 'staff', ...rest }
  const { body } = await must('POST', '/robots', robot)
  return { username: body.username, password: body.secret }
}

const addToStaff = (username: string): Promise<Reply> =>
  must('PUT', `/groups/staff/members/${username}`, {})

test.before(async () => {
  service = await startService({
    registryUrl: 'http://127.0.0.1:9',
    env: { WARDEN_IDENTITY_TOKENS: 'on' },
  })
  replica = await startReplica(service, now)
  for (const username of ['ann', 'ben', 'off', 'gone', 'boss', 'aud', 'cat', 'late', 'chief']) {
    await must('POST', '/users', person(username))
  }
  await must('POST', '/groups', { name: 'staff' })
  for (const username of ['ann', 'off', 'gone', 'boss', 'aud', 'late', 'chief']) {
    await addToStaff(username)
  }
  await must('PATCH', '/users/off', { disabled: true })
  await must('DELETE', '/users/gone')
  await must('PATCH', '/users/boss', { systemRole: 'administrator' })
  await must('PATCH', '/users/aud', { systemRole: 'auditor' })
  const { database } = service
  const idOf = database('users').where({ username: 'late' }).select('id')
  const ended = { expires_at: new Date(Date.now() - 1000) }
  await database('group_members').where('user_id', idOf).update(ended)
  await database('users').where({ username: 'chief' }).update({ claimed_role: 'administrator' })
  for (const name of ['acme', 'other', 'far']) await must('POST', '/projects', { name })
  for (const name of ['acme', 'other']) {
    await must('PUT', `/projects/${name}/members/users/ann`, { role: 'projectAdmin' })
  }
  portal = await makeService('portal')
})
test.after.always(async () => {
  await replica?.stop()
  await service?.stop()
})

const act = (
  target: string,
  method: string,
  path: string,
  json?: unknown,
  { as = portal, headers = {} }: { as?: Credentials; headers?: Record<string, string> } = {},
): Promise<Reply> =>
  service.request(method, `${API}${path}`, { as, json, headers: { ...headers, [HEADER]: target } })

const granted = async (as: Credentials, url = service.url): Promise<readonly string[] | number> => {
  const response = await fetch(`${url}${TOKEN_PATH}`, { headers: { authorization: basic(as) } })
  if (response.status !== 200) return response.status
  const { token } = (await response.json()) as { token: string }
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  return claims.access.flatMap(({ actions }: { actions: readonly string[] }) => actions)
}

const narrow = (name: string) => ({
  name,
  permissions: [{ repositories: 'acme/**', actions: ['pull', 'push', 'api'] }],
})

/** A token of somebody's, made by a service that acts for them. */
const makeToken = async (
  name: string,
  {
    as = portal,
    target = 'ann',
    rest = {},
  }: { as?: Credentials; target?: string; rest?: object } = {},
): Promise<Credentials & { readonly id: number }> => {
  const { status, body } = await act(
    target,
    'POST',
    '/me/tokens',
    { ...narrow(name), ...rest },
    { as },
  )
  if (status !== 201) throw new Error(JSON.stringify(body))
  return { username: body.username, password: body.secret, id: body.id }
}

test('R12: a service that acts for a user may what both of them may, and no more', async (t) => {
  t.is((await act('ann', 'GET', '/me')).body.username, 'ann')
  t.is((await act('ANN', 'GET', '/me')).body.username, 'ann', 'names are one in every case')
  const statuses: unknown[] = []
  for (const path of ['/projects/acme', '/projects/acme/members', '/audit?project=acme']) {
    statuses.push((await act('ann', 'GET', path)).status)
  }
  t.deepEqual(statuses, [200, 200, 200], 'what the service could not do itself')
  t.is((await act('ann', 'GET', '/projects/other')).status, 404, 'the service does not reach it')
  t.is((await act('ann', 'GET', '/projects/far')).status, 404, 'ann is no member')
  const { body } = await act('ann', 'GET', '/projects')
  t.deepEqual(
    body.items.map(({ name }: { name: string }) => name),
    ['acme'],
  )
  t.is((await act('ann', 'PATCH', '/projects/acme', { visibility: 'private' })).status, 200)
  t.is((await act('ann', 'GET', '/users')).status, 403)
  t.is((await service.request('GET', `${API}/me`, { as: portal })).status, 403, 'and is itself')
})

test('R12: without the right the header is 403 and never ignored; anonymous is 401', async (t) => {
  const { body: token } = await must('POST', '/me/tokens', { name: 'plain' })
  const permissions = [{ repositories: '**', actions: ['api', 'pull'] }]
  const { body: plain } = await must('POST', '/robots', { name: 'plain', permissions })
  const { body: inside } = await must('POST', '/projects/acme/robots', { name: 'in', permissions })
  const callers: readonly Credentials[] = [
    ADMIN,
    ANN,
    { username: 'admin', password: token.secret },
    { username: plain.username, password: plain.secret },
    { username: inside.username, password: inside.secret },
  ]
  for (const as of callers) {
    for (const [target, path] of [
      ['ann', '/projects'],
      ['nobody-at-all', '/me'],
    ] as const) {
      const { status, body } = await act(target, 'GET', path, undefined, { as })
      t.is(status, 403, `${as.username} ${path}`)
      t.is(
        body.detail,
        `${as.username} may not act on behalf of anybody; that takes a robot of the system to which an administrator gave onBehalfOf`,
      )
    }
  }
  const bearer = { authorization: `Bearer ${token.secret}`, [HEADER]: 'ann' }
  t.is((await service.request('GET', `${API}/me`, { headers: bearer })).status, 403)
  for (const path of ['/me', '/projects', '/repositories']) {
    const { status } = await service.request('GET', `${API}${path}`, {
      headers: { [HEADER]: 'ann' },
    })
    t.is(status, 401, path)
  }
  const wrong = { username: portal.username, password: `${portal.password}x` }
  t.is((await act('ann', 'GET', '/me', undefined, { as: wrong })).status, 401)
})

/** A request with as many lines of the header as there are targets. */
const askWithLines = (targets: readonly string[]): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = { authorization: basic(portal), [HEADER]: [...targets] }
    request(`${service.url}${API}/me`, { headers }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
  })

test('R12: a header that is doubled, empty, a list or no user name is 400', async (t) => {
  t.is(await askWithLines(['ann']), 200)
  for (const targets of [
    ['ann', 'ann'],
    ['ann', 'cat'],
    ['ann', ''],
    [''],
    ['ann,cat'],
    ['ann,'],
    [',ann'],
    ['robot$portal'],
    ['ann cat'],
    ['a..b'],
    ['a'.repeat(65)],
    ['anné'],
    ['../ann'],
  ]) {
    t.is(await askWithLines(targets), 400, JSON.stringify(targets))
  }
})

test.serial('R12: whoever cannot be a target is refused alike, with as many queries', async (t) => {
  await act('ann', 'GET', '/me')
  const answers = new Set<string>()
  const counts = new Set<number>()
  for (const target of [
    'nobody',
    'off',
    'gone',
    'boss',
    'aud',
    'cat',
    'ben',
    // In the group no longer, and with a role that another source claims.
    'late',
    'chief',
    'admin',
    'anonymous',
  ]) {
    let reply: Reply | undefined
    const { asked } = await countQueries(service, async () => {
      reply = await act(target, 'GET', '/me')
    })
    const { requestId, ...rest } = reply?.body ?? {}
    t.truthy(requestId)
    answers.add(JSON.stringify([reply?.status, rest]))
    counts.add(asked.length)
  }
  t.is(answers.size, 1)
  t.regex([...answers].join(), /^\[403,.*may not act on behalf of that user/)
  t.deepEqual([...counts], [1])
})

test('R12: no password, mail, role, member or robot is changed on behalf of somebody', async (t) => {
  const everywhere = [{ repositories: '**', actions: ['api', 'pull', 'push', 'delete'] }]
  const wide = await makeService('wide', { permissions: everywhere })
  const made = await makeToken('own-hand', { as: wide, rest: { permissions: everywhere } })
  await must('POST', '/projects/acme/robots', {
    name: 'there',
    permissions: [{ repositories: '**', actions: ['pull'] }],
  })
  const robot = { name: 'new', permissions: [{ repositories: '**', actions: ['pull'] }] }
  const changes: readonly (readonly [string, string, unknown?])[] = [
    ['PUT', '/me/password', { currentPassword: ANN.password, newPassword: 'quite-another-71' }],
    ['PATCH', '/users/ann', { email: 'x@example.com' }],
    ['PATCH', '/users/cat', { systemRole: 'administrator' }],
    ['PUT', '/users/ann/identity', { source: 'local' }],
    ['PUT', '/groups/staff/members/cat', {}],
    ['PUT', '/projects/acme/members/users/cat', { role: 'limitedGuest' }],
    ['PUT', '/projects/acme/members/groups/staff', { role: 'limitedGuest' }],
    ['DELETE', '/projects/acme/members/users/ann'],
    ['POST', '/projects/acme/robots', robot],
    ['PATCH', '/projects/acme/robots/there', { disabled: true }],
    ['POST', '/projects/acme/robots/there/secret', {}],
    ['DELETE', '/projects/acme/robots/there'],
    ['GET', '/me/identity-tokens'],
  ]
  for (const [method, path, json] of changes) {
    const acting = await act('ann', method, path, json, { as: wide })
    t.is(acting.status, 403, `${method} ${path}`)
    const byToken = await service.request(method, `${API}${path}`, { as: made, json })
    t.is(byToken.status, 403, `${method} ${path} by a token that was made so`)
  }
  t.is((await service.request('GET', `${API}/me`, { as: ANN })).status, 200)
})

test('R12: a token made on behalf of a user signs them in, within what the service may', async (t) => {
  const token = await makeToken('login')
  t.deepEqual(await granted(token), ['pull', 'push'], 'delete is not the service’s to give')
  const wider = { ...narrow('wider'), permissions: [{ repositories: '**', actions: ['pull'] }] }
  t.is((await act('ann', 'POST', '/me/tokens', wider)).status, 403)
  t.is((await act('ann', 'POST', '/me/tokens', { name: 'all' })).status, 403)
  const end = new Date(Date.now() + 3_600_000)
  const ending = await makeService('ending', { expiresAt: end.toISOString() })
  const longer = await act('ann', 'POST', '/me/tokens', narrow('longer'), { as: ending })
  t.is(longer.status, 403)
  t.regex(longer.body.detail, /would last longer/)
  const rest = { expiresAt: end.toISOString() }
  t.deepEqual(await granted(await makeToken('as-long', { as: ending, rest })), ['pull', 'push'])
})

/** The longest that another process may go on with what it remembers. */
const SECOND_MS = 1000

const isEndedWithinASecond = async (as: Credentials, url: string): Promise<boolean> => {
  const since = performance.now()
  do {
    if ((await granted(as, url)) === 401) return performance.now() - since <= SECOND_MS
    await sleep(20)
  } while (performance.now() - since < 3 * SECOND_MS)
  return false
}

async function endSoon(name: string): Promise<void> {
  const endsAt = Date.now() + 300
  await must('PATCH', `/robots/${name}`, { expiresAt: new Date(endsAt).toISOString() })
  await sleep(endsAt - Date.now())
}

const ENDINGS: readonly (readonly [string, (name: string) => Promise<unknown>])[] = [
  ['is disabled', (name) => must('PATCH', `/robots/${name}`, { disabled: true })],
  ['is deleted', (name) => must('DELETE', `/robots/${name}`)],
  ['ends', endSoon],
  ['may act for nobody any more', (name) => must('PATCH', `/robots/${name}`, { onBehalfOf: null })],
  ['may act for others now', (name) => must('PATCH', `/robots/${name}`, { onBehalfOf: 'crew' })],
  [
    'may do less than the token',
    (name) =>
      must('PATCH', `/robots/${name}`, {
        permissions: [{ repositories: 'acme/**', actions: ['api', 'pull'] }],
      }),
  ],
  ['has its group deleted', (name) => must('DELETE', `/groups/band-${name}`)],
  ['loses the user from its group', (name) => must('DELETE', `/groups/band-${name}/members/ann`)],
]

for (const [title, end] of ENDINGS) {
  test.serial(
    `R12: a token ends everywhere within a second when its service ${title}`,
    async (t) => {
      const name = `end-${ENDINGS.findIndex(([other]) => other === title)}`
      const group = `band-${name}`
      await must('POST', '/groups', { name: group })
      if (title.includes('others')) await must('POST', '/groups', { name: 'crew' })
      await must('PUT', `/groups/${group}/members/ann`, {})
      const as = await makeService(name, { onBehalfOf: group })
      const token = await makeToken(name, { as })
      const child = await service.request('POST', `${API}/me/tokens`, {
        as: token,
        json: narrow(`child of ${name}`),
      })
      const { username, secret: password } = child.body
      const grandchild = { username, password }
      for (const one of [token, grandchild]) {
        t.deepEqual(await granted(one), ['pull', 'push'])
        t.deepEqual(await granted(one, replica.url), ['pull', 'push'])
      }
      await end(name)
      t.is(await granted(token), 401)
      t.is(await granted(grandchild), 401, 'and so does what was made with it')
      t.true(await isEndedWithinASecond(token, replica.url))
      t.true(await isEndedWithinASecond(grandchild, replica.url))
      t.is((await service.request('GET', `${API}/me`, { as: token })).status, 401)
    },
  )
}

test.serial(
  'R12: a token that was made so is nothing while its owner has a system role',
  async (t) => {
    await must('POST', '/users', person('eve'))
    await addToStaff('eve')
    const token = await makeToken('risen', { target: 'eve' })
    t.deepEqual(await granted(token), [])
    await must('PATCH', '/users/eve', { systemRole: 'administrator' })
    t.is(await granted(token), 401)
    t.is((await act('eve', 'GET', '/me')).status, 403)
    await must('PATCH', '/users/eve', { systemRole: null })
    t.deepEqual(await granted(token), [])
  },
)

test('R12: the tokens that a robot made go with it', async (t) => {
  const as = await makeService('maker')
  const { id } = await makeToken('to-go', { as })
  t.is((await service.request('GET', `${API}/me/tokens/${id}`, { as: ANN })).status, 200)
  await must('DELETE', '/robots/maker')
  t.is((await service.request('GET', `${API}/me/tokens/${id}`, { as: ANN })).status, 404)
})

test('R12: whether the service may still act is looked at inside the transaction', async (t) => {
  const as = await makeService('inside')
  const { id, on_behalf_group_id: groupId } = await service
    .database('robots')
    .where({ name: 'inside' })
    .first()
  const { id: userId } = await service.database('users').where({ username: 'ann' }).first()
  const permissions = [{ repositories: ['acme/**'], actions: ['api', 'pull', 'push'] as const }]
  const subject: UserSubject = {
    kind: 'user',
    id: userId,
    username: 'ann',
    systemRole: undefined,
    systemRoleUntil: undefined,
    credential: { kind: 'onBehalfOf', id, permissions, expiresAt: undefined },
    agent: { id, username: as.username },
  }
  const origin = { address: '127.0.0.1', userAgent: undefined, requestId: 'r' }
  const refresh = () => refreshCaller(service.database, { subject, origin })
  const change = (columns: object) => service.database('robots').where({ id }).update(columns)
  t.deepEqual((await refresh()).subject, subject)

  await change({ permissions: JSON.stringify([{ repositories: ['acme/a'], actions: ['api'] }]) })
  const narrowed = (await refresh()).subject as UserSubject
  t.deepEqual(narrowed.credential?.permissions, [{ repositories: ['acme/a'], actions: ['api'] }])

  for (const [broken, whole] of [
    [{ disabled_at: new Date() }, { disabled_at: null }],
    [{ expires_at: new Date(Date.now() - 1000) }, { expires_at: null }],
    [{ on_behalf_group_id: null }, { on_behalf_group_id: groupId }],
    [
      { permissions: JSON.stringify([{ repositories: ['**'], actions: ['pull'] }]) },
      { permissions: JSON.stringify(permissions) },
    ],
  ]) {
    await change(broken ?? {})
    await t.throwsAsync(refresh, { message: /may do so no more/ }, JSON.stringify(broken))
    await change(whole ?? {})
  }
  t.deepEqual((await refresh()).subject, subject)
  await must('DELETE', '/robots/inside')
  await t.throwsAsync(refresh, { message: /may do so no more/ })
})

test('R12: what is done on behalf of somebody is recorded as both, also a refusal', async (t) => {
  await makeToken('recorded')
  await act('ann', 'PUT', '/projects/acme/members/users/ben', { role: 'guest' })
  const read = async (query: string) =>
    (await must('GET', `/audit?${query}`)).body.items.map(
      ({ actor, onBehalfOf, action }: Record<string, unknown>) => ({ actor, onBehalfOf, action }),
    )
  const actor = 'robot$portal'
  const done = await read(`actor=${encodeURIComponent(actor)}&action=access-token.create`)
  t.deepEqual(done[0], { actor, onBehalfOf: 'ann', action: 'access-token.create' })
  const { actor_id: actorId } = await service
    .database('audit')
    .where({ actor_name: actor, action: 'access-token.create' })
    .first()
  t.is(actorId, null)
  const refused = `actor=${encodeURIComponent(actor)}&action=request.refuse&target=${encodeURIComponent('PUT /api/v1/projects/acme/members/users/ben')}`
  while ((await read(refused)).length === 0) await sleep(50)
  t.deepEqual(await read(refused), [{ actor, onBehalfOf: 'ann', action: 'request.refuse' }])
  const exported = await service.admin(
    'GET',
    `${API}/audit/export?format=csv&action=request.refuse`,
  )
  t.regex(exported.body, /"robot\$portal","ann","request\.refuse"/)
  const lines = service
    .logged()
    .split('\n')
    .map((text) => JSON.parse(text))
    .filter(({ path, subject }) => path === '/api/v1/me/tokens' && subject === actor)
  t.true(lines.some(({ onBehalfOf }) => onBehalfOf === 'ann'))
})

test('R12: who tries to act and may not is in the record', async (t) => {
  await act('cat', 'GET', '/me')
  await act('ann', 'GET', '/me', undefined, { as: person('ben') })
  for (const actor of ['robot$portal', 'ben']) {
    const query = `actor=${encodeURIComponent(actor)}&action=signin.onBehalfOf`
    const find = async () => (await must('GET', `/audit?${query}`)).body.items
    while ((await find()).length === 0) await sleep(50)
    t.like((await find())[0], { actor, target: actor, outcome: 'failed' })
  }
})

test('R12: the realm refuses the header, also where it remembers the answer', async (t) => {
  const ask = (headers: Record<string, string> = {}) =>
    service.request('GET', TOKEN_PATH, { as: portal, headers })
  for (let time = 0; time < 3; time++) t.is((await ask()).status, 200)
  const { status, body } = await ask({ [HEADER]: 'ann' })
  t.is(status, 400)
  t.is(body.errors[0].code, 'UNSUPPORTED')
  t.regex(body.error_description, /^nobody acts for others here/)
  t.is((await ask({ [HEADER]: '' })).status, 400)
  const anonymous = await service.request('GET', TOKEN_PATH, { headers: { [HEADER]: 'ann' } })
  t.is(anonymous.status, 400)
  const form = await service.request('POST', '/auth/token', {
    headers: { 'content-type': 'application/x-www-form-urlencoded', [HEADER]: 'ann' },
    raw: new URLSearchParams({
      grant_type: 'password',
      service: 'registry-warden',
      ...portal,
    }).toString(),
  })
  t.is(form.status, 400)
  t.is((await ask()).status, 200)
})

test('R35: who acts, for whom and alone are told apart by Idempotency-Key and by the rate', async (t) => {
  await must('POST', '/users', person('dan'))
  await addToStaff('dan')
  const other = await makeService('second')
  const headers = { 'idempotency-key': 'one-key-for-all' }
  const made = new Set<number>()
  for (const [target, as] of [
    ['ann', portal],
    ['dan', portal],
    ['ann', other],
  ] as const) {
    const json = narrow(`key of ${as.username}`)
    const reply = await act(target, 'POST', '/me/tokens', json, { as, headers })
    t.is(reply.status, 201)
    t.false(reply.headers.has('idempotent-replayed'))
    made.add(reply.body.id)
  }
  t.is(made.size, 3)
  const again = await act('ann', 'POST', '/me/tokens', narrow('key of robot$portal'), { headers })
  t.is(again.headers.get('idempotent-replayed'), 'true')
  t.false('secret' in again.body)

  const left = async (reply: Promise<Reply>): Promise<number> =>
    Number((await reply).headers.get('ratelimit-remaining'))
  const fresh = await makeService('fresh')
  const first = await left(act('dan', 'GET', '/me', undefined, { as: fresh }))
  t.is(await left(act('dan', 'GET', '/me', undefined, { as: fresh })), first - 1)
  t.is(await left(act('ann', 'GET', '/me', undefined, { as: fresh })), first, 'for another user')
  t.is(await left(service.request('GET', `${API}/projects`, { as: fresh })), first, 'as itself')
})

test('R12: the networks of the service hold where it acts', async (t) => {
  const far = await makeService('afar', { networks: ['10.9.0.0/16'] })
  t.is((await act('ann', 'GET', '/me', undefined, { as: far })).status, 401)
  const headers = { 'x-forwarded-for': '10.9.8.7' }
  t.is((await act('ann', 'GET', '/me', undefined, { as: far, headers })).status, 200)
})

test('R12: an administrator with all rights gives the right, and changes who has it', async (t) => {
  const permissions = [{ repositories: '**', actions: ['api', 'pull'] }]
  const robot = { name: 'granted', permissions, onBehalfOf: 'staff' }
  const { body: narrowToken } = await must('POST', '/me/tokens', { name: 'narrowed', permissions })
  const narrowed = { username: 'admin', password: narrowToken.secret }
  const as = (who: Credentials, method: string, path: string, json?: unknown) =>
    service.request(method, `${API}${path}`, { as: who, json })
  t.is((await as(ANN, 'POST', '/robots', robot)).status, 403)
  t.is((await as(person('aud'), 'POST', '/robots', robot)).status, 403)
  t.is((await as(narrowed, 'POST', '/robots', robot)).status, 403)
  const made = await as(ADMIN, 'POST', '/robots', robot)
  t.is(made.status, 201)
  t.is(made.body.onBehalfOf, 'staff')
  for (const [method, path, json] of [
    ['PATCH', '/robots/granted', { onBehalfOf: null }],
    ['PATCH', '/robots/granted', { description: 'x' }],
    ['PATCH', '/robots/granted', { disabled: false }],
    ['POST', '/robots/granted/secret', {}],
  ] as const) {
    t.is((await as(narrowed, method, path, json)).status, 403, `${method} ${JSON.stringify(json)}`)
  }
  t.is((await as(narrowed, 'PATCH', '/robots/granted', { disabled: true })).status, 200)
  t.is((await must('GET', '/robots/granted')).body.onBehalfOf, 'staff')
  t.is((await must('PATCH', '/robots/granted', { onBehalfOf: null })).body.onBehalfOf, null)
  t.is((await as(narrowed, 'PATCH', '/robots/granted', { onBehalfOf: 'staff' })).status, 403)
})

test('R12: the right is of robots of the system, for a group that is there', async (t) => {
  const permissions = [{ repositories: '**', actions: ['pull'] }]
  const bad = async (method: string, path: string, json: object): Promise<unknown> =>
    (await service.admin(method, `${API}${path}`, json)).status
  const robot = { name: 'project-robot', permissions }
  t.is(await bad('POST', '/projects/acme/robots', { ...robot, onBehalfOf: 'staff' }), 400)
  await must('POST', '/projects/acme/robots', robot)
  t.is(await bad('PATCH', '/projects/acme/robots/project-robot', { onBehalfOf: 'staff' }), 400)
  t.is(await bad('POST', '/robots', { ...robot, onBehalfOf: 'nowhere' }), 400)
  await must('POST', '/groups', { name: 'brief' })
  await must('POST', '/robots', { name: 'brief', permissions, onBehalfOf: 'brief' })
  t.is(await bad('PATCH', '/robots/brief', { onBehalfOf: 'nowhere' }), 400)
  await must('DELETE', '/groups/brief')
  t.is((await must('GET', '/robots/brief')).body.onBehalfOf, null)
  await must('POST', '/groups', { name: 'brief' })
  t.is((await must('GET', '/robots/brief')).body.onBehalfOf, null, 'a later group is another one')
})

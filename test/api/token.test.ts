import { setTimeout as pause } from 'node:timers/promises'
import test from 'ava'
import { ADMIN, type Credentials, type Service, startService } from '../support/service.ts'

let service: Service
const DEV = { username: 'dev', password: 'devs-own-pw-7' }
const OUT = { username: 'out', password: 'outs-own-pw-7' }

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
  for (const user of [DEV, OUT]) await service.admin('POST', '/api/v1/users', user)
  await service.admin('POST', '/api/v1/projects', { name: 'acme' })
  await service.admin('POST', '/api/v1/projects', { name: 'open', visibility: 'public' })
  await service.admin('PUT', '/api/v1/projects/acme/members/users/dev', { role: 'developer' })
})
test.after.always(() => service.stop())

interface Claims {
  readonly sub: string
  readonly exp: number
  readonly iat: number
  readonly access: readonly unknown[]
}

const ask = (query: string, as?: Credentials) =>
  service.request('GET', `/auth/token?service=registry-warden${query}`, as ? { as } : {})

const claimsOf = async (query: string, as?: Credentials): Promise<Claims> => {
  const { body } = await ask(query, as)
  return JSON.parse(Buffer.from(body.token.split('.')[1], 'base64url').toString('utf8'))
}

const repository = (name: string, ...actions: readonly string[]) => ({
  type: 'repository',
  name,
  actions,
})

test('a login without a scope is a token for nothing', async (t) => {
  const { status, body } = await ask('&account=dev&client_id=docker&offline_token=true', DEV)
  t.is(status, 200)
  t.deepEqual(Object.keys(body).sort(), ['access_token', 'expires_in', 'token'])
  t.is(body.token, body.access_token)
  t.is(body.expires_in, 300)
  const claims = await claimsOf('', DEV)
  t.deepEqual([claims.sub, claims.access], ['dev', []])
})

for (const [outcome, who, scope, access] of [
  [
    'a developer pulls and pushes',
    DEV,
    'repository:acme/app:push,pull',
    [repository('acme/app', 'pull', 'push')],
  ],
  ['a developer deletes nothing', DEV, 'repository:acme/app:delete', []],
  [
    'a star is all that is allowed',
    DEV,
    'repository:acme/app:*',
    [repository('acme/app', 'pull', 'push')],
  ],
  [
    'a push brings its pull',
    DEV,
    'repository:acme/app:push',
    [repository('acme/app', 'pull', 'push')],
  ],
  ['who has no right gets nothing', OUT, 'repository:acme/app:pull,push', []],
  [
    'anonymous pulls what is public',
    undefined,
    'repository:open/app:pull,push',
    [repository('open/app', 'pull')],
  ],
  ['anonymous gets nothing that is private', undefined, 'repository:acme/app:pull', []],
  [
    'an administrator gets all',
    ADMIN,
    'repository:acme/app:*',
    [repository('acme/app', 'pull', 'push', 'delete')],
  ],
  [
    'nobody pushes where there is no project',
    ADMIN,
    'repository:none/app:pull,push',
    [repository('none/app', 'pull')],
  ],
  [
    'a name without a slash is of the library',
    ADMIN,
    'repository:ubuntu:pull,push',
    [repository('ubuntu', 'pull', 'push')],
  ],
  [
    'the catalog is for administrators',
    ADMIN,
    'registry:catalog:*',
    [{ type: 'registry', name: 'catalog', actions: ['*'] }],
  ],
  ['the catalog is for nobody else', DEV, 'registry:catalog:*', []],
  ['R18: upper case gets nothing', ADMIN, 'repository:acme/App:pull', []],
  ['R18: a host in the name gets nothing', ADMIN, 'repository:host:5000/acme/app:pull', []],
  [
    'R18: a reserved word in the name cannot be pushed',
    ADMIN,
    'repository:acme/app/tags:pull,push',
    [repository('acme/app/tags', 'pull')],
  ],
  ['an unknown type gets nothing', ADMIN, 'cluster:acme:pull', []],
  ['an unknown action gets nothing', ADMIN, 'repository:acme/app:paint', []],
] as const) {
  test(`${outcome}: ${scope}`, async (t) => {
    const query = `&scope=${encodeURIComponent(scope)}`
    t.deepEqual((await claimsOf(query, who)).access, [...access])
  })
}

test('several scopes are granted each by itself, repeated or in one value', async (t) => {
  const query =
    '&scope=repository:acme/app:pull%20repository:open/app:pull&scope=repository:acme/app:push'
  t.deepEqual((await claimsOf(query, DEV)).access, [
    repository('acme/app', 'pull', 'push'),
    repository('open/app', 'pull'),
  ])
})

test('R3: a token ends with the membership that it stands on', async (t) => {
  const expiresAt = new Date(Date.now() + 200_000).toISOString()
  await service.admin('POST', '/api/v1/projects', { name: 'ending' })
  const path = '/api/v1/projects/ending/members/users/dev'
  await service.admin('PUT', path, { role: 'developer', expiresAt })
  const { exp, iat } = await claimsOf('&scope=repository:ending/app:pull,push', DEV)
  t.true(exp - iat <= 200 && exp - iat >= 190)
})

for (const [why, path, code] of [
  ['no service', '/auth/token', 'UNSUPPORTED'],
  ['another service', '/auth/token?service=other', 'UNSUPPORTED'],
  ['two services', '/auth/token?service=registry-warden&service=x', 'UNSUPPORTED'],
  ['a broken scope', '/auth/token?service=registry-warden&scope=acme/app', 'NAME_INVALID'],
  [
    'too many scopes',
    `/auth/token?service=registry-warden${'&scope=repository:a/b:pull'.repeat(26)}`,
    'NAME_INVALID',
  ],
  ['R19: a password in the query', '/auth/token?service=registry-warden&password=x', 'UNSUPPORTED'],
  [
    'R19: a token in the query',
    '/auth/token?service=registry-warden&access_token=x',
    'UNSUPPORTED',
  ],
] as const) {
  test(`${why} is 400 with its reason`, async (t) => {
    const { status, body } = await service.request('GET', path)
    t.is(status, 400)
    t.is(body.errors[0].code, code)
    t.true(body.errors[0].message.length > 20)
  })
}

test('wrong credentials are never taken for none', async (t) => {
  const { status } = await ask('&scope=repository:open/app:pull', { ...DEV, password: 'no-no-no' })
  t.is(status, 401)
  const bearer = await service.request('GET', '/auth/token?service=registry-warden', {
    headers: { authorization: 'Bearer abc' },
  })
  t.is(bearer.status, 401)
})

test('R3: our registry token opens nothing in the API', async (t) => {
  const { body } = await ask('&scope=registry:catalog:*', ADMIN)
  const { status } = await service.request('GET', '/api/v1/users', {
    headers: { authorization: `Bearer ${body.token}` },
  })
  t.is(status, 401)
})

const tick = (): Promise<void> => pause(5)

let asked = 0

/** Asks for a token as if from that address; never the same twice, so that no answer is repeated. */
const askFrom = (crowded: Service, address: string, as: Credentials) =>
  crowded.request('GET', `/auth/token?service=registry-warden&n=${asked++}`, {
    as,
    headers: { 'x-forwarded-for': address },
    takesBusy: true,
  })

/** Wrong passwords, never the same twice, so many at once for as long as `work` runs. */
async function duringFlood(
  crowded: Service,
  addresses: readonly string[],
  work: (statuses: readonly number[]) => Promise<void>,
): Promise<readonly number[]> {
  const statuses: number[] = []
  let isOver = false
  const sendWrong = async (address: string, sender: number): Promise<void> => {
    for (let i = 0; !isOver; i++) {
      const wrong = { username: 'admin', password: `wrong-wrong-${sender}-${i}` }
      statuses.push((await askFrom(crowded, address, wrong)).status)
    }
  }
  const flood = addresses.map(sendWrong)
  try {
    while (statuses.length < 40) await tick()
    await work(statuses)
  } finally {
    isOver = true
    await Promise.all(flood)
  }
  return statuses
}

const startCrowded = (env: Readonly<Record<string, string>> = {}) =>
  startService({
    registryUrl: 'http://127.0.0.1:9',
    // The throttle would end the crowds that these tests are about.
    env: { WARDEN_HASH_CONCURRENCY: '1', WARDEN_SIGN_IN_FAILURES: '1000000', ...env },
  })

test('R17: too many passwords at once are 503 with Retry-After, and nobody is let in', async (t) => {
  const crowded = await startCrowded({ WARDEN_HASH_QUEUE: '2' })
  try {
    const replies = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        askFrom(crowded, '203.0.113.9', {
          username: 'nobody',
          password: `wrong-wrong-${index}`,
        }),
      ),
    )
    const statuses = new Set(replies.map(({ status }) => status))
    t.deepEqual([...statuses].sort(), [401, 503])
    const busy = replies.find(({ status }) => status === 503)
    t.is(busy?.headers.get('retry-after'), '2')
    t.is(busy?.body.errors[0].code, 'TOOMANYREQUESTS')
  } finally {
    await crowded.stop()
  }
})

test('R17: a flood from one address keeps nobody of another network out', async (t) => {
  const crowded = await startCrowded()
  try {
    const people = Array.from({ length: 8 }, (_, i) => ({ ...DEV, username: `admin${i}` }))
    for (const person of people) {
      const user = { ...person, systemRole: 'administrator' }
      await crowded.admin('POST', '/api/v1/users', user)
    }
    const answers: number[] = []
    const flood = Array.from({ length: 30 }, () => '203.0.113.9')
    const statuses = await duringFlood(crowded, flood, async () => {
      // Each signs in for the first time, so that each needs a hash of its own.
      for (const person of people) {
        answers.push((await askFrom(crowded, '198.51.100.7', person)).status)
      }
    })
    t.deepEqual(answers, [200, 200, 200, 200, 200, 200, 200, 200])
    t.deepEqual([...new Set(statuses)].sort(), [401, 503])
  } finally {
    await crowded.stop()
  }
})

test('R17: a flood from everywhere keeps nobody out who signed in from there before', async (t) => {
  // So few proofs are kept that those of the flood push out every other.
  const crowded = await startCrowded({ WARDEN_HASH_QUEUE: '16', WARDEN_CACHE_PROOFS: '100' })
  const home = '198.51.100.7'
  try {
    t.is((await askFrom(crowded, home, ADMIN)).status, 200)
    const flood = Array.from({ length: 30 }, (_, i) => `203.0.${i}.9`)
    const answers: number[] = []
    await duringFlood(crowded, flood, async (statuses) => {
      const proofs = (): number => statuses.filter((status) => status === 401).length
      const before = proofs()
      while (proofs() < before + 120) await tick()
      for (const password of ['mistyped-1', 'mistyped-2', 'mistyped-3', ADMIN.password]) {
        answers.push((await askFrom(crowded, home, { ...ADMIN, password })).status)
      }
    })
    t.deepEqual(answers, [401, 401, 401, 200])
  } finally {
    await crowded.stop()
  }
})

const post = (form: Readonly<Record<string, string>>, type = 'application/x-www-form-urlencoded') =>
  service.request('POST', '/auth/token', {
    raw: new URLSearchParams(form).toString(),
    headers: { 'content-type': type },
  })

const FORM = {
  grant_type: 'password',
  service: 'registry-warden',
  client_id: 'containerd-client',
  username: 'dev',
  password: DEV.password,
  scope: 'repository:acme/app:pull repository:acme/app:pull,push',
}

for (const type of [
  'application/x-www-form-urlencoded',
  'application/x-www-form-urlencoded; charset=utf-8',
]) {
  test(`a token by form, sent as ${type}, tells the granted scope`, async (t) => {
    const { status, body } = await post(FORM, type)
    t.is(status, 200)
    t.is(body.access_token, body.token)
    t.is(body.expires_in, 900)
    t.is(body.scope, 'repository:acme/app:pull,push')
  })
}

for (const [why, change, status, error] of [
  ['a wrong password', { password: 'wrong-wrong' }, 401, 'invalid_grant'],
  ['no password', { password: '' }, 401, 'invalid_grant'],
  ['an unknown grant', { grant_type: 'magic' }, 400, 'invalid_request'],
  ['another service', { service: 'other' }, 400, 'invalid_request'],
  ['a broken scope', { scope: 'acme' }, 400, 'invalid_scope'],
] as const) {
  test(`a form with ${why} is ${status} ${error}`, async (t) => {
    const reply = await post({ ...FORM, ...change })
    t.deepEqual([reply.status, reply.body.error], [status, error])
  })
}

test('a form field that comes twice, or nested, is 400', async (t) => {
  for (const raw of ['grant_type=password&grant_type=password', 'grant_type[a]=password']) {
    const { status } = await service.request('POST', '/auth/token', {
      raw: `${raw}&service=registry-warden&username=dev&password=${DEV.password}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    t.is(status, 400)
  }
})

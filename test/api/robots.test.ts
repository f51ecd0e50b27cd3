import test from 'ava'
import { createLastUse } from '../../src/credentials/last-use.ts'
import { createSecret } from '../../src/credentials/secret.ts'
import { countQueries } from '../support/count-queries.ts'
import { type Credentials, type Reply, type Service, startService } from '../support/service.ts'

const PAT = { username: 'pat', password: 'pats-own-pw-7' }
const GUS = { username: 'gus', password: 'guss-own-pw-7' }
const OUT = { username: 'out', password: 'outs-own-pw-7' }
const IN_ACME = '/api/v1/projects/acme/robots'
const PULL = [{ repositories: ['**'], actions: ['pull'] }]
const WRONG = 'the user name or the password is wrong'

let service: Service
/** What the service takes for now; moved by tests that are alone with it. */
let offsetMs = 0

test.before(async () => {
  service = await startService({
    registryUrl: 'http://127.0.0.1:9',
    now: () => new Date(Date.now() + offsetMs),
  })
  for (const user of [PAT, GUS, OUT]) await service.admin('POST', '/api/v1/users', user)
  for (const name of ['acme', 'other']) {
    await service.admin('POST', '/api/v1/projects', { name })
    const path = `/api/v1/projects/${name}/members/users`
    await service.admin('PUT', `${path}/pat`, { role: 'projectAdmin' })
    await service.admin('PUT', `${path}/gus`, { role: 'guest' })
  }
})

test.after.always(() => service?.stop())

const call = (as: Credentials, method: string, path: string, json?: unknown): Promise<Reply> =>
  service.request(method, path, { as, ...(json === undefined ? {} : { json }) })

interface MadeRobot extends Credentials {
  readonly path: string
}

const makeRobot = async (
  name: string,
  rest: object = {},
  { as = PAT, home = IN_ACME }: { as?: Credentials; home?: string } = {},
): Promise<MadeRobot> => {
  const { status, body } = await call(as, 'POST', home, { name, permissions: PULL, ...rest })
  if (status !== 201) throw new Error(JSON.stringify(body))
  return { username: body.username, password: body.secret, path: `${home}/${name}` }
}

/** Access of the token, or why there is none. */
const granted = async (
  as: Credentials,
  scope = 'repository:acme/app:pull,push',
  from = '127.0.0.1',
): Promise<unknown> => {
  const reply = await service.request('GET', `/auth/token?service=registry-warden&scope=${scope}`, {
    as,
    headers: { 'x-forwarded-for': from },
  })
  if (reply.status !== 200) return reply.body.error_description
  return JSON.parse(Buffer.from(reply.body.token.split('.')[1], 'base64url').toString()).access
}

const access = (name: string, ...actions: readonly string[]) => [
  { type: 'repository', name, actions },
]

const inSeconds = (seconds: number): string =>
  new Date(Date.now() + offsetMs + seconds * 1000).toISOString()

test('a robot is made once with its secret, read and listed without it', async (t) => {
  const made = await call(PAT, 'POST', IN_ACME, {
    name: 'full',
    description: 'builds',
    permissions: [{ repositories: 'web/**', actions: ['push', 'pull', 'push'] }],
    networks: ['10.0.0.0/8', '::1'],
    expiresAt: '2031-01-01T00:00:00+08:00',
  })
  t.is(made.status, 201)
  t.is(made.headers.get('location'), `${IN_ACME}/full`)
  const { secret, createdAt, updatedAt, ...rest } = made.body
  t.regex(secret, /^rwr_[0-9A-Za-z]{49}$/)
  t.is(createdAt, updatedAt)
  t.deepEqual(rest, {
    name: 'full',
    username: 'robot$acme+full',
    project: 'acme',
    description: 'builds',
    permissions: [{ repositories: ['web/**'], actions: ['push', 'pull'] }],
    networks: ['10.0.0.0/8', '::1'],
    onBehalfOf: null,
    expiresAt: '2030-12-31T16:00:00.000Z',
    disabled: false,
    previousSecretEndsAt: null,
    lastUsedAt: null,
  })
  const read = await call(PAT, 'GET', `${IN_ACME}/full`)
  t.deepEqual(read.body, { ...rest, createdAt, updatedAt })
  const list = await call(GUS, 'GET', IN_ACME)
  t.true(list.body.items.some(({ name }: { name: string }) => name === 'full'))
  const rows = await service.database('robots').select()
  t.false(JSON.stringify([read.body, list.body, rows]).includes(secret))
})

test('a robot is changed field by field, emptied by null, and deleted', async (t) => {
  const { path } = await makeRobot('changing', { description: 'one', networks: ['10.0.0.0/8'] })
  const one = await call(PAT, 'PATCH', path, { description: 'two' })
  t.like(one.body, { description: 'two', networks: ['10.0.0.0/8'], disabled: false })
  const two = await call(PAT, 'PATCH', path, { description: null, networks: null, disabled: true })
  t.like(two.body, { description: null, networks: null, disabled: true })
  t.is((await call(PAT, 'DELETE', path)).status, 204)
  for (const [method, rest, json] of [
    ['GET', ''],
    ['PATCH', '', { disabled: true }],
    ['DELETE', ''],
    ['POST', '/secret', {}],
  ] as const) {
    const reply = await call(PAT, method, `${path}${rest}`, json)
    t.deepEqual([reply.status, reply.body.errors[0].code], [404, 'ROBOT_UNKNOWN'], method)
  }
})

test('robots of the system are for administrators', async (t) => {
  const home = '/api/v1/robots'
  t.is((await call(PAT, 'POST', home, { name: 'sys', permissions: PULL })).status, 403)
  t.is((await call(PAT, 'GET', home)).status, 403)
  const made = await service.admin('POST', home, {
    name: 'sys',
    permissions: [{ repositories: ['acme/**', 'other/app'], actions: ['pull'] }],
  })
  t.deepEqual([made.status, made.body.username, made.body.project], [201, 'robot$sys', null])
  const robot = { username: 'robot$sys', password: made.body.secret }
  t.deepEqual(await granted(robot), access('acme/app', 'pull'))
  t.deepEqual(await granted(robot, 'repository:other/app:*'), access('other/app', 'pull'))
  t.deepEqual(await granted(robot, 'repository:other/x:pull'), [])
  t.is((await service.admin('GET', `${home}/sys`)).status, 200)
  t.is((await service.admin('PATCH', `${home}/sys`, { disabled: true })).body.disabled, true)
  t.is((await service.admin('POST', `${home}/sys/secret`, {})).status, 200)
  t.is((await service.admin('DELETE', `${home}/sys`)).status, 204)
})

test('a robot of one project is nowhere under another, nor under the system', async (t) => {
  const { path } = await makeRobot('homebody')
  const calls = [
    ['GET', ''],
    ['PATCH', '', { disabled: true }],
    ['DELETE', ''],
    ['POST', '/secret', {}],
  ] as const
  for (const home of ['/api/v1/projects/other/robots', '/api/v1/robots']) {
    for (const [method, rest, json] of calls) {
      const reply = await service.admin(method, `${home}/homebody${rest}`, json)
      t.is(reply.status, 404, `${method} ${home}${rest}`)
    }
  }
  t.is((await call(PAT, 'GET', path)).body.disabled, false)
})

test('a guest reads robots and changes none; who is not in the project sees no project', async (t) => {
  const { path } = await makeRobot('looked-at')
  const calls = [
    ['GET', path, undefined, 200],
    ['GET', IN_ACME, undefined, 200],
    ['POST', IN_ACME, { name: 'mine', permissions: PULL }, 403],
    ['PATCH', path, { disabled: true }, 403],
    ['POST', `${path}/secret`, {}, 403],
    ['DELETE', path, undefined, 403],
  ] as const
  for (const [method, at, json, status] of calls) {
    t.is((await call(GUS, method, at, json)).status, status, `guest ${method} ${at}`)
    t.is((await call(OUT, method, at, json)).status, 404, `stranger ${method} ${at}`)
  }
})

test('a robot reaches its project alone, whatever its patterns say', async (t) => {
  const robot = await makeRobot('bound', {
    permissions: [{ repositories: ['**', 'other/**'], actions: ['pull', 'push', 'delete'] }],
  })
  t.deepEqual(
    await granted(robot, 'repository:acme/x:*'),
    access('acme/x', 'pull', 'push', 'delete'),
  )
  for (const name of ['other/app', 'acme', 'library/app', 'none/app']) {
    t.deepEqual(await granted(robot, `repository:${name}:*`), [], name)
  }
  t.deepEqual(await granted(robot, 'registry:catalog:*'), [])
})

test('a robot without the action api has no business in the API, and none there makes anything', async (t) => {
  const plain = await makeRobot('no-api')
  t.is((await call(plain, 'GET', '/api/v1/me')).status, 403)
  const wide = await makeRobot('with-api', {
    permissions: [{ repositories: '**', actions: ['pull', 'push', 'delete', 'api'] }],
  })
  const tries = [
    ['POST', IN_ACME, { name: 'child', permissions: PULL }],
    ['PATCH', plain.path, { disabled: true }],
    ['POST', `${plain.path}/secret`, {}],
    ['DELETE', plain.path],
    ['POST', '/api/v1/me/tokens', { name: 'mine' }],
    ['PUT', '/api/v1/projects/acme/members/users/out', { role: 'guest' }],
  ] as const
  for (const [method, path, json] of tries) {
    t.is((await call(wide, method, path, json)).status, 403, `R11 ${method} ${path}`)
  }
})

/** An access token of pat that may do so much. */
const tokenOf = async (name: string, rest: object): Promise<Credentials> => {
  const { body } = await call(PAT, 'POST', '/api/v1/me/tokens', { name, ...rest })
  return { username: 'pat', password: body.secret }
}

test('R11: a narrow token makes, widens, switches on, prolongs and rotates no robot above its own rights', async (t) => {
  const token = await tokenOf('robots', {
    permissions: [{ repositories: 'acme/**', actions: ['pull', 'api'] }],
  })
  const push = [{ repositories: ['**'], actions: ['push'] }]
  const wide = await makeRobot('wide', { permissions: push, expiresAt: inSeconds(1000) })
  await call(PAT, 'PATCH', wide.path, { disabled: true })
  const tries = [
    ['make', 'POST', IN_ACME, { name: 'more', permissions: push }],
    ['switch on', 'PATCH', wide.path, { disabled: false }],
    ['prolong', 'PATCH', wide.path, { expiresAt: inSeconds(9000) }],
    ['prolong for ever', 'PATCH', wide.path, { expiresAt: null }],
    ['open to all networks', 'PATCH', wide.path, { networks: null }],
    ['rotate', 'POST', `${wide.path}/secret`, {}],
  ] as const
  for (const [what, method, path, json] of tries) {
    t.is((await call(token, method, path, json)).status, 403, what)
  }
  const own = await makeRobot('within', {}, { as: token })
  t.is((await call(token, 'PATCH', own.path, { permissions: push })).status, 403)
  t.is((await call(token, 'POST', `${own.path}/secret`, {})).status, 200)
  t.is((await call(token, 'PATCH', own.path, { description: 'fine' })).status, 200)
  t.is((await call(token, 'PATCH', wide.path, { disabled: true })).status, 200)
})

test('R11: a token of one project does nothing to the robots of another', async (t) => {
  const token = await tokenOf('acme only', {
    permissions: [{ repositories: 'acme/**', actions: ['pull', 'push', 'api'] }],
  })
  const home = '/api/v1/projects/other/robots'
  const { path } = await makeRobot('far', {}, { home })
  for (const [method, at, json] of [
    ['GET', path],
    ['POST', home, { name: 'x', permissions: PULL }],
    ['PATCH', path, { disabled: true }],
    ['POST', `${path}/secret`, {}],
    ['DELETE', path],
  ] as const) {
    t.is((await call(token, method, at, json)).status, 404, `${method} ${at}`)
  }
})

test('R11: a robot made with a token that ends does not outlive it', async (t) => {
  const expiresAt = inSeconds(5000)
  const token = await tokenOf('ending', { expiresAt })
  const make = (name: string, end?: string) =>
    call(token, 'POST', IN_ACME, { name, permissions: PULL, ...(end && { expiresAt: end }) })
  t.is((await make('forever')).status, 403)
  t.is((await make('longer', inSeconds(6000))).status, 403)
  t.is((await make('as-long', expiresAt)).status, 201)
  t.is((await call(token, 'PATCH', `${IN_ACME}/as-long`, { expiresAt: null })).status, 403)
})

test('R3: a robot does not outlive the membership of who makes or changes it', async (t) => {
  const expiresAt = inSeconds(5000)
  const tim = { username: 'tim', password: 'tims-own-pw-7' }
  await service.admin('POST', '/api/v1/users', tim)
  const member = { role: 'projectAdmin', expiresAt }
  await service.admin('PUT', '/api/v1/projects/acme/members/users/tim', member)
  const make = (name: string, end?: string) =>
    call(tim, 'POST', IN_ACME, { name, permissions: PULL, ...(end && { expiresAt: end }) })
  const refused = await make('tims')
  t.is(refused.status, 403)
  t.is(
    refused.body.detail,
    `this would last longer than your own right to it; set expiresAt to ${expiresAt} or earlier`,
  )
  t.is((await make('tims', inSeconds(6000))).status, 403)
  t.is((await make('tims', inSeconds(4000))).status, 201)
  const { path } = await makeRobot('pats-own')
  t.is((await call(tim, 'POST', `${path}/secret`, {})).status, 403)
  t.is((await call(tim, 'PATCH', path, { description: 'x' })).status, 403)
  t.is((await call(tim, 'PATCH', path, { disabled: true })).status, 200)
})

test('networks are those of the address that the trusted proxy wrote, also where all is warm', async (t) => {
  const robot = await makeRobot('near', { networks: ['203.0.113.0/24', '2001:db8::/32'] })
  const scope = 'repository:acme/app:pull'
  for (let times = 0; times < 3; times++) {
    t.deepEqual(await granted(robot, scope, '203.0.113.9'), access('acme/app', 'pull'))
    t.deepEqual(await granted(robot, scope, '2001:db8::7'), access('acme/app', 'pull'))
    for (const from of [
      '198.51.100.7',
      '203.0.114.1',
      '2001:db9::7',
      '203.0.113.9, 198.51.100.7',
    ]) {
      const [address] = from.split(', ').toReversed()
      t.is(
        await granted(robot, scope, from),
        `the robot robot$acme+near may not sign in from ${address}`,
      )
    }
  }
  // What a client invents stands further left.
  t.deepEqual(await granted(robot, scope, '198.51.100.7, 203.0.113.9'), access('acme/app', 'pull'))
})

test.serial('the answer of a robot with networks is worked out anew each time', async (t) => {
  const ask = async (as: Credentials): Promise<string> => {
    const path = '/auth/token?service=registry-warden&scope=repository:acme/app:pull'
    return (await service.request('GET', path, { as })).body.token
  }
  const [bound, free] = [
    await makeRobot('bound-here', { networks: ['127.0.0.0/8', '::1'] }),
    await makeRobot('free'),
  ]
  for (const [robot, count] of [
    [bound, 3],
    [free, 1],
  ] as const) {
    await ask(robot)
    const tokens = [await ask(robot), await ask(robot), await ask(robot)]
    t.is(new Set(tokens).size, count, robot.username)
  }
})

test('a disabled robot is refused at once, also where its answers were warm, and comes back', async (t) => {
  const robot = await makeRobot('switched')
  for (let times = 0; times < 3; times++)
    t.deepEqual(await granted(robot), access('acme/app', 'pull'))
  await call(PAT, 'PATCH', robot.path, { disabled: true })
  t.is(
    await granted(robot),
    'the robot robot$acme+switched is disabled; ask an administrator of its project',
  )
  await call(PAT, 'PATCH', robot.path, { disabled: false })
  t.deepEqual(await granted(robot), access('acme/app', 'pull'))
  await call(PAT, 'PATCH', robot.path, {
    permissions: [{ repositories: 'x', actions: ['pull'] }],
  })
  t.deepEqual(await granted(robot), [])
  await call(PAT, 'DELETE', robot.path)
  t.is(await granted(robot), WRONG)
})

test('a wrong secret is refused in the words of a wrong password, whatever the robot is', async (t) => {
  const robot = await makeRobot('guarded')
  const { password } = await makeRobot('neighbour')
  await call(PAT, 'PATCH', robot.path, { disabled: true })
  const unknown = { username: 'robot$acme+nobody', password }
  const odd = { username: 'robot$acme+no body', password }
  for (const as of [{ ...robot, password }, { ...robot, password: 'x' }, unknown, odd]) {
    t.is(await granted(as), WRONG, as.username)
  }
})

test('a name in upper case is the same robot', async (t) => {
  const robot = await makeRobot('case')
  const shouted = { ...robot, username: 'ROBOT$ACME+Case' }
  t.deepEqual(await granted(shouted), access('acme/app', 'pull'))
})

test('what cannot be the name of a robot is 401 with a secret of the right form, and never 5xx', async (t) => {
  const password = createSecret('robot')
  for (const name of [
    '\u00fc+ci',
    '\u{1f600}+ci',
    'acme +ci',
    'acme\u0000+ci',
    'acme+\u212ait',
    '+ci',
  ]) {
    const username = `robot$${name}`
    const { status, body } = await call(
      { username, password },
      'GET',
      '/auth/token?service=registry-warden',
    )
    t.deepEqual([status, body.error_description], [401, WRONG], username)
    const asked = { subject: username, scope: 'repository:acme/x:pull' }
    t.is((await service.admin('POST', '/api/v1/explain', asked)).status, 400, username)
  }
})

test('a taken name is 409, and what is no robot is 400 and makes nothing', async (t) => {
  await makeRobot('once')
  const again = await call(PAT, 'POST', IN_ACME, { name: 'once', permissions: PULL })
  t.deepEqual([again.status, again.body.errors[0].code], [409, 'NAME_TAKEN'])
  const bad: readonly object[] = [
    {},
    { name: 'bad' },
    { name: 'bad', permissions: [] },
    { name: 'Bad', permissions: PULL },
    { name: 'robot$bad', permissions: PULL },
    { name: 'a+b', permissions: PULL },
    { name: 'b'.repeat(51), permissions: PULL },
    { name: 'bad', permissions: PULL, networks: [] },
    { name: 'bad', permissions: PULL, networks: ['10.0.0.0/33'] },
    { name: 'bad', permissions: PULL, networks: ['example.com'] },
    { name: 'bad', permissions: PULL, expiresAt: '2001-01-01T00:00:00Z' },
    { name: 'bad', permissions: PULL, disabled: true },
    { name: 'bad', permissions: PULL, secret: 'my-own' },
  ]
  for (const json of bad)
    t.is((await call(PAT, 'POST', IN_ACME, json)).status, 400, JSON.stringify(json))
  const { path } = await makeRobot('rotating-badly')
  for (const json of [
    { overlapSeconds: -1 },
    { overlapSeconds: 2_592_001 },
    { overlapSeconds: 1.5 },
  ]) {
    t.is((await call(PAT, 'POST', `${path}/secret`, json)).status, 400)
  }
  t.is((await call(PAT, 'GET', `${IN_ACME}/bad`)).status, 404)
})

test('the list of robots comes in pages, and holds those of its project alone', async (t) => {
  await service.admin('POST', '/api/v1/projects', { name: 'paged' })
  const home = '/api/v1/projects/paged/robots'
  for (const name of ['c', 'a', 'b']) await service.admin('POST', home, { name, permissions: PULL })
  const first = await service.admin('GET', `${home}?limit=2`)
  const second = await service.admin('GET', `${home}?limit=2&cursor=${first.body.next}`)
  const names = [...first.body.items, ...second.body.items].map(({ name }) => name)
  t.deepEqual(names, ['a', 'b', 'c'])
  t.is(second.body.next, null)
})

test.serial('a warm robot costs no query, by query and by form', async (t) => {
  const robot = await makeRobot('warm', { networks: ['127.0.0.0/8'] })
  const form = new URLSearchParams({
    grant_type: 'password',
    service: 'registry-warden',
    scope: 'repository:acme/app:pull',
    ...{ username: robot.username, password: robot.password },
  })
  const post = () =>
    service.request('POST', '/auth/token', {
      raw: form.toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
  t.deepEqual(await granted(robot), access('acme/app', 'pull'))
  const { asked, uses } = await countQueries(service, async () => {
    for (let n = 0; n < 20; n++) await granted(robot, `repository:acme/app-${n}:pull`)
    for (let n = 0; n < 20; n++) t.is((await post()).status, 200)
  })
  t.deepEqual(asked, [])
  t.true(uses <= 3, 'uses are written by the timer alone')
})

test.serial('last use is written down once a minute, and never while somebody waits', async (t) => {
  const robot = await makeRobot('used')
  const [{ id }] = await service.database('robots').where({ name: 'used' }).select('id')
  const start = Math.floor(Date.now() / 1000) * 1000
  let clockMs = start
  const lastUse = createLastUse({ database: service.database, now: () => new Date(clockMs) })
  const useAt = async (seconds: number): Promise<string> => {
    clockMs = start + seconds * 1000
    // As by the timer: it runs every few seconds, whether something was used or not.
    await lastUse.start()()
    lastUse.note('robots', id)
    await lastUse.start()()
    return (await call(PAT, 'GET', robot.path)).body.lastUsedAt
  }
  const first = new Date(start).toISOString()
  t.is(await useAt(0), first)
  t.is(await useAt(59), first)
  t.is(await useAt(61), new Date(start + 61_000).toISOString())
  t.is(await useAt(62), new Date(start + 61_000).toISOString())
})

test.serial(
  'both secrets work for the overlap of a rotation, and the older one ends in time',
  async (t) => {
    const robot = await makeRobot('rotated')
    t.deepEqual(await granted(robot), access('acme/app', 'pull'))
    const { body } = await call(PAT, 'POST', `${robot.path}/secret`, { overlapSeconds: 600 })
    const fresh = { ...robot, password: body.secret }
    t.is(Math.round((Date.parse(body.previousSecretEndsAt) - Date.now()) / 1000), 600)
    for (const as of [robot, fresh]) t.deepEqual(await granted(as), access('acme/app', 'pull'))
    try {
      offsetMs = 590_000
      t.deepEqual(await granted(robot), access('acme/app', 'pull'))
      offsetMs = 601_000
      t.is(await granted(robot), WRONG)
      t.deepEqual(await granted(fresh), access('acme/app', 'pull'))
    } finally {
      offsetMs = 0
    }
  },
)

test.serial(
  'a rotation without an overlap ends the older secret at once, and a second one the first',
  async (t) => {
    const robot = await makeRobot('rotated-hard')
    t.deepEqual(await granted(robot), access('acme/app', 'pull'))
    const one = await call(PAT, 'POST', `${robot.path}/secret`, { overlapSeconds: 0 })
    t.is(await granted(robot), WRONG)
    const two = await call(PAT, 'POST', `${robot.path}/secret`, {})
    const [first, second] = [one, two].map(({ body }) => ({ ...robot, password: body.secret }))
    if (first === undefined || second === undefined) return t.fail()
    t.deepEqual(await granted(first), access('acme/app', 'pull'))
    await call(PAT, 'POST', `${robot.path}/secret`, {})
    t.is(await granted(first), WRONG)
    t.deepEqual(await granted(second), access('acme/app', 'pull'))
  },
)

test.serial(
  'R3: a robot ends in time, also where its answers were warm, and no token of it outlives it',
  async (t) => {
    const robot = await makeRobot('mortal', { expiresAt: inSeconds(100) })
    const path = '/auth/token?service=registry-warden&scope=repository:acme/app:pull'
    const ask = () => service.request('GET', path, { as: robot })
    for (let times = 0; times < 3; times++) t.true((await ask()).body.expires_in <= 100)
    try {
      offsetMs = 80_000
      const late = await ask()
      t.is(late.body.expires_in, 60)
      offsetMs = 101_000
      t.regex(
        (await ask()).body.error_description,
        /^the robot robot\$acme\+mortal ended at .*; give it/,
      )
      const again = await call(PAT, 'PATCH', robot.path, { expiresAt: inSeconds(100) })
      t.is(again.status, 200)
      t.is((await ask()).status, 200)
    } finally {
      offsetMs = 0
    }
  },
)

test.serial('R11: a token that is revoked while its change waits changes nothing', async (t) => {
  const robot = await makeRobot('waited-for')
  const token = await tokenOf('gone soon', {})
  let changed: Promise<Reply> | undefined
  await service.database.transaction(async (transaction) => {
    // All changes go through this row, one after the other.
    await transaction('change_version').where({ id: 1 }).forUpdate().select()
    const waits = new Promise<void>((resolve) => {
      service.database.on(
        'query',
        ({ sql }) => void (/^update .change_version/.test(sql) && resolve()),
      )
    })
    changed = call(token, 'PATCH', robot.path, { description: 'too late' })
    await waits
    await transaction('access_tokens').where({ name: 'gone soon' }).delete()
  })
  const reply = await changed
  t.deepEqual([reply?.status, reply?.body.detail], [401, 'the access token is revoked'])
  t.is((await call(PAT, 'GET', robot.path)).body.description, null)
})

import test from 'ava'
import { BODIES } from '../support/matrix-bodies.ts'
import { type RightsWorld, startRightsWorld } from '../support/rights-world.ts'
import { ADMIN, basic, type Reply } from '../support/service.ts'

let world: RightsWorld

test.before(async () => {
  world = await startRightsWorld({
    registryUrl: 'http://127.0.0.1:9',
    env: { WARDEN_SIGN_IN_FAILURES: '1000' },
  })
})
test.after.always(() => world?.stop())

const MARKUP = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'-alert(1)-'",
  '</title><svg/onload=alert(1)>',
  '{{constructor.constructor("alert(1)")()}}',
  'javascript:alert(1)',
] as const

/** Whether a browser could only ever show it as text. */
const isHarmless = ({ headers }: Reply): boolean =>
  /^(?:application\/(?:problem\+)?json|application\/jsonl|text\/csv)\b/.test(
    headers.get('content-type') ?? '',
  ) &&
  headers.get('x-content-type-options') === 'nosniff' &&
  /default-src 'none'/.test(headers.get('content-security-policy') ?? '')

for (const [at, text] of MARKUP.entries()) {
  test.serial(`stored markup: ${text} comes back as it went in, as JSON alone`, async (t) => {
    const permissions = [{ repositories: '**', actions: ['pull'] }]
    await world.addUser(`shown${at}`)
    const written = [
      await world.must('PATCH', `/users/shown${at}`, { displayName: text }),
      await world.must('POST', '/groups', { name: `g${at}`, description: text }),
      await world.must('POST', '/me/tokens', { name: text }),
      await world.must('POST', '/robots', { name: `r${at}`, permissions, description: text }),
    ]
    for (const { body } of written) {
      const value = body.displayName ?? body.description ?? body.name
      t.is(value, text)
    }
    for (const path of [`/users/shown${at}`, '/users', '/groups', '/me/tokens', '/robots']) {
      const reply = await world.ask('adm', 'GET', path)
      t.true(JSON.stringify(reply.body).includes(JSON.stringify(text).slice(1, -1)))
      t.true(isHarmless(reply), path)
    }
  })

  test.serial(`stored markup: ${text} in a request comes back in no page`, async (t) => {
    const encoded = encodeURIComponent(text)
    for (const path of [
      `/users/${encoded}`,
      `/projects/${encoded}`,
      `/repositories/${encoded}`,
      `/repositories/open/site/tags/${encoded}`,
      `/${encoded}`,
      `/users?${encoded}=1`,
      `/users?cursor=${encoded}`,
      `/audit?target=${encoded}`,
    ]) {
      t.true(isHarmless(await world.ask('adm', 'GET', path)), path)
    }
    const realm = await world.request('GET', `/auth/token?service=${encoded}&scope=${encoded}`)
    t.true(isHarmless(realm))
    const agent = await world.request('GET', '/api/v1/users', {
      headers: { 'user-agent': text, 'x-request-id': text, referer: text },
    })
    t.true(isHarmless(agent))
    t.not(agent.headers.get('x-request-id'), text)
  })
}

test.serial('stored markup: names that stand in addresses and mail hold none', async (t) => {
  for (const text of MARKUP) {
    for (const [path, json] of [
      ['/users', { username: text, password: 'a-quiet-harbour-71' }],
      ['/users', { username: 'mailed', password: 'a-quiet-harbour-71', email: text }],
      ['/groups', { name: text }],
      ['/projects', { name: text }],
      [
        '/projects/acme/robots',
        { name: text, permissions: [{ repositories: '**', actions: ['pull'] }] },
      ],
    ] as const) {
      t.is((await world.ask('adm', 'POST', path, json)).status, 400, `${path} ${text}`)
    }
  }
})

test.serial('stored markup: what would forge lines or directions is refused', async (t) => {
  for (const text of ['a\r\nb', 'a\u0000b', 'a\u001b[31mb', 'a\u0085b', '\t']) {
    const user = await world.ask('adm', 'PATCH', '/users/bob', { displayName: text })
    const token = await world.ask('adm', 'POST', '/me/tokens', { name: text })
    const group = await world.ask('adm', 'PATCH', '/groups/crew', { description: text })
    t.deepEqual([user.status, token.status, group.status], [400, 400, 400], JSON.stringify(text))
  }
})

test.serial('CSV formulas: what a client sends runs in no spreadsheet', async (t) => {
  const formulas = ['=1+1', '+1', '-1', '@SUM(A1)', '=cmd|" /C calc"!A0']
  for (const agent of formulas) {
    await world.request('GET', '/api/v1/users', {
      headers: { 'user-agent': agent, authorization: basic({ username: 'out', password: 'no' }) },
    })
    const as = world.credentials('out')
    await world.request('GET', `/api/v1/settings`, {
      ...(as && { as }),
      headers: { 'user-agent': agent },
    })
    const made = await world.request('POST', '/api/v1/groups', {
      as: ADMIN,
      headers: { 'user-agent': agent },
      json: { name: `formula${formulas.indexOf(agent)}` },
    })
    t.is(made.status, 201)
  }
  const { body } = await world.ask('adm', 'GET', '/audit/export?format=csv')
  for (const agent of formulas) {
    t.true(body.includes(`"'${agent.replaceAll('"', '""')}"`), agent)
  }
  t.notRegex(body, /(?:^|,|\r\n)"?[=+\-@]/)
})

const FACTORY = [
  ['admin', 'admin'],
  ['admin', 'Harbor12345'],
  ['admin', 'password'],
  ['admin', 'Password1'],
  ['admin', 'admin123'],
  ['admin', 'changeme'],
  ['admin', 'changeit'],
  ['admin', '12345678'],
  ['admin', 'registry'],
  ['admin', 'registry-warden'],
  ['admin', 'portus'],
  ['admin', 'warden'],
  ['admin', ''],
  ['root', 'root'],
  ['root', ''],
  ['administrator', 'administrator'],
  ['portus', 'portus'],
  ['docker', 'docker'],
  ['guest', 'guest'],
  ['test', 'test'],
  ['anonymous', ''],
  ['robot$bot', ''],
  ['warden$system', ''],
  ['', ''],
] as const

test.serial('default credentials: no known pair of name and password signs in', async (t) => {
  for (const [username, password] of FACTORY) {
    for (const path of ['/api/v1/me', '/auth/token?service=registry-warden']) {
      const { status } = await world.request('GET', path, { as: { username, password } })
      t.is(status, 401, `${username}:${password} ${path}`)
    }
  }
})

test.serial('default credentials: nobody gets a password that others came with', async (t) => {
  for (const password of new Set(FACTORY.map(([, text]) => text))) {
    const json = { username: 'newcomer', password }
    const made = await world.ask('adm', 'POST', '/users', json)
    const changed = await world.ask('adm', 'PATCH', '/users/bob', { password })
    t.deepEqual([made.status, changed.status], [400, 400], password)
  }
})

const CANARY = 'canary-Zq7-secret-93'

test.serial(
  'secrets in errors: a password is in no answer, whatever is wrong with its request',
  async (t) => {
    const bodies: readonly unknown[] = [
      { username: 'x y', password: CANARY },
      { username: 'bob', password: CANARY },
      { username: 'neu', password: [CANARY] },
      { username: 'neu', password: { text: CANARY } },
      { username: 'neu', password: CANARY.repeat(40) },
      { username: 'neu', password: `${CANARY}\n` },
      { username: 'neu', password: CANARY, passwort: CANARY },
      { username: [CANARY], password: CANARY },
      { username: 'neu', password: CANARY, email: CANARY },
      { username: 'neu', password: CANARY, systemRole: CANARY },
      { password: CANARY },
      { currentPassword: CANARY, newPassword: CANARY },
      { currentPassword: CANARY, newPassword: `${CANARY}2` },
      { currentPassword: [CANARY], newPassword: { a: CANARY } },
      { secret: CANARY, name: 'x', permissions: CANARY },
      { overlapSeconds: CANARY },
      CANARY,
      [CANARY],
    ]
    const writes = Object.keys(BODIES).filter((key) => !key.includes('('))
    for (const key of writes) {
      const [method = '', route = ''] = key.split(' ')
      const path = route
        .replace(':username', 'nobody-here')
        .replace(':project', 'acme')
        .replace(':group', 'none-here')
        .replace(':robot', 'none-here')
      for (const json of bodies) {
        const { body } = await world.ask('adm', method.toUpperCase(), path, json)
        t.false(JSON.stringify(body).includes('canary'), `${key} ${JSON.stringify(json)}`)
      }
    }
    t.false(world.logged().includes('canary'))
  },
)

test.serial(
  'secrets in errors: what is sent to sign in with comes back from nowhere',
  async (t) => {
    const query = `service=registry-warden&scope=repository:acme/app:pull`
    const form = (fields: object) => ({
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      raw: new URLSearchParams({ service: 'registry-warden', ...fields }).toString(),
    })
    const replies = [
      await world.request('GET', '/api/v1/me', { as: { username: 'bob', password: CANARY } }),
      await world.request('GET', '/api/v1/me', { as: { username: `${CANARY}!`, password: 'x' } }),
      await world.request('GET', `/auth/token?${query}`, {
        as: { username: 'bob', password: CANARY },
      }),
      await world.request('GET', `/auth/token?${query}&password=${CANARY}`),
      await world.request('GET', `/auth/token?${query}&refresh_token=${CANARY}`),
      await world.request('GET', '/api/v1/me', { headers: { authorization: `Bearer ${CANARY}` } }),
      await world.request('GET', '/api/v1/me', { headers: { authorization: `Digest ${CANARY}` } }),
      await world.request('GET', '/api/v1/me', { headers: { authorization: `Basic ${CANARY}` } }),
      await world.request(
        'POST',
        '/auth/token',
        form({ grant_type: 'password', username: 'bob', password: CANARY }),
      ),
      await world.request('POST', '/auth/token', form({ grant_type: CANARY, password: CANARY })),
      await world.request(
        'POST',
        '/auth/token',
        form({ grant_type: 'refresh_token', refresh_token: CANARY }),
      ),
    ]
    for (const [at, { status, body, headers }] of replies.entries()) {
      t.true(status >= 400 && status < 500, `${at}: ${status}`)
      t.false(JSON.stringify([body, ...headers]).includes('canary'), String(at))
    }
    t.false(world.logged().includes('canary'))
  },
)

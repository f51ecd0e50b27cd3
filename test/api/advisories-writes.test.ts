import test from 'ava'
import { BODIES } from '../support/matrix-bodies.ts'
import { fingerprint, makeTarget } from '../support/matrix-cell.ts'
import { type CallerName, type RightsWorld, startRightsWorld } from '../support/rights-world.ts'
import type { Credentials } from '../support/service.ts'

let world: RightsWorld

test.before(async () => {
  world = await startRightsWorld({ registryUrl: 'http://127.0.0.1:9' })
})
test.after.always(() => world?.stop())

/** Where each write is asked, and every field that docs/api.md gives it. */
const WRITES: Readonly<Record<string, readonly [path: string, fields: string]>> = {
  'put /me/password': ['/me/password', 'currentPassword newPassword'],
  'post /me/tokens': ['/me/tokens', 'name permissions expiresAt'],
  'post /users': ['/users', 'username password email displayName systemRole'],
  'patch /users/:username': ['/users/~user', 'email displayName systemRole disabled password'],
  'put /users/:username/identity': ['/users/~user/identity', 'source subject'],
  'post /signin/password-reset': ['/signin/password-reset', 'username email'],
  'post /signin/password-reset/confirm': ['/signin/password-reset/confirm', 'token newPassword'],
  'post /jobs/:id/cancel': ['/jobs/~job/cancel', ''],
  'post /maintenance/reconcile': ['/maintenance/reconcile', ''],
  'post /maintenance/reconcile/brake': ['/maintenance/reconcile/brake', ''],
  'post /maintenance/gc': ['/maintenance/gc', 'dryRun'],
  'post /maintenance/gc/release': ['/maintenance/gc/release', ''],
  'put /maintenance/read-only': ['/maintenance/read-only', 'enabled reason'],
  'post /maintenance/restore/confirmation': ['/maintenance/restore/confirmation', ''],
  'post /groups': ['/groups', 'name description'],
  'patch /groups/:group': ['/groups/crew', 'description'],
  'put /groups/:group/members/:username': ['/groups/crew/members/bob', ''],
  'patch /settings': [
    '/settings',
    'selfRegistration projectCreation forbidPublic personalProjects firstSightUsers defaultQuotaBytes auditRetentionDays',
  ],
  'post /projects': ['/projects', 'name visibility'],
  'patch /projects/:project': ['/projects/acme', 'visibility'],
  'put /projects/:project/immutable-tags': ['/projects/acme/immutable-tags', 'rules'],
  'put /projects/:project/quota': ['/projects/acme/quota', 'limitBytes'],
  'put /projects/:project/members/users/:username': [
    '/projects/acme/members/users/bob',
    'role repositories expiresAt',
  ],
  'put /projects/:project/members/groups/:group': [
    '/projects/acme/members/groups/crew',
    'role repositories expiresAt',
  ],
  'post /projects/:project/robots': [
    '/projects/acme/robots',
    'name permissions description networks expiresAt',
  ],
  'patch /projects/:project/robots/:robot': [
    '/projects/acme/robots/~robot',
    'description permissions networks expiresAt disabled',
  ],
  'post /projects/:project/robots/:robot/secret': [
    '/projects/acme/robots/~robot/secret',
    'overlapSeconds',
  ],
  'put /repositories/*name/tags/:tag': ['/repositories/acme/app/tags/copied', 'from'],
  'post /projects/:project/removals': [
    '/projects/acme/removals',
    'repositories tags pushedBefore pulledBefore dryRun',
  ],
  'post /projects/:project/removals/:id/cancel': ['/projects/acme/removals/~removal/cancel', ''],
  'put /projects/:project/retention': ['/projects/acme/retention', 'rules schedule untaggedDays'],
  'post /projects/:project/retention/runs': ['/projects/acme/retention/runs', 'dryRun'],
  'post /robots': ['/robots', 'name permissions description networks expiresAt'],
  'patch /robots/:robot': ['/robots/~robot', 'description permissions networks expiresAt disabled'],
  'post /robots/:robot/secret': ['/robots/~robot/secret', 'overlapSeconds'],
  'post /explain': ['/explain', 'subject scope'],
}

/** Fields that other products took, columns of our own tables, and names that JavaScript knows. */
const EXTRA: Readonly<Record<string, unknown>> = {
  id: 1,
  userId: 1,
  user_id: 1,
  ownerId: 1,
  projectId: 2,
  project_id: 2,
  project: 'other',
  username: 'adm',
  name: 'renamed',
  admin: true,
  isAdmin: true,
  has_admin_role: true,
  sysadmin_flag: 1,
  systemRole: 'administrator',
  system_role: 'administrator',
  SystemRole: 'administrator',
  role: 'projectAdmin',
  role_id: 1,
  level: 'system',
  kind: 'system',
  permissions: [{ repositories: ['**'], actions: ['pull', 'push', 'delete', 'api'] }],
  secret: 'rwr_known',
  secretHash: '0'.repeat(64),
  secret_hash: '0'.repeat(64),
  password: 'another-quiet-harbour-5',
  passwordHash: '$argon2id$x',
  password_hash: '$argon2id$x',
  source: 'ldap',
  external_id: 'x',
  sign_in_epoch: 0,
  version: 99,
  disabled: false,
  disabledAt: null,
  deletedAt: null,
  createdAt: '2020-01-01T00:00:00Z',
  updatedAt: '2020-01-01T00:00:00Z',
  lastUsedAt: null,
  pinnedBy: null,
  constructor: {},
  prototype: {},
  toString: 'x',
}

async function prepare(key: string): Promise<{ method: string; path: string; body: object }> {
  const [method = ''] = key.split(' ')
  const [template = ''] = WRITES[key] ?? []
  const path = await makeTarget(world, 'adm', template)
  const as = world.credentials('adm')
  const cell = { caller: 'adm' as const, as, method, path }
  const body = BODIES[key]?.(cell, 'mass-assigned')
  return { method: method.toUpperCase(), path, body: body as object }
}

const sendRaw = (method: string, path: string, raw: string) => {
  const as = world.credentials('adm')
  return world.request(method, `/api/v1${path}`, { ...(as && { as }), raw })
}

/** The body with one more field, as text, so that no name is lost on the way. */
const withField = (body: object, name: string, value: unknown): string => {
  const more = `${JSON.stringify(name)}:${JSON.stringify(value)}`
  const text = JSON.stringify(body)
  return text === '{}' ? `{${more}}` : `${text.slice(0, -1)},${more}}`
}

for (const key of Object.keys(WRITES)) {
  test.serial(`mass assignment: ${key} takes no field beyond its own`, async (t) => {
    const { method, path, body } = await prepare(key)
    const own = new Set(WRITES[key]?.[1].split(' '))
    const before = await fingerprint(world)
    const taken: string[] = []
    const tries = [
      ...Object.entries(EXTRA),
      ['__proto__', { systemRole: 'administrator' }] as const,
    ]
    for (const [name, value] of tries.filter(([name]) => !own.has(name))) {
      const { status } = await sendRaw(method, path, withField(body, name, value))
      if (status !== 400) taken.push(`${name}: ${status}`)
    }
    t.deepEqual(taken, [])
    t.is(await fingerprint(world), before)
  })
}

test.serial('mass assignment: every write of the API is in the list', (t) => {
  const writes = world.routes
    .filter(
      ({ method, bodyType }) => ['post', 'put', 'patch'].includes(method) && bodyType === 'json',
    )
    .map(({ method, path }) => `${method} ${path.replace('/api/v1', '')}`)
  t.deepEqual(writes.sort(), Object.keys(WRITES).sort())
})

test.serial('mass assignment: what is nested takes no field beyond its own', async (t) => {
  const nested = { repositories: ['**'], actions: ['pull'] }
  const taken: string[] = []
  for (const key of Object.keys(WRITES).filter((name) =>
    WRITES[name]?.[1].includes('permissions'),
  )) {
    const { method, path, body } = await prepare(key)
    const before = await fingerprint(world)
    for (const [name, value] of [...Object.entries(EXTRA), ['__proto__', { a: 1 }] as const]) {
      const permissions = `[${withField(nested, name, value)}]`
      const { permissions: _, ...rest } = body as { readonly permissions?: unknown }
      const raw = withField(rest, 'permissions', 0).replace(/0\}$/, `${permissions}}`)
      const { status } = await sendRaw(method, path, raw)
      if (status !== 400) taken.push(`${key} ${name}: ${status}`)
    }
    t.is(await fingerprint(world), before)
  }
  t.deepEqual(taken, [])
})

test.serial('mass assignment: a body that is no object is refused', async (t) => {
  const wrong: string[] = []
  for (const key of Object.keys(WRITES)) {
    const { method, path } = await prepare(key)
    for (const raw of ['[]', '[{}]', 'null', '"x"', '1', 'true', '[[[[]]]]']) {
      const { status } = await sendRaw(method, path, raw)
      if (status !== 400) wrong.push(`${key} ${raw}: ${status}`)
    }
  }
  t.deepEqual(wrong, [])
})

test.serial('mass assignment: a query decides nothing in a write', async (t) => {
  const wrong: string[] = []
  for (const key of Object.keys(WRITES)) {
    const { method, path, body } = await prepare(key)
    for (const query of ['systemRole=administrator', 'project=other', 'as=adm', 'onBehalfOf=adm']) {
      const { status } = await sendRaw(method, `${path}?${query}`, JSON.stringify(body))
      if (status !== 400) wrong.push(`${key} ${query}: ${status}`)
    }
  }
  t.deepEqual(wrong, [])
})

const REPOSITORIES = [
  '../other/**',
  '../../other/**',
  '/other/**',
  '//other/**',
  './../other/**',
  'acme/../other/**',
  '**/../other/**',
  '**/../../other/app',
  '..',
  '../**',
  '.',
  '%2e%2e/other/**',
  '..%2fother/**',
  '..\\other\\**',
  'other/**',
  'other/app',
  '*',
  '*/**',
  '**',
  '**/**',
  '*/*',
  '**/other/app',
  '{acme,other}/**',
  '(acme|other)/**',
  'acme/**,other/**',
  'acme/**\nother/**',
  'acme/** other/**',
  'robot$bot',
  '',
] as const

const FOREIGN = ['other/app', 'acme', 'other', 'ubuntu', 'open/secret'] as const

/** Every grant outside `acme`, beyond what everybody has in a public project. */
async function grantsOutside(as: Credentials): Promise<readonly string[]> {
  const scopes = [
    ...FOREIGN.map((name) => `&scope=repository:${name}:pull,push,delete`),
    '&scope=registry:catalog:*',
  ].join('')
  const { body } = await world.request('GET', `/auth/token?service=registry-warden${scopes}`, {
    as,
  })
  const claims = JSON.parse(Buffer.from(body.token.split('.')[1], 'base64url').toString())
  return claims.access
    .map(({ name, actions }: { name: string; actions: readonly string[] }) => `${name} ${actions}`)
    .filter((grant: string) => grant !== 'open/secret pull')
}

async function seenOutside(as: Credentials): Promise<readonly string[]> {
  const paths = ['/projects/other', '/projects/other/members', '/projects/other/robots', '/users']
  const statuses = await Promise.all(
    paths.map(async (path) => (await world.request('GET', `/api/v1${path}`, { as })).status),
  )
  return paths.filter((_, at) => Number(statuses[at]) < 400)
}

const permissionsFor = (repositories: string) => [
  { repositories, actions: ['pull', 'push', 'delete', 'api'] },
]

for (const [at, repositories] of REPOSITORIES.entries()) {
  const shown = JSON.stringify(repositories)
  test.serial(`robot escalation: one of a project made for ${shown} stays in it`, async (t) => {
    const json = { name: `reach-${at}`, permissions: permissionsFor(repositories) }
    const { status, body } = await world.ask('pad', 'POST', '/projects/acme/robots', json)
    t.true([201, 400].includes(status), String(status))
    if (status === 400) return
    const as = { username: body.username, password: body.secret }
    t.deepEqual([await grantsOutside(as), await seenOutside(as)], [[], []])
  })

  test.serial(`robot escalation: one of a project changed to ${shown} stays in it`, async (t) => {
    const json = { name: `grow-${at}`, permissions: permissionsFor('web') }
    const { body } = await world.ask('pad', 'POST', '/projects/acme/robots', json)
    const change = { permissions: permissionsFor(repositories) }
    const path = `/projects/acme/robots/grow-${at}`
    const { status } = await world.ask('pad', 'PATCH', path, change)
    const as = { username: body.username, password: body.secret }
    t.true([200, 400].includes(status), String(status))
    t.deepEqual([await grantsOutside(as), await seenOutside(as)], [[], []])
  })

  test.serial(`member escalation: one for ${shown} stays in the project`, async (t) => {
    const json = { role: 'projectAdmin', repositories }
    const { status } = await world.ask('pad', 'PUT', '/projects/acme/members/users/out', json)
    t.true([200, 400].includes(status), String(status))
    const as = world.credentials('out')
    if (as === undefined) throw new Error('out has no password')
    t.deepEqual([await grantsOutside(as), await seenOutside(as)], [[], []])
    await world.must('PUT', '/projects/acme/members/users/out', { role: 'guest' })
    await world.must('DELETE', '/projects/acme/members/users/out')
  })

  test.serial(`token escalation: one for ${shown} gives no more than its owner has`, async (t) => {
    const json = { name: `t${at}`, permissions: permissionsFor(repositories) }
    const { status, body } = await world.ask('pad', 'POST', '/me/tokens', json)
    t.true([201, 400].includes(status), String(status))
    if (status === 400) return
    const as = { username: 'pad', password: body.secret }
    t.deepEqual([await grantsOutside(as), await seenOutside(as)], [[], []])
  })

  test.serial(`R11: a narrow token hands nothing on for ${shown} beyond itself`, async (t) => {
    const permissions = [{ repositories, actions: ['api', 'pull'] }]
    const token = await world.ask('web', 'POST', '/me/tokens', { name: `n${at}`, permissions })
    const system = await world.ask('tok', 'POST', '/robots', { name: `n${at}`, permissions })
    t.true([400, 403].includes(token.status), `token ${token.status}`)
    t.true([400, 403].includes(system.status), `robot ${system.status}`)
  })
}

test.serial('robot escalation: the project is that of the path, not of name or body', async (t) => {
  for (const name of ['other+ci', 'robot$other+ci', 'robot$ci', '../other', 'other/ci', 'CI', '']) {
    const json = { name, permissions: permissionsFor('**') }
    const { status } = await world.ask('pad', 'POST', '/projects/acme/robots', json)
    t.is(status, 400, name)
  }
  await world.must('POST', '/projects/other/robots', {
    name: 'theirs',
    permissions: permissionsFor('**'),
  })
  const rotated = await world.ask('pad', 'POST', '/projects/acme/robots/theirs/secret', {})
  const changed = await world.ask('pad', 'PATCH', '/projects/acme/robots/theirs', {
    disabled: true,
  })
  t.deepEqual([rotated.status, changed.status], [404, 404])
})

test.serial('R11: a narrow token neither enables, widens nor prolongs a robot', async (t) => {
  const path = '/projects/acme/robots/strong'
  await world.must('POST', '/projects/acme/robots', {
    name: 'strong',
    permissions: permissionsFor('**'),
    expiresAt: '2090-01-01T00:00:00Z',
  })
  const off = await world.ask('tok', 'PATCH', path, { disabled: true })
  t.is(off.status, 200)
  for (const change of [
    { disabled: false },
    { disabled: true, description: 'x' },
    { expiresAt: null },
    { networks: null },
    { permissions: permissionsFor('web/**') },
  ]) {
    t.is((await world.ask('tok', 'PATCH', path, change)).status, 403, JSON.stringify(change))
  }
  const lowered = { permissions: [{ repositories: '**', actions: ['pull'] }], disabled: false }
  t.is((await world.ask('tok', 'PATCH', path, lowered)).status, 200)
})

test.serial('R11: a narrow token gives members no more than it gives itself', async (t) => {
  const path = '/projects/acme/members/users/bob'
  const groupPath = '/projects/acme/members/groups/crew'
  for (const [role, status] of [
    ['projectAdmin', 403],
    ['maintainer', 403],
    ['developer', 403],
    ['guest', 200],
    ['limitedGuest', 200],
  ] as const) {
    t.is((await world.ask('tok', 'PUT', path, { role })).status, status, role)
    t.is((await world.ask('tok', 'PUT', groupPath, { role })).status, status, role)
    t.is((await world.ask('pad', 'PUT', path, { role })).status, 200, role)
  }
  await world.must('DELETE', path)
  await world.must('DELETE', groupPath)
})

const tokenOf = async (owner: CallerName, json: object): Promise<Credentials> => {
  const { body } = await world.ask(owner, 'POST', '/me/tokens', json)
  return { username: body.username, password: body.secret }
}

test.serial('R11: a token that ends gives no membership beyond its end', async (t) => {
  const as = await tokenOf('pad', { name: 'ends', expiresAt: '2080-01-01T00:00:00Z' })
  const put = async (json: object) =>
    (await world.request('PUT', '/api/v1/projects/acme/members/users/bob', { as, json })).status
  t.is(await put({ role: 'guest' }), 403)
  t.is(await put({ role: 'guest', expiresAt: '2080-01-01T00:00:01Z' }), 403)
  t.is(await put({ role: 'guest', expiresAt: '2080-01-01T00:00:00Z' }), 200)
  await world.must('DELETE', '/projects/acme/members/users/bob')
})

test.serial('R11: who administers a project for a time does not prolong it', async (t) => {
  const end = '2080-01-01T00:00:00Z'
  const path = '/projects/acme/members/users'
  await world.must('PUT', `${path}/out`, { role: 'projectAdmin', expiresAt: end })
  const put = async (name: string, json: object) =>
    (await world.ask('out', 'PUT', `${path}/${name}`, json)).status
  const later = { role: 'projectAdmin', expiresAt: '2080-01-02T00:00:00Z' }
  t.is(await put('out', { role: 'projectAdmin' }), 403)
  t.is(await put('out', later), 403)
  t.is(await put('bob', { role: 'guest' }), 403)
  t.is(await put('bob', { role: 'developer', expiresAt: end }), 200)
  await world.must('DELETE', `${path}/out`)
  await world.must('DELETE', `${path}/bob`)
})

test.serial('R11: a token that gives less, or ends, makes no administrator', async (t) => {
  const weak = [
    await tokenOf('adm', {
      name: 'weak',
      permissions: [{ repositories: '**', actions: ['api', 'pull'] }],
    }),
    await tokenOf('adm', { name: 'short', expiresAt: '2080-01-01T00:00:00Z' }),
  ]
  await world.addUser('riser')
  await world.must('PATCH', '/users/riser', { disabled: true })
  const before = await fingerprint(world)
  for (const as of weak) {
    for (const [method, path, json] of [
      [
        'POST',
        '/users',
        { username: 'risen', password: 'a-quiet-harbour-71', systemRole: 'auditor' },
      ],
      ['PATCH', '/users/riser', { systemRole: 'administrator' }],
      ['PATCH', '/users/riser', { systemRole: 'auditor' }],
      ['PATCH', '/users/riser', { disabled: false }],
      ['PATCH', '/users/riser', { password: 'a-quiet-harbour-72' }],
      ['PATCH', '/users/riser', { email: 'riser@example.com' }],
      ['PUT', '/groups/crew/members/riser', {}],
    ] as const) {
      const { status } = await world.request(method, `/api/v1${path}`, { as, json })
      t.is(status, 403, `${method} ${path} ${JSON.stringify(json)}`)
    }
  }
  t.is(await fingerprint(world), before)
})

test.serial(
  'a token without narrowing and end makes users, auditors and group members',
  async (t) => {
    const as = await tokenOf('adm', { name: 'whole' })
    for (const [method, path, json, expected] of [
      [
        'POST',
        '/users',
        { username: 'aide', password: 'a-quiet-harbour-71', systemRole: 'auditor' },
        201,
      ],
      ['PATCH', '/users/aide', { disabled: true }, 200],
      ['PATCH', '/users/aide', { disabled: false }, 200],
      ['PUT', '/groups/crew/members/aide', {}, 204],
    ] as const) {
      const { status } = await world.request(method, `/api/v1${path}`, { as, json })
      t.is(status, expected, `${method} ${path}`)
    }
  },
)

test.serial('a role above one’s own is given by nobody', async (t) => {
  for (const caller of ['out', 'lim', 'gue', 'dev', 'mai', 'aud', 'prj', 'sys', 'web'] as const) {
    for (const name of [caller, 'bob']) {
      const path = `/projects/acme/members/users/${name}`
      const { status } = await world.ask(caller, 'PUT', path, { role: 'projectAdmin' })
      t.true([403, 404].includes(status), `${caller} ${name} ${status}`)
    }
    const own = await world.ask(caller, 'PATCH', `/users/${caller}`, {
      systemRole: 'administrator',
    })
    t.is(own.status, 403, caller)
  }
  const pad = await world.ask('pad', 'PATCH', '/users/pad', { systemRole: 'auditor' })
  t.is(pad.status, 403)
})

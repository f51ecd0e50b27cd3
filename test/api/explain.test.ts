import test from 'ava'
import { ADMIN, type Credentials, type Service, startService } from '../support/service.ts'

const person = (username: string): Credentials => ({ username, password: `${username}s-own-pw-7` })
const [ANN, BOB, DEV, GUEST, EX] = ['ann', 'bob', 'dev', 'guest', 'ex'].map(person) as [
  Credentials,
  Credentials,
  Credentials,
  Credentials,
  Credentials,
]
const AUDITOR = person('auditor')
const NOW = new Date('2030-06-01T12:00:00Z')
const LATER = '2030-07-01T00:00:00.000Z'

let service: Service
let now = NOW

const makeRobot = async (path: string, json: object): Promise<Credentials> => {
  const { body } = await service.admin('POST', `/api/v1${path}/robots`, json)
  return { username: body.username, password: body.secret }
}

const makeToken = async (as: Credentials, json: object): Promise<Credentials> => {
  const { body } = await service.request('POST', '/api/v1/me/tokens', { as, json })
  return { username: as.username, password: body.secret }
}

const subjects: Record<string, Credentials | undefined> = {}

const setMember = (project: string, { username }: Credentials, json: object) =>
  service.admin('PUT', `/api/v1/projects/${project}/members/users/${username}`, json)

async function makePeople(): Promise<void> {
  for (const user of [ANN, BOB, DEV, GUEST, EX]) await service.admin('POST', '/api/v1/users', user)
  await service.admin('POST', '/api/v1/users', { ...AUDITOR, systemRole: 'auditor' })
  for (const name of ['acme', 'other', 'secret']) {
    await service.admin('POST', '/api/v1/projects', { name })
  }
  await service.admin('POST', '/api/v1/projects', { name: 'open', visibility: 'public' })
  await setMember('acme', ANN, { role: 'projectAdmin' })
  await setMember('other', ANN, { role: 'maintainer' })
  await setMember('acme', DEV, { role: 'developer', repositories: ['web/**'], expiresAt: LATER })
  await setMember('acme', GUEST, { role: 'limitedGuest' })
  await setMember('acme', EX, { role: 'maintainer' })
}

async function makeMachines(): Promise<void> {
  const permit = (repositories: string, ...actions: readonly string[]) => ({
    repositories,
    actions,
  })
  const robot = (path: string, name: string, permissions: readonly object[], rest: object = {}) =>
    makeRobot(path, { name, permissions, ...rest })
  const token = (as: Credentials, name: string, permissions: readonly object[]) =>
    makeToken(as, { name, permissions, expiresAt: LATER })
  Object.assign(subjects, {
    nobody: undefined,
    admin: ADMIN,
    auditor: AUDITOR,
    ann: ANN,
    bob: BOB,
    dev: DEV,
    guest: GUEST,
    ex: EX,
    whole: await token(ANN, 'whole', [permit('**', 'pull', 'push', 'delete', 'api')]),
    parted: await token(ANN, 'parted', [permit('acme/**', 'pull'), permit('other/**', 'api')]),
    narrow: await token(ADMIN, 'narrow', [permit('acme/web/*', 'pull', 'push', 'api')]),
    own: await robot('/projects/acme', 'ci', [permit('**', 'pull', 'push', 'api')]),
    some: await robot('/projects/acme', 'some', [permit('web/*', 'pull'), permit('db', 'api')], {
      expiresAt: LATER,
      networks: ['127.0.0.0/8', '::1'],
    }),
    system: await robot('', 'all', [permit('**', 'pull', 'delete', 'api')]),
    silent: await robot('', 'silent', [permit('acme/**', 'pull')]),
    off: await robot('/projects/acme', 'off', [permit('**', 'pull', 'api')]),
    old: await robot('/projects/acme', 'old', [permit('**', 'pull', 'api')], {
      expiresAt: '2030-06-01T13:00:00Z',
    }),
  })
}

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9', now: () => now })
  await makePeople()
  await makeMachines()
  now = new Date('2030-06-01T14:00:00Z')
  await service.admin('PATCH', '/api/v1/users/ex', { disabled: true })
  await service.admin('PATCH', '/api/v1/projects/acme/robots/off', { disabled: true })
})

test.after.always(() => service?.stop())

interface Decided {
  readonly type: string
  readonly name: string
  readonly action: string
  readonly allowed: boolean
  readonly rule: string
  readonly until: string | null
}

const ask = (as: Credentials | undefined, json: object) =>
  service.request('POST', '/api/v1/explain', { ...(as && { as }), json })

/** Each decision in a line: action, yes or no, rule. */
const told = async (as: Credentials | undefined, json: object): Promise<readonly string[]> => {
  const { body } = await ask(as, json)
  return body.decisions.map(
    ({ name, action, allowed, rule }: Decided) =>
      `${name} ${action}: ${allowed ? 'yes' : 'no'}, ${rule}`,
  )
}

test('a member learns what decides, for oneself and without naming oneself', async (t) => {
  const { status, body } = await ask(DEV, { scope: 'repository:acme/web/api:push,delete' })
  t.is(status, 200)
  const resource = { type: 'repository', name: 'acme/web/api' }
  t.deepEqual(body, {
    subject: 'dev',
    decisions: [
      {
        ...resource,
        action: 'pull',
        allowed: true,
        rule: 'member with role developer',
        until: LATER,
      },
      {
        ...resource,
        action: 'push',
        allowed: true,
        rule: 'member with role developer',
        until: LATER,
      },
      {
        ...resource,
        action: 'delete',
        allowed: false,
        rule: 'no membership gives it',
        until: null,
      },
    ],
  })
})

test('a narrowing of the access token is named', async (t) => {
  const { password } = subjects.narrow as Credentials
  const { body } = await service.request('POST', '/api/v1/explain', {
    json: { subject: 'Admin', scope: ['repository:acme/web/api:*', 'registry:catalog:*'] },
    headers: { authorization: `Bearer ${password}` },
  })
  t.deepEqual(
    body.decisions.map(({ action, rule, until }: Decided) => [action, rule, until]),
    [
      ['pull', 'system role administrator', LATER],
      ['push', 'system role administrator', LATER],
      ['delete', 'the access token does not give it', null],
      ['*', 'the access token does not give it', null],
    ],
  )
})

test('what the API does not see of an access token is explained all the same', async (t) => {
  t.deepEqual(await told(subjects.parted, { scope: 'repository:acme/app:pull,push' }), [
    'acme/app pull: yes, member with role projectAdmin',
    'acme/app push: no, the access token does not give it',
  ])
})

test('who cannot sign in gets nothing, and the rule says why', async (t) => {
  const of = async (subject: string) =>
    (
      await told(ADMIN, { subject, scope: ['repository:acme/app:pull', 'repository:open/x:pull'] })
    )[1]
  t.deepEqual(
    [await of('ex'), await of('robot$acme+off'), await of('robot$acme+old')],
    [
      'open/x pull: no, the account is disabled',
      'open/x pull: no, the robot is disabled',
      'open/x pull: no, the robot ended at 2030-06-01T13:00:00.000Z',
    ],
  )
})

test('a robot bound to networks is told so', async (t) => {
  t.deepEqual(await told(ADMIN, { subject: 'robot$acme+some', scope: 'repository:acme/web/x:*' }), [
    'acme/web/x pull: yes, permission of the robot, from its networks alone',
    'acme/web/x push: no, the robot has no permission for it',
    'acme/web/x delete: no, the robot has no permission for it',
  ])
})

test('names that get nothing say why', async (t) => {
  const scope = [
    'repository:localhost:5000/acme/app:pull',
    'repository:acme/App:*',
    'repository:acme//app:pull',
    'repository:acme/app/tags:push',
    'repository:acme/app:read',
    'registry:catalog:read',
    'registry:users:*',
    'plugin:acme/app:pull',
  ]
  t.deepEqual(await told(ADMIN, { scope }), [
    'localhost:5000/acme/app pull: no, it gets nothing, because it begins with the host of a registry, which is no part of the name',
    ...['pull', 'push', 'delete'].map(
      (action) =>
        `acme/App ${action}: no, it gets nothing, because names of repositories are in lower case`,
    ),
    'acme//app pull: no, it gets nothing, because it is no name of a repository',
    'acme/app/tags pull: yes, system role administrator',
    'acme/app/tags push: no, a push gets nothing, because the name holds tags, manifests, blobs or referrers, a word of the paths of the registry',
    'acme/app read: no, it gets nothing, because the actions are pull, push and delete',
    'catalog read: no, it gets nothing, because the one right over the registry itself is registry:catalog:*',
    'users *: no, it gets nothing, because the one right over the registry itself is registry:catalog:*',
    'acme/app pull: no, it gets nothing, because the types are repository and registry',
  ])
})

test('a project that may not be seen is explained like one that is not there', async (t) => {
  const askers = [undefined, BOB, GUEST, subjects.narrow, subjects.parted, subjects.own]
  for (const as of askers) {
    const there = await told(as, { scope: 'repository:secret/x:pull,push,delete' })
    const not = await told(as, { scope: 'repository:nowhere/x:pull,push,delete' })
    t.deepEqual(
      there.map((line) => line.replace('secret/', 'nowhere/')),
      not,
    )
    t.regex(there[0] ?? '', /no, there is no such project, or /)
  }
  t.deepEqual(await told(AUDITOR, { scope: 'repository:nowhere/x:push' }), [
    'nowhere/x pull: yes, system role auditor',
    'nowhere/x push: no, there is no such project',
  ])
})

test('administrators and auditors ask about anybody', async (t) => {
  for (const as of [ADMIN, AUDITOR]) {
    t.deepEqual(await told(as, { subject: 'GUEST', scope: 'repository:acme/app:push' }), [
      'acme/app pull: yes, member with role limitedGuest',
      'acme/app push: no, no membership gives it',
    ])
    t.is((await ask(as, { subject: 'noone', scope: 'registry:catalog:*' })).status, 404)
    t.is((await ask(as, { subject: 'robot$noone', scope: 'registry:catalog:*' })).status, 404)
  }
})

test('a project administrator asks about anybody, on repositories of the project', async (t) => {
  const scope = 'repository:acme/app:pull'
  t.deepEqual(await told(ANN, { subject: 'dev', scope }), [
    'acme/app pull: no, no membership gives it',
  ])
  t.deepEqual(await told(ANN, { subject: 'robot$silent', scope }), [
    'acme/app pull: yes, permission of the robot',
  ])
  const codes = await Promise.all(
    [
      { subject: 'noone', scope },
      { subject: 'dev', scope: [scope, 'repository:other/x:pull'] },
      { subject: 'dev', scope: 'registry:catalog:*' },
      { subject: 'dev', scope: '' },
    ].map(async (json) => (await ask(ANN, json)).status),
  )
  t.deepEqual(codes, [404, 403, 403, 403])
})

test('a robot of another project is unknown to a project administrator, there or not', async (t) => {
  const { body } = await service.admin('POST', '/api/v1/projects/secret/robots', {
    name: 'ci',
    permissions: [{ repositories: '**', actions: ['pull'] }],
  })
  t.is(body.username, 'robot$secret+ci')
  const scope = 'repository:acme/app:pull'
  const there = await ask(ANN, { subject: 'robot$secret+ci', scope })
  const not = await ask(ANN, { subject: 'robot$secret+no', scope })
  t.deepEqual([there.status, not.status], [404, 404])
  t.is(there.body.detail.replace('+ci', '+no'), not.body.detail)
})

test('who may not ask gets one answer, whoever is asked about', async (t) => {
  for (const [as, status] of [
    [undefined, 401],
    [BOB, 403],
    [DEV, 403],
    [subjects.narrow, 403],
    [subjects.own, 403],
  ] as const) {
    const answers = await Promise.all(
      ['ann', 'noone', 'ex', 'robot$acme+off', 'robot$acme+noone', 'robot$none'].map(
        async (subject) => {
          const reply = await ask(as, { subject, scope: 'repository:acme/app:pull' })
          return `${reply.status} ${reply.body.detail}`
        },
      ),
    )
    t.is(new Set(answers).size, 1)
    t.true(answers[0]?.startsWith(`${status} `))
  }
})

test('everybody may ask what is given without credentials', async (t) => {
  for (const as of [undefined, BOB, ADMIN]) {
    const scope = ['repository:open/x:pull,push']
    t.deepEqual(await told(as, { subject: 'anonymous', scope }), [
      'open/x pull: yes, the project is public',
      'open/x push: no, nobody is signed in',
    ])
  }
})

test('R11: an access token of an administrator asks about others only with api on everything', async (t) => {
  const wide = await makeToken(ADMIN, {
    name: 'asks',
    permissions: [{ repositories: '**', actions: ['api'] }],
  })
  const question = { subject: 'ann', scope: 'repository:acme/app:pull' }
  t.deepEqual(await told(wide, question), ['acme/app pull: yes, member with role projectAdmin'])
  t.is((await ask(subjects.narrow, question)).status, 403)
})

test('a credential for the registry alone asks nothing', async (t) => {
  t.is((await ask(subjects.silent, { scope: 'repository:acme/app:pull' })).status, 403)
})

test('what is no question is refused', async (t) => {
  const scope = 'repository:acme/app:pull'
  const many = Array.from({ length: 26 }, (_, n) => `repository:acme/a${n}:pull`)
  const letters = [...'abcdefghijklmnopqrstuvwxyz']
  const words = letters.flatMap((a) => letters.slice(0, 4).map((b) => a + b)).join(',')
  for (const json of [
    {},
    { scope: [] },
    { scope: 7 },
    { scope: 'acme/app' },
    { scope: many },
    { scope: many.join(' ') },
    { scope: `repository:acme/app:${words}` },
    { scope, subject: '' },
    { scope, subject: 'a b' },
    { scope, subject: 'robot$' },
    { scope, subject: 'x'.repeat(201) },
    { scope, user: 'ann' },
  ]) {
    t.is((await ask(ADMIN, json)).status, 400, JSON.stringify(json).slice(0, 80))
  }
})

const NAMES = [
  ...['acme/app', 'acme/web/api', 'acme/web/a/b', 'acme/db', 'acme/web/tags', 'acme/App'],
  ...['other/x', 'open/x', 'secret/x', 'nowhere/x', 'busybox', 'library/busybox', 'h:5/acme/app'],
]
const WANTED = ['pull', 'push', 'delete', 'pull,push', '*', 'pull,read']
const scopesOf = (names: readonly string[], actions: readonly string[]): readonly string[] =>
  names.flatMap((name) => actions.map((wanted) => `repository:${name}:${wanted}`))

/** Every name with every wish, and scopes of one name that are merged. */
const QUESTIONS: readonly (readonly string[])[] = [
  ...WANTED.map((actions) => scopesOf(NAMES, [actions])),
  ['registry:catalog:*', 'registry:catalog:read', 'plugin:acme/x:pull', 'registry:users:*'],
  [...scopesOf(NAMES.slice(0, 8), ['pull', 'delete,pull']), 'registry:catalog:*'],
  scopesOf(NAMES.slice(4), ['push', 'pull']),
]

/** What a token holds, each action in a line; undefined where there is none to be had. */
async function granted(
  as: Credentials | undefined,
  scopes: readonly string[],
): Promise<readonly string[] | undefined> {
  const query = scopes.map((scope) => `&scope=${scope}`).join('')
  const reply = await service.request('GET', `/auth/token?service=registry-warden${query}`, {
    ...(as && { as }),
  })
  if (reply.status !== 200) return undefined
  const claims = JSON.parse(Buffer.from(reply.body.token.split('.')[1], 'base64url').toString())
  return claims.access.flatMap((entry: { type: string; name: string; actions: string[] }) =>
    entry.actions.map((action) => `${entry.type}:${entry.name}:${action}`),
  )
}

async function explained(
  as: Credentials | undefined,
  json: object,
): Promise<readonly string[] | undefined> {
  const { status, body } = await ask(as, json)
  if (status !== 200) return undefined
  return body.decisions
    .filter(({ allowed }: Decided) => allowed)
    .map(({ type, name, action }: Decided) => `${type}:${name}:${action}`)
}

/** Subjects that a test of everybody asks about: who cannot ask does not ask about oneself. */
const namesOf = (without: readonly string[]) =>
  Object.entries(subjects).filter(([label]) => !without.includes(label))

test('what is explained to oneself is what a token holds, for every subject and scope', async (t) => {
  let count = 0
  for (const [label, as] of namesOf(['silent', 'off', 'old', 'ex'])) {
    for (const scope of QUESTIONS) {
      const token = await granted(as, scope)
      t.deepEqual(await explained(as, { scope }), token, `${label} ${scope.join(' ')}`)
      count += token?.length ?? 0
    }
  }
  t.true(count > 500)
})

test('what is explained about others is what a token holds, for every subject and scope', async (t) => {
  let count = 0
  // By its name one is who has signed in by password, or by secret.
  for (const [label, as] of namesOf(['whole', 'parted', 'narrow'])) {
    const subject = as?.username ?? 'anonymous'
    for (const scope of QUESTIONS) {
      const token = (await granted(as, scope)) ?? []
      const told = await explained(ADMIN, { subject, scope })
      t.deepEqual(told, token, `${label} ${scope.join(' ')}`)
      count += token.length
    }
  }
  t.true(count > 500)
})

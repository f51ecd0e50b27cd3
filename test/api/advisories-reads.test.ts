import test from 'ava'
import { BODIES } from '../support/matrix-bodies.ts'
import { type CallerName, type RightsWorld, startRightsWorld } from '../support/rights-world.ts'
import type { Reply } from '../support/service.ts'

let world: RightsWorld

/** Of a removal and of a run of retention. */
const ID = '7200001'

test.before(async () => {
  world = await startRightsWorld({
    registryUrl: 'http://127.0.0.1:9',
    env: { WARDEN_SIGN_IN_FAILURES: '1000' },
  })
  const gear = { name: 'gear', permissions: [{ repositories: '**', actions: ['pull'] }] }
  for (const home of ['/projects/acme/robots', '/robots']) await world.must('POST', home, gear)
  await world.must('POST', '/users', { username: 'gone1', password: 'a-quiet-harbour-71' })
  await world.must('DELETE', '/users/gone1')
  const acme = await world.database('projects').where({ name: 'acme' }).first('id')
  const made = { id: ID, job_id: ID, is_dry_run: 1, actor_name: 'adm', created_at: new Date() }
  const run = { ...made, project_id: acme?.id, is_scheduled: 0, rules: '[]', outcome: 'done' }
  await world.database('retention_runs').insert(run)
  await world.database('removals').insert({ ...made, project: 'acme', filter: '{}' })
})
test.after.always(() => world?.stop())

const CHANGING = /^(?:x-request-id|date|content-length|etag|x-ratelimit|ratelimit)/

/** All that a caller sees, with one word for the name that was asked. */
const seen = ({ status, headers, body }: Reply, name: string): string => {
  const kept = [...headers].filter(([header]) => !CHANGING.test(header))
  const shown = typeof body === 'object' ? { ...body, requestId: '' } : body
  const word = new RegExp(`(?<![a-z])${name.replace(/[$+]/g, '\\$&')}(?![a-z])`, 'g')
  return JSON.stringify([status, kept, shown]).replace(word, 'NAME')
}

const TIMERS =
  /installation|replicas|leases|audit|jobs|job_schedules|reconcile_|index_brake|index_vanishings|last_used_at|tag_removals|removed_tags|token_authorities|manifest_removals|tag_reservations|COALESCE\(project_figures|events|dirty_|tag_history|collections|AS overdue|^(?:delete|begin|commit|rollback|set) ?/i

/** Statements that an answer may have waited for; timers send others. */
async function listStatements(work: () => Promise<unknown>): Promise<readonly string[]> {
  const statements: string[] = []
  const onQuery = ({ sql }: { readonly sql: string }): void => {
    if (!TIMERS.test(sql)) statements.push(sql)
  }
  world.database.on('query', onQuery)
  await work()
  world.database.removeListener('query', onQuery)
  return statements
}

/** The least of three, since a timer may send one in the middle. */
async function leastStatements(work: () => Promise<unknown>): Promise<readonly string[]> {
  const lists: (readonly string[])[] = []
  for (let n = 0; n < 3; n++) lists.push(await listStatements(work))
  return lists.reduce((least, list) => (list.length < least.length ? list : least))
}

const PROJECT_ROUTES = /^\/projects\/:project/

const fillIn = (path: string, project: string): string =>
  path
    .replace(':project', project)
    .replace(':username', 'dev')
    .replace(':group', 'crew')
    .replace(':robot', 'bot')
    .replace(/:\w+/g, '1')

/** Who may not know of which project. */
const BLIND: readonly (readonly [caller: CallerName, hidden: string])[] = [
  ['anon', 'acme'],
  ['out', 'acme'],
  ['prj', 'other'],
  ['pad', 'other'],
  ['tok', 'other'],
  ['web', 'other'],
]

for (const [caller, hidden] of BLIND) {
  test.serial(
    `enumeration: ${caller} cannot tell the project ${hidden} from a missing one`,
    async (t) => {
      const routes = world.routes
        .map(({ method, path }) => ({ method, path: path.replace('/api/v1', '') }))
        .filter(({ path }) => PROJECT_ROUTES.test(path))
      t.true(routes.length >= 14)
      const missing = 'nope5'.slice(0, hidden.length)
      for (const { method, path } of routes) {
        const ask = (project: string) => {
          const target = fillIn(path, project)
          const as = world.credentials(caller)
          const cell = { caller, as, method, path: target }
          const json = BODIES[`${method} ${path}`]?.(cell, 'enumerated')
          return world.ask(caller, method.toUpperCase(), target, json)
        }
        const why = `${method} ${path}`
        t.is(seen(await ask(hidden), hidden), seen(await ask(missing), missing), why)
        t.true([401, 404].includes((await ask(hidden)).status), why)
        const work = [hidden, missing].map((name) => () => leastStatements(() => ask(name)))
        t.deepEqual(await work[0]?.(), await work[1]?.(), `work of ${why}`)
      }
    },
  )
}

const NO_DIGEST = `sha256:${'0'.repeat(64)}`

// What somebody may not do: with a name that is there, and with one that is not. The last word of
// the path, or `name` in the body, is the name.
const PAIRS: readonly (readonly [
  what: string,
  callers: string,
  method: string,
  path: string,
  there: string,
  missing: string,
  json?: (name: string) => unknown,
])[] = [
  ['a user', 'anon out pad prj sys tok web', 'GET', '/users/{}', 'bob', 'zed'],
  [
    'a user',
    'anon out pad aud prj sys tok web',
    'PATCH',
    '/users/{}',
    'bob',
    'zed',
    () => ({ disabled: true }),
  ],
  ['a user', 'anon out pad aud prj sys tok web', 'DELETE', '/users/{}', 'bob', 'zed'],
  ['a user', 'anon out pad prj sys tok web', 'GET', '/users/{}/tokens', 'bob', 'zed'],
  ['a user', 'anon out pad prj sys tok web', 'GET', '/users/{}/identity-tokens', 'bob', 'zed'],
  ['a user', 'anon out pad aud prj sys tok web', 'DELETE', '/users/{}/tokens/1', 'bob', 'zed'],
  [
    'a user',
    'anon out gue mai aud prj sys web',
    'PUT',
    '/projects/acme/members/users/{}',
    'bob',
    'zed',
    () => ({ role: 'guest' }),
  ],
  [
    'a user',
    'anon out gue mai aud prj sys web',
    'DELETE',
    '/projects/acme/members/users/{}',
    'bob',
    'zed',
  ],
  [
    'a user',
    'anon out pad prj sys tok web',
    'PUT',
    '/projects/open/members/users/{}',
    'bob',
    'zed',
    () => ({ role: 'guest' }),
  ],
  [
    'a user',
    'anon out pad aud prj sys tok web',
    'PUT',
    '/groups/crew/members/{}',
    'bob',
    'zed',
    () => ({}),
  ],
  [
    'a user',
    'anon out pad aud prj sys tok web',
    'POST',
    '/users',
    'bob',
    'zed',
    (username) => ({ username, password: 'a-quiet-harbour-71' }),
  ],
  [
    'a user',
    'out gue mai prj web',
    'POST',
    '/explain',
    'bob',
    'zed',
    (subject) => ({ subject, scope: 'repository:acme/app:pull' }),
  ],
  ['a member', 'out lim prj sys web', 'DELETE', '/projects/acme/members/users/{}', 'dev', 'zed'],
  ['a group', 'anon out pad prj sys tok web', 'GET', '/groups/{}', 'crew', 'zorc'],
  [
    'a group',
    'anon out pad aud prj sys tok web',
    'PATCH',
    '/groups/{}',
    'crew',
    'zorc',
    () => ({ description: 'x' }),
  ],
  ['a group', 'anon out pad aud prj sys tok web', 'DELETE', '/groups/{}', 'crew', 'zorc'],
  ['a group', 'anon out pad prj sys tok web', 'GET', '/groups/{}/members', 'crew', 'zorc'],
  [
    'a group',
    'anon out pad aud prj sys tok web',
    'PUT',
    '/groups/{}/members/bob',
    'crew',
    'zorc',
    () => ({}),
  ],
  [
    'a group',
    'anon out pad aud prj sys tok web',
    'POST',
    '/groups',
    'crew',
    'zorc',
    (name) => ({ name }),
  ],
  [
    'a group',
    'anon out gue mai aud prj sys web',
    'PUT',
    '/projects/acme/members/groups/{}',
    'crew',
    'zorc',
    () => ({ role: 'guest' }),
  ],
  ['a robot', 'anon out lim prj sys web', 'GET', '/projects/acme/robots/{}', 'gear', 'zear'],
  [
    'a robot',
    'anon out gue mai aud prj sys web',
    'PATCH',
    '/projects/acme/robots/{}',
    'gear',
    'zear',
    () => ({ disabled: true }),
  ],
  [
    'a robot',
    'anon out gue mai aud prj sys web',
    'DELETE',
    '/projects/acme/robots/{}',
    'gear',
    'zear',
  ],
  [
    'a robot',
    'anon out gue mai aud prj sys web',
    'POST',
    '/projects/acme/robots/{}/secret',
    'gear',
    'zear',
    () => ({}),
  ],
  [
    'a robot',
    'anon out gue mai aud prj sys web',
    'POST',
    '/projects/acme/robots',
    'gear',
    'zear',
    (name) => ({ name, permissions: [{ repositories: '**', actions: ['pull'] }] }),
  ],
  ['a robot', 'anon out pad prj sys tok web', 'GET', '/robots/{}', 'gear', 'zear'],
  ['a robot', 'anon out pad aud prj sys tok web', 'DELETE', '/robots/{}', 'gear', 'zear'],
  [
    'a robot',
    'out gue mai web',
    'POST',
    '/explain',
    'robot$acme+gear',
    'robot$acme+zear',
    (subject) => ({ subject, scope: 'repository:acme/app:pull' }),
  ],
  [
    'a project',
    'out pad aud prj sys tok web',
    'POST',
    '/projects',
    'other',
    'nope5',
    (name) => ({ name }),
  ],
  [
    'a project',
    'anon out',
    'POST',
    '/explain',
    'acme',
    'nope',
    (name) => ({ scope: `repository:${name}/app:pull,push` }),
  ],
  [
    'a project',
    'prj tok web pad',
    'POST',
    '/explain',
    'other',
    'nope5',
    (name) => ({ scope: `repository:${name}/app:pull,push` }),
  ],
  ['a project', 'out', 'GET', '/audit?project={}', 'acme', 'nope'],
  ['a project', 'out', 'GET', '/audit/export?format=csv&project={}', 'acme', 'nope'],
  ['a repository', 'anon out', 'GET', '/repositories/{}', 'acme/app', 'nope/app'],
  ['a repository', 'anon out', 'GET', '/repositories/{}/tags', 'acme/app', 'nope/app'],
  ['a repository', 'anon out', 'GET', '/repositories/{}/manifests/v1', 'acme/app', 'nope/app'],
  [
    'a repository',
    'anon out',
    'GET',
    `/repositories/{}/referrers/${NO_DIGEST}`,
    'acme/app',
    'nope/app',
  ],
  ['a repository', 'anon out', 'GET', '/statistics?repository={}', 'acme/app', 'nope/app'],
  ['a project', 'anon out', 'GET', '/statistics?project={}', 'acme', 'nope'],
  ['a repository', 'anon out', 'DELETE', '/repositories/{}/tags/v1', 'acme/app', 'nope/app'],
]

for (const [what, callers, method, path, there, missing, json] of PAIRS) {
  test.serial(
    `enumeration: ${method} ${path} tells nobody whether there is ${what} (${there})`,
    async (t) => {
      for (const caller of callers.split(' ') as CallerName[]) {
        const ask = (name: string) =>
          world.ask(caller, method, path.replace('{}', name), json?.(name))
        const [first, second] = [await ask(there), await ask(missing)]
        t.is(seen(first, there), seen(second, missing), caller)
        t.true(path === '/explain' || first.status >= 400, `${caller} ${first.status}`)
        // Rights in a project that is there are kept in memory, so there is nothing to compare.
        if (path === '/explain') continue
        const work = await leastStatements(() => ask(there))
        t.deepEqual(work, await leastStatements(() => ask(missing)), `work for ${caller}`)
      }
    },
  )
}

const hashes = async (): Promise<number> => {
  const text = await (await fetch(`${world.privateUrl}/metrics`)).text()
  return Number(/^warden_password_hash_duration_seconds_count(?:\{\})? (\d+)/m.exec(text)?.[1])
}

test.serial(
  'enumeration: unknown, deleted and disabled names, and wrong passwords, get one answer for one work',
  async (t) => {
    const path = '/auth/token?service=registry-warden'
    for (const target of [path, '/api/v1/me', '/api/v1/projects']) {
      const results: unknown[] = []
      await world.request('GET', target, { as: { username: 'first', password: 'to be counted' } })
      for (const username of ['bob', 'dis', 'zed', 'gone1', 'adm']) {
        const as = { username, password: `wrong for ${target}` }
        const before = await hashes()
        let reply: Reply | undefined
        const statements = await listStatements(async () => {
          reply = await world.request('GET', target, { as })
        })
        results.push([reply && seen(reply, username), statements, (await hashes()) - before])
      }
      for (const result of results) t.deepEqual(result, results[0])
      t.regex(JSON.stringify(results[0]), /^\["\[401,.*1\]$/)
    }
  },
)

test.serial(
  'enumeration: a robot that is not there and a wrong secret get one answer',
  async (t) => {
    const { password } = world.credentials('prj') ?? { password: '' }
    const wrong = `${password.slice(0, -1)}${password.endsWith('a') ? 'b' : 'a'}`
    const answers: string[] = []
    for (const [username, secret] of [
      ['robot$acme+bot', wrong],
      ['robot$acme+tob', wrong],
      ['robot$acme+tob', password],
      ['robot$nope+bot', password],
      ['robot$other+bot', password],
      ['robot$bot', password],
      ['robot$tob', password],
    ] as const) {
      const as = { username, password: secret }
      answers.push(seen(await world.request('GET', '/api/v1/projects', { as }), username))
    }
    t.deepEqual(new Set(answers).size, 1, answers.join('\n'))
    t.regex(answers[0] ?? '', /^\[401/)
  },
)

test.serial(
  'enumeration: a token for a hidden project is the same as for a missing one',
  async (t) => {
    const access = async (caller: CallerName, name: string) => {
      const path = `/auth/token?service=registry-warden&scope=repository:${name}/app:pull,push,delete`
      const { status, body } = await world.ask(caller, 'GET', path)
      const claims = JSON.parse(Buffer.from(body.token.split('.')[1], 'base64url').toString())
      return [status, claims.access, Object.keys(claims).join(), claims.exp - claims.iat]
    }
    for (const [caller, hidden] of BLIND) {
      t.deepEqual(await access(caller, hidden), await access(caller, 'nope'), caller)
    }
  },
)

const LISTS = [
  '/users',
  '/groups',
  '/groups/crew/members',
  '/projects',
  '/projects/acme/members',
  '/projects/acme/robots',
  '/robots',
  '/me/tokens',
  '/me/identity-tokens',
  '/users/admin/tokens',
  '/users/admin/identity-tokens',
  '/audit',
  '/jobs',
  '/maintenance/gc/runs',
  '/projects/acme/removals',
  `/projects/acme/removals/${ID}/items`,
  '/projects/acme/retention/runs',
  `/projects/acme/retention/runs/${ID}/items`,
  '/statistics',
  '/tree',
] as const

const encode = (text: string): string => Buffer.from(text).toString('base64url')

// Columns and operators that other products let through, and what breaks SQL that is put together.
const REFUSED: readonly string[] = [
  'sort=password_hash',
  'sort=-password_hash',
  'sort=passwordHash',
  'sort=secret_hash',
  'sort=secretHash',
  'sort=sign_in_epoch',
  'sort=external_id',
  'sort=users.password_hash',
  'sort=u.password_hash',
  'sort=password_hash,username',
  'sort=(select%20password_hash%20from%20users%20limit%201)',
  'sort=username;drop%20table%20users',
  'sort=username%20desc,sleep(5)',
  'sort=1',
  'sort=if(1=1,username,email)',
  'sort=`username`',
  'sort=',
  'sort[]=username',
  'sort[password_hash]=asc',
  'order=password_hash',
  'order_by=password_hash',
  'orderBy=passwordHash',
  'q=password_hash=~$argon2',
  'q=password%3D~a',
  'filter=password_hash%20like%20%27a%25%27',
  'filter[password_hash]=a',
  'filter[password_hash][like]=a%25',
  'where=1=1',
  'where[password_hash]=a',
  'fields=password_hash',
  'fields=*',
  'select=*',
  'include=password',
  'expand=secret',
  'with=tokens',
  'password_hash=a',
  'passwordHash=a',
  'passwordHash[$ne]=a',
  'passwordHash__startswith=a',
  'password_hash~=a',
  'secret_hash=a',
  'secretHash=a',
  'previous_secret_hash=a',
  'deleted_at=',
  'deletedAt=null',
  'external_id=a',
  'user_id=1',
  'userId=1',
  'project_id=1',
  'projectId=1',
  'id=1',
  '__proto__=a',
  '__proto__[a]=b',
  'constructor=a',
  'page=1',
  'page_size=1000000',
  'offset=1',
  'limit=0',
  'limit=-1',
  'limit=1001',
  'limit=1.5',
  'limit=1e9',
  'limit=NaN',
  'limit=Infinity',
  'limit=',
  'limit=abc',
  'limit=1;drop%20table%20users',
  'limit=1%20union%20select%201',
  'limit=1&limit=2',
  'limit[]=1',
  'limit[$gt]=1',
  'cursor=',
  'cursor=%00',
  "cursor='",
  'cursor=abc&cursor=abc',
  'cursor[]=abc',
  `cursor=${encode("' OR 1=1 -- ")}`,
  `cursor=${encode("x' UNION SELECT password_hash FROM users -- ")}`,
  `cursor=${encode('\u0000')}`,
  `cursor=${encode('é')}`,
  `cursor=${'A'.repeat(1025)}`,
]

for (const path of LISTS) {
  test.serial(
    `leakage: ${path} takes no sort, filter, page or cursor that it does not know`,
    async (t) => {
      const wrong: string[] = []
      for (const query of REFUSED) {
        const { status } = await world.ask('adm', 'GET', `${path}?${query}`)
        if (status !== 400) wrong.push(`${query}: ${status}`)
      }
      t.deepEqual(wrong, [])
    },
  )

  test.serial(`leakage: a cursor of ${path} that is made up only skips`, async (t) => {
    const { body: all } = await world.ask('adm', 'GET', `${path}?limit=1000`)
    const known = new Set(all.items.map((item: object) => JSON.stringify(item)))
    for (const key of [
      "'OR'1'='1",
      '%',
      '_',
      "\\'",
      '")))',
      '0',
      '-1',
      '~',
      '9'.repeat(400),
      '1e9',
      '0x1',
      'NaN',
      '1.1',
      '1.1;',
    ]) {
      const { status, body } = await world.ask('adm', 'GET', `${path}?cursor=${encode(key)}`)
      t.true([200, 400].includes(status), `${key}: ${status}`)
      const items: readonly object[] = status === 200 ? body.items : []
      const strange =
        path === '/audit' ? [] : items.filter((item) => !known.has(JSON.stringify(item)))
      t.deepEqual(strange, [], key)
    }
  })
}

test.serial('leakage: every list that is there is in the list', (t) => {
  const lists = world.routes
    .filter(({ method, query }) => method === 'get' && query.safeParse({ limit: '1' }).success)
    .map(({ path }) => path.replace('/api/v1', ''))
    .filter((path) => !/repositor|search|^\/auth/.test(path))
    .map((path) =>
      path
        .replace(':group', 'crew')
        .replace(':project', 'acme')
        .replace(':username', 'admin')
        .replace(':id', ID),
    )
  t.deepEqual(lists.sort(), [...LISTS].sort())
})

/** Every key of an answer, however deep. */
const keysOf = (value: unknown): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap(keysOf)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [key, ...keysOf(inner)])
}

const SECRET_KEY = /pass|hash|salt|secret|epoch|external|deleted|_/i

test.serial(
  'leakage: no answer holds a hash, a secret or a column that nobody is to see',
  async (t) => {
    await world.must('POST', '/projects/acme/robots/bot/secret', { overlapSeconds: 2592000 })
    const paths = [
      ...LISTS,
      '/me',
      '/users/aud',
      '/groups/crew',
      '/settings',
      '/projects/acme',
      '/projects/acme/robots/bot',
      '/robots/bot',
      '/audit/export?format=jsonl',
      '/audit/export?format=csv',
    ]
    for (const path of paths) {
      const { status, body } = await world.ask('adm', 'GET', path)
      t.is(status, 200, path)
      const keys = keysOf(body).filter(
        (key) => SECRET_KEY.test(key) && key !== 'previousSecretEndsAt',
      )
      t.deepEqual(keys, [], path)
      t.notRegex(JSON.stringify(body), /\$argon2|\$2[aby]\$|rw[tri]_[0-9A-Za-z]{20}/, path)
    }
  },
)

test.serial('leakage: a secret is in no answer but that of its making', async (t) => {
  const json = { name: 'once', permissions: [{ repositories: '**', actions: ['pull'] }] }
  const { body } = await world.must('POST', '/projects/acme/robots', json)
  const changed = await world.must('PATCH', '/projects/acme/robots/once', { description: 'x' })
  const again = await world.ask('adm', 'POST', '/projects/acme/robots', json)
  t.true(body.secret.length > 40)
  t.is(again.status, 409)
  for (const reply of [changed, again]) {
    t.false(JSON.stringify(reply.body).includes(body.secret))
    t.is(reply.body.secret, undefined)
  }
})

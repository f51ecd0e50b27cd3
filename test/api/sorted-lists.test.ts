import test from 'ava'
import { ADMIN, type Service, startService } from '../support/service.ts'

let service: Service

const PEOPLE = ['zoe', 'kim', 'amy', 'bob', 'a_b', 'lea'] as const

/** Pairs are of the same time, so that names part them. */
const timeOf = (index: number): Date => new Date(Date.UTC(2030, 0, 1, 0, Math.floor(index / 2)))

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
  for (const [index, username] of PEOPLE.entries()) {
    const email = `${username === 'zoe' ? 'am' : 'x'}@example.com`
    const password = `${username}s-own-pw-7`
    await service.admin('POST', '/api/v1/users', { username, email, password })
    const visibility = index % 2 === 0 ? 'public' : 'private'
    const name = `p-${username}`
    await service.admin('POST', '/api/v1/projects', { name, visibility })
    await service
      .database('users')
      .where({ username })
      .update({ created_at: timeOf(index) })
    await service
      .database('projects')
      .where({ name })
      .update({ created_at: timeOf(index) })
  }
})
test.after.always(() => service.stop())

async function walk(path: string, key: string): Promise<readonly string[]> {
  const found: string[] = []
  let cursor: string | null = null
  do {
    const query: string = cursor === null ? '' : `&cursor=${cursor}`
    const { status, body } = await service.admin('GET', `${path}&limit=2${query}`)
    if (status !== 200) throw new Error(JSON.stringify(body))
    found.push(...body.items.map((item: Record<string, string>) => item[key]))
    cursor = body.next
  } while (cursor !== null)
  return found
}

const BY_NAME = ['a_b', 'admin', 'amy', 'bob', 'kim', 'lea', 'zoe']
const BY_TIME = ['admin', 'kim', 'zoe', 'amy', 'bob', 'a_b', 'lea']

for (const [sort, expected] of [
  ['username', BY_NAME],
  ['-username', BY_NAME.toReversed()],
  ['createdAt', BY_TIME],
  ['-createdAt', BY_TIME.toReversed()],
] as const) {
  test(`users by ${sort} come page by page, each once`, async (t) => {
    t.deepEqual(await walk(`/api/v1/users?sort=${sort}`, 'username'), expected)
  })
}

for (const [search, expected] of [
  ['am', ['amy', 'zoe']],
  ['AM', ['amy']],
  ['a_', ['a_b']],
  ['%', []],
  ['!', []],
  ["'", []],
  ['nobody', []],
] as const) {
  test(`users that begin with ${JSON.stringify(search)} are found by name or mail`, async (t) => {
    const path = `/api/v1/users?search=${encodeURIComponent(search)}`
    t.deepEqual(await walk(path, 'username'), [...expected])
  })
}

test('projects are found by the beginning of their name and by visibility', async (t) => {
  t.deepEqual(await walk('/api/v1/projects?name=p-a', 'name'), ['p-a_b', 'p-amy'])
  t.deepEqual(await walk('/api/v1/projects?name=p-a_', 'name'), ['p-a_b'])
  t.deepEqual(await walk('/api/v1/projects?visibility=public&sort=-name', 'name'), [
    'p-zoe',
    'p-amy',
    'p-a_b',
  ])
  const latest = ['p-lea', 'p-a_b', 'p-bob', 'p-amy', 'p-zoe', 'p-kim', 'library']
  t.deepEqual(await walk('/api/v1/projects?sort=-createdAt', 'name'), latest)
})

test('a filter shows nobody a project that they may not read', async (t) => {
  const path = '/api/v1/projects?visibility=private'
  t.deepEqual((await service.request('GET', path)).body.items, [])
})

test('projects of a user, of the own groups, and of everybody come in one order, each once', async (t) => {
  const as = { username: 'kim', password: 'kims-own-pw-7' }
  const latest = async (path: string): Promise<readonly string[]> => {
    const { body } = await service.request('GET', path, { as })
    return body.items.map(({ name }: { name: string }) => name)
  }
  await service.admin('POST', '/api/v1/groups', { name: 'circle' })
  await service.admin('PUT', '/api/v1/groups/circle/members/kim', {})
  const member = (project: string, kind: string) =>
    service.admin('PUT', `/api/v1/projects/${project}/members/${kind}`, { role: 'guest' })
  await member('p-bob', 'users/kim')
  await member('p-lea', 'groups/circle')
  // By both ways, and public too.
  await member('p-bob', 'groups/circle')
  await member('p-amy', 'groups/circle')
  const all = ['p-lea', 'p-a_b', 'p-bob', 'p-amy', 'p-zoe']
  t.deepEqual(await latest('/api/v1/projects?sort=-createdAt'), all)
  t.deepEqual(await latest('/api/v1/projects?visibility=private'), ['p-bob', 'p-lea'])
  t.deepEqual(await latest('/api/v1/projects?name=p-l'), ['p-lea'])
  const first = await service.request('GET', '/api/v1/projects?sort=-createdAt&limit=3', { as })
  const rest = `/api/v1/projects?sort=-createdAt&limit=3&cursor=${first.body.next}`
  t.deepEqual(await latest(rest), all.slice(3))
  await service.admin('DELETE', '/api/v1/groups/circle/members/kim')
  t.deepEqual(await latest('/api/v1/projects?visibility=private'), ['p-bob'])
})

test('a robot of a project lists that one and public ones, sorted and filtered', async (t) => {
  const permissions = [{ repositories: ['**'], actions: ['api', 'pull'] }]
  const robots = '/api/v1/projects/p-kim/robots'
  const { body } = await service.admin('POST', robots, { name: 'lister', permissions })
  const as = { username: body.username, password: body.secret }
  const reply = await service.request('GET', '/api/v1/projects?sort=-name&name=p-', { as })
  const names = reply.body.items.map(({ name }: { name: string }) => name)
  t.deepEqual(names, ['p-zoe', 'p-kim', 'p-amy', 'p-a_b'])
})

const cursorOf = async (query: string): Promise<string> =>
  (await service.admin('GET', `/api/v1/users?limit=1${query}`)).body.next

test('a cursor of another sort, filter or list is 400', async (t) => {
  const cursor = await cursorOf('&sort=createdAt')
  const statusOf = async (path: string) => (await service.admin('GET', path)).status
  t.is(await statusOf(`/api/v1/users?sort=createdAt&limit=7&cursor=${cursor}`), 200)
  for (const query of ['', 'sort=-createdAt&', 'sort=createdAt&search=a&']) {
    t.is(await statusOf(`/api/v1/users?${query}cursor=${cursor}`), 400, query)
  }
  const byName = await cursorOf('')
  t.is(await statusOf(`/api/v1/projects?cursor=${byName}`), 400)
})

for (const forged of [
  '"x"',
  '[1]',
  '["","a",null]',
  '{"a":1}',
  'null',
  '[[],[],[]]',
  '["QUESTION","a","2026"]',
  '["QUESTION","a",1e300]',
  '["QUESTION","a",-1]',
  '["QUESTION","a",null,"x"]',
]) {
  test(`the forged cursor ${forged} is 400`, async (t) => {
    const given = Buffer.from(await cursorOf('&sort=createdAt'), 'base64url').toString()
    const question = JSON.parse(given)[0]
    const cursor = Buffer.from(forged.replace('QUESTION', question)).toString('base64url')
    const path = `/api/v1/users?sort=createdAt&cursor=${cursor}`
    t.is((await service.admin('GET', path)).status, 400)
  })
}

for (const query of [
  'sort=password_hash',
  'sort=passwordHash',
  'sort=id',
  'sort=--username',
  'sort=username,createdAt',
  'sort=',
  'search=',
  'search=a%20b',
  'search=%C3%A9',
  'username=a',
]) {
  test(`users with ?${query} are 400: only what is allowed is a sort or a filter`, async (t) => {
    t.is((await service.admin('GET', `/api/v1/users?${query}`)).status, 400)
  })
}

for (const [what, sql] of [
  [
    'users by time',
    'SELECT id FROM users WHERE created_at >= ? ORDER BY created_at, username LIMIT 3',
  ],
  ['users by mail', 'SELECT id FROM users WHERE email LIKE ?'],
  [
    'projects by time',
    'SELECT id FROM projects WHERE created_at >= ? ORDER BY created_at, name LIMIT 3',
  ],
  ['projects by visibility', 'SELECT id FROM projects WHERE visibility = ? ORDER BY name LIMIT 3'],
  [
    'projects of a user',
    "SELECT project_id FROM members WHERE member_kind = 'user' AND member_id = ?",
  ],
  ['groups of a user', 'SELECT group_id FROM group_members WHERE user_id = ?'],
] as const) {
  test(`an index serves ${what}`, async (t) => {
    const value = sql.includes('created_at') ? new Date(0) : 'public'
    const [[plan]] = await service.database.raw(`EXPLAIN FORMAT=TRADITIONAL ${sql}`, [value])
    t.truthy(plan.possible_keys)
  })
}

test('sorting is told in the document, key by key', async (t) => {
  const { body } = await service.request('GET', '/api/v1/openapi.json', { as: ADMIN })
  const { parameters } = body.paths['/api/v1/users'].get
  const sort = parameters.find(({ name }: { name: string }) => name === 'sort')
  t.deepEqual(sort.schema, {
    default: 'username',
    type: 'string',
    enum: ['username', '-username', 'createdAt', '-createdAt'],
  })
})

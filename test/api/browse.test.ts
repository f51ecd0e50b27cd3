import test from 'ava'
import { segmentsOf } from '../../src/images/name-parts.ts'
import { type FilledRepository, fillIndex } from '../support/fill-index.ts'
import { ADMIN, type Credentials, type Service, startService } from '../support/service.ts'

// An index of four projects and the built-in one, filled by hand; no registry is asked.

let service: Service

const AMY = { username: 'amy', password: 'amys-own-pw-7' }
const BOB = { username: 'bob', password: 'bobs-own-pw-7' }
const NOW = Date.UTC(2030, 0, 1)
const DAY_MS = 86_400_000

const NAMES = [
  ...Array.from({ length: 12 }, (_, n) => `alpha/app-${n}`),
  'alpha/web/api',
  'alpha/web',
  'alpha/web-api',
  'alpha/app/tags',
  ...Array.from({ length: 12 }, (_, n) => `beta/web/part-${n}`),
  'beta/secret',
  'beta/web',
  'gamma/site',
  'gamma/web/site',
  ...Array.from({ length: 12 }, (_, n) => `hidden/app-${n}`),
  'alpha-x/app',
  'ubuntu',
  'amber',
]

/** Some have the same times and sizes, so that names part them. */
const toRepository = (name: string, n: number): FilledRepository => ({
  name,
  tags: ['v1', name === 'alpha/web' ? 'latest' : 'only'],
  pushedAt: new Date(NOW - ((n * 7) % 11) * DAY_MS),
  pulledAt: new Date(n % 3 === 0 ? 0 : NOW - ((n * 5) % 7) * DAY_MS),
  sizeBytes: ((n * 13) % 17) * 1000,
})

const ALL = NAMES.map(toRepository)

const isAmys = (name: string): boolean =>
  /^(?:alpha|gamma)\//.test(name) || /^beta\/web(?:\/|$)/.test(name)
const isPublic = (name: string): boolean => name.startsWith('gamma/')

interface Reader {
  readonly who: string
  readonly as: () => Credentials | undefined
  readonly sees: (name: string) => boolean
}

const secrets = new Map<string, Credentials>()

const READERS: readonly Reader[] = [
  { who: 'an administrator', as: () => ADMIN, sees: () => true },
  { who: 'a member of one project and of a part of another', as: () => AMY, sees: isAmys },
  {
    who: 'a member by a group, whose other membership is over',
    as: () => BOB,
    sees: (name) => /^(?:beta|gamma)\//.test(name),
  },
  { who: 'nobody', as: () => undefined, sees: isPublic },
  {
    who: 'a robot of a project',
    as: () => secrets.get('robot'),
    sees: (name) => /^(?:alpha|gamma)\//.test(name),
  },
  {
    who: 'a robot of the system for a part of every project',
    as: () => secrets.get('system'),
    sees: (name) => /^[a-z-]+\/web(?:\/|$)/.test(name) || isPublic(name),
  },
  {
    who: "an administrator's token for a part of a project",
    as: () => secrets.get('token'),
    sees: (name) => name.startsWith('beta/web/') || isPublic(name),
  },
]

async function makeMachines(): Promise<void> {
  const may = (repositories: string) => [{ repositories, actions: ['api', 'pull'] }]
  const make = async (as: string, path: string, json: object, username?: string) => {
    const { body } = await service.admin('POST', `/api/v1${path}`, json)
    secrets.set(as, { username: username ?? body.username, password: body.secret })
  }
  await make('robot', '/projects/alpha/robots', { name: 'r', permissions: may('**') })
  await make('system', '/robots', { name: 's', permissions: may('*/web/**') })
  const token = { name: 't', permissions: may('beta/web/*') }
  await make('token', '/me/tokens', token, ADMIN.username)
}

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9', env: { WARDEN_API_RATE: '0' } })
  for (const user of [AMY, BOB]) await service.admin('POST', '/api/v1/users', user)
  for (const name of ['alpha', 'beta', 'gamma', 'hidden', 'alpha-x']) {
    const visibility = name === 'gamma' ? 'public' : 'private'
    await service.admin('POST', '/api/v1/projects', { name, visibility })
  }
  const put = (path: string, json: object) => service.admin('PUT', `/api/v1${path}`, json)
  await put('/projects/alpha/members/users/amy', { role: 'developer' })
  await put('/projects/beta/members/users/amy', { role: 'guest', repositories: ['web', 'web/**'] })
  await put('/projects/alpha/members/users/bob', { role: 'developer' })
  await service
    .database('members')
    .join('users', 'users.id', 'members.member_id')
    .where({ username: 'bob' })
    .update({ expires_at: new Date(Date.now() - DAY_MS) })
  await service.admin('POST', '/api/v1/groups', { name: 'crew' })
  await put('/groups/crew/members/bob', {})
  await put('/projects/beta/members/groups/crew', { role: 'guest' })
  await makeMachines()
  await fillIndex(service.database, ALL)
  await service.database('project_days').insert(
    ['alpha', 'beta', 'gamma', 'hidden'].map((project, n) => ({
      project,
      day: new Date(),
      pulls: n + 1,
      pushes: 1,
      pulled_bytes: 10,
      pushed_bytes: 20,
    })),
  )
  await service.database('change_version').increment('counter', 1)
})
test.after.always(() => service?.stop())

type Item = Readonly<Record<string, string>>

/** All pages, each of a few. */
async function walk(path: string, as?: Credentials, limit = 3): Promise<readonly Item[]> {
  const found: Item[] = []
  let cursor: string | null = null
  do {
    const query: string = cursor === null ? '' : `&cursor=${cursor}`
    const whole = `/api/v1${path}${path.includes('?') ? '&' : '?'}limit=${limit}${query}`
    const { status, body } = await service.request('GET', whole, as ? { as } : {})
    if (status !== 200) throw new Error(`${whole}: ${JSON.stringify(body)}`)
    found.push(...body.items)
    cursor = body.next
  } while (cursor !== null)
  return found
}

const names = async (path: string, as?: Credentials): Promise<readonly string[]> =>
  (await walk(path, as)).map(({ name = '' }) => name)

type Key = (one: FilledRepository) => number | string

const KEYS: Readonly<Record<string, Key>> = {
  name: ({ name }) => name,
  pushedAt: ({ pushedAt }) => pushedAt.getTime(),
  pulledAt: ({ pulledAt }) => pulledAt.getTime(),
  sizeBytes: ({ sizeBytes }) => sizeBytes,
}

const compare = (a: number | string, b: number | string): number => {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function inOrder(all: readonly FilledRepository[], sort: string): readonly string[] {
  const key = KEYS[sort.replace('-', '')] as Key
  const sorted = all.toSorted((a, b) => compare(key(a), key(b)) || compare(a.name, b.name))
  const found = sorted.map(({ name }) => name)
  return sort.startsWith('-') ? found.reverse() : found
}

const SORTS = Object.keys(KEYS).flatMap((key) => [key, `-${key}`])

async function seenBy({ as }: Reader, sort: string): Promise<readonly string[]> {
  return names(`/repositories?sort=${sort}`, as())
}

for (const reader of READERS) {
  test(`${reader.who} lists what they may pull by every sort, each once`, async (t) => {
    const own = ALL.filter(({ name }) => reader.sees(name))
    for (const sort of SORTS) t.deepEqual(await seenBy(reader, sort), inOrder(own, sort), sort)
  })

  test(`${reader.who} finds nothing by search that they may not pull`, async (t) => {
    for (const q of ['web', 'app', 'a', 'secret', 'ubu', 'art-1', 'hidden/app', 'tags', 'zzz']) {
      const hits = await walk(`/search?q=${q}&kind=repository`, reader.as())
      const found = hits.map(({ repository = '' }) => repository).sort()
      const expected = NAMES.filter(
        (name) =>
          reader.sees(name) &&
          ((q.length > 2 && name.includes(q)) || segmentsOf(name).some((s) => s.startsWith(q))),
      )
      t.deepEqual(found, expected.sort(), q)
    }
  })

  test(`${reader.who} finds tags of what they may pull alone`, async (t) => {
    for (const q of ['v1', 'v', 'lat', 'V1', 'none']) {
      const hits = await walk(`/search?q=${q}&kind=tag`, reader.as())
      const found = hits.map(({ repository, tag }) => `${repository}:${tag}`).sort()
      const expected = ALL.flatMap(({ name, tags }) =>
        reader.sees(name)
          ? tags.filter((tag) => tag.startsWith(q)).map((tag) => `${name}:${tag}`)
          : [],
      )
      t.deepEqual(found, expected.sort(), q)
    }
  })

  test(`${reader.who} walks the tree of what they may pull alone`, async (t) => {
    const own = NAMES.filter(reader.sees)
    for (const under of ['', 'alpha/', 'beta/', 'beta/web/', 'hidden/']) {
      const nodes = own
        .filter((name) => name.startsWith(under))
        .map((name) => name.slice(0, name.indexOf('/', under.length) + 1 || 256))
      const path = under === '' ? '/tree' : `/tree?under=${under}`
      t.deepEqual(await names(path, reader.as()), [...new Set(nodes)].sort(), under)
    }
  })
}

test('figures are of the projects of which somebody may pull everything', async (t) => {
  const projects = async (as?: Credentials) =>
    (await walk('/statistics', as)).map(({ project }) => project)
  t.deepEqual(await projects(ADMIN), ['alpha', 'beta', 'gamma', 'hidden'])
  t.deepEqual(await projects(AMY), ['alpha', 'gamma'])
  t.deepEqual(await projects(BOB), ['beta', 'gamma'])
  t.deepEqual(await projects(), ['gamma'])
  t.deepEqual(await projects(secrets.get('robot')), ['alpha', 'gamma'])
  t.deepEqual(await projects(secrets.get('system')), ['gamma'])
  t.deepEqual(await projects(secrets.get('token')), ['gamma'])
  const path = '/api/v1/statistics?project=beta'
  const part = await service.request('GET', path, { as: AMY })
  t.is(part.status, 403)
  t.regex(part.body.detail, /are for who may pull everything in it/)
})

test('what lies below a path is found, and nothing that only begins alike', async (t) => {
  t.deepEqual(await names('/repositories?under=alpha/web', ADMIN), ['alpha/web/api'])
  t.deepEqual(await names('/repositories?under=alpha-x', ADMIN), ['alpha-x/app'])
  t.deepEqual(await names('/repositories?under=beta&sort=-pushedAt', undefined), [])
  const own = ALL.filter(({ name }) => name.startsWith('beta/web/'))
  for (const sort of SORTS) {
    t.deepEqual(await names(`/repositories?under=beta/web/&sort=${sort}`, AMY), inOrder(own, sort))
  }
})

test('R18: a repository whose name has a reserved word is listed and read as one segment', async (t) => {
  t.true((await names('/projects/alpha/repositories', AMY)).includes('alpha/app/tags'))
  const read = await service.request('GET', '/api/v1/repositories/alpha%2Fapp%2Ftags', { as: AMY })
  t.deepEqual([read.status, read.body.name], [200, 'alpha/app/tags'])
  const plain = await service.request('GET', '/api/v1/repositories/alpha/app/tags', { as: AMY })
  t.is(plain.status, 404)
})

test.serial('tags are sorted by name, version, time and size, across pages', async (t) => {
  const tags = ['1.10.0', '1.9.0', '2.0.0-rc.1', '2.0.0', 'v1.9.1', 'main', '1.2', 'dev']
  const [pushedAt, pulledAt] = [new Date(NOW), new Date(0)]
  const repository = { name: 'hidden/versions', tags, pushedAt, pulledAt, sizeBytes: 1 }
  await fillIndex(service.database, [repository])
  const sorted = (sort: string) => names(`/repositories/hidden/versions/tags?sort=${sort}`, ADMIN)
  const byVersion = ['dev', 'main', '1.2', '1.9.0', 'v1.9.1', '1.10.0', '2.0.0-rc.1', '2.0.0']
  t.deepEqual(await sorted('version'), byVersion)
  t.deepEqual(await sorted('-version'), byVersion.toReversed())
  t.deepEqual(await sorted('name'), tags.toSorted())
  const even = ['1.10.0', '1.2', '2.0.0-rc.1', 'v1.9.1']
  const odd = ['1.9.0', '2.0.0', 'dev', 'main']
  t.deepEqual(await sorted('pushedAt'), [...even, ...odd])
  const bySize = ['1.10.0', '1.2', '2.0.0', '1.9.0', 'dev', 'v1.9.1', '2.0.0-rc.1', 'main']
  t.deepEqual(await sorted('sizeBytes'), bySize)
  const start = await names('/repositories/hidden/versions/tags?name=1.', ADMIN)
  t.deepEqual(start, ['1.10.0', '1.2', '1.9.0'])
  await service.database('repositories').where({ name: repository.name }).update({ is_listed: 0 })
})

test('a cursor is good for its list, sort and filters alone', async (t) => {
  const first = await service.admin('GET', '/api/v1/repositories?limit=2&sort=-sizeBytes')
  const { next } = first.body
  const statusOf = async (path: string) =>
    (await service.admin('GET', `/api/v1${path}cursor=${next}`)).status
  t.is(await statusOf('/repositories?sort=-sizeBytes&limit=5&'), 200)
  for (const path of [
    '/repositories?',
    '/repositories?sort=sizeBytes&',
    '/repositories?sort=-pushedAt&',
    '/repositories?sort=-sizeBytes&under=alpha&',
    '/projects/alpha/repositories?sort=-sizeBytes&',
    '/tree?',
    '/search?q=a&',
    '/statistics?',
    '/repositories/ubuntu/tags?',
  ]) {
    t.is(await statusOf(path), 400, path)
  }
})

test.serial('among many public projects all is listed and found as among few', async (t) => {
  const many = Array.from({ length: 300 }, (_, n) => `zpub-${n}`)
  const stamps = { version: 1, created_at: new Date(), updated_at: new Date() }
  await service
    .database('projects')
    .insert(many.map((name) => ({ ...stamps, name, visibility: 'public' })))
  const added = many.map((name, n) => toRepository(`${name}/image`, n))
  try {
    await fillIndex(service.database, added)
    for (const reader of READERS) {
      const own = [...ALL.filter(({ name }) => reader.sees(name)), ...added]
      for (const sort of ['name', '-pushedAt']) {
        const found = await walk(`/repositories?sort=${sort}`, reader.as(), 100)
        const listed = found.map(({ name }) => name)
        t.deepEqual(listed, inOrder(own, sort), `${reader.who} ${sort}`)
      }
      const hits = await walk('/search?q=app-1', reader.as(), 100)
      const expected = NAMES.filter((name) => reader.sees(name) && name.includes('app-1'))
      t.deepEqual(hits.map(({ repository = '' }) => repository).sort(), expected.sort(), reader.who)
    }
  } finally {
    await service.database('projects').where('name', 'like', 'zpub-%').delete()
    await service.database('repositories').where('name', 'like', 'zpub-%').update({ is_listed: 0 })
  }
})

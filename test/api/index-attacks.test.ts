import test from 'ava'
import { insertManifests } from '../../src/images/manifest-queries.ts'
import { upsertPlacedManifests } from '../../src/images/placement-queries.ts'
import { findRepositoryIds } from '../../src/images/repository-queries.ts'
import { fillIndex } from '../support/fill-index.ts'
import { digestOf } from '../support/index-database.ts'
import { ADMIN, type Credentials, type Service, startService } from '../support/service.ts'

// What is asked of the index by people who ask oddly; no registry is asked.

let service: Service

const AMY = { username: 'amy', password: 'amys-own-pw-7' }
const DIGEST = digestOf(77)
const ODD_LABEL = "org.odd/\u{1f433} it's"
const ODD_VALUE = "100% of_a\\b 'c' \u0000 \u202e=x"

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9', env: { WARDEN_API_RATE: '0' } })
  await service.admin('POST', '/api/v1/users', AMY)
  for (const name of ['alpha', 'hidden']) {
    await service.admin('POST', '/api/v1/projects', { name, visibility: 'private' })
  }
  await service.admin('PUT', '/api/v1/projects/alpha/members/users/amy', {
    role: 'guest',
    repositories: ['app', 'tools/**'],
  })
  const at = new Date()
  const names = ['alpha/app', 'alpha/secret', 'alpha/tools/one', 'hidden/app']
  await fillIndex(
    service.database,
    names.map((name) => ({ name, tags: ['v1'], pushedAt: at, pulledAt: at, sizeBytes: 7 })),
  )
  await addLabelled(names)
  await service.database('change_version').increment('counter', 1)
})
test.after.always(() => service?.stop())

/** Puts one image with labels into all of them. */
async function addLabelled(names: readonly string[]): Promise<void> {
  const { database } = service
  const labels = { team: 'tools', [ODD_LABEL]: ODD_VALUE }
  const kind = 'image' as const
  const content = {
    kind,
    artifactType: undefined,
    subjectDigest: undefined,
    imageConfigDigest: digestOf(78),
    blobs: [],
    children: [],
    annotations: {},
    isWhole: true,
  }
  const [os, architecture, variant, createdAt] = ['linux', 'amd64', undefined, undefined]
  const config = { os, architecture, variant, createdAt, labels, history: [] }
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const record = { digest: DIGEST, mediaType, contentBytes: 1, content, config }
  const ids = await insertManifests(database, [record])
  const repositories = await findRepositoryIds(database, names)
  await upsertPlacedManifests(
    database,
    ids,
    [...repositories.values()].map((repositoryId) => ({
      repositoryId,
      digest: DIGEST,
      subjectDigest: undefined,
      treeBytes: 1,
    })),
  )
}

const ask = (path: string, as: Credentials | 'nobody' = ADMIN) =>
  service.request('GET', `/api/v1${path}`, as === 'nobody' ? {} : { as })

async function repositoriesOf(path: string, as: Credentials): Promise<readonly string[]> {
  const found: string[] = []
  for (let next: string | null = ''; next !== null; ) {
    const { status, body } = await ask(`${path}&limit=1${next && `&cursor=${next}`}`, as)
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`)
    found.push(...body.items.map(({ repository }: { repository: string }) => repository))
    next = body.next
  }
  return found.sort()
}

for (const [what, query] of [
  ['a label', 'label=team%3Dtools'],
  ['a label of odd letters', `label=${encodeURIComponent(`${ODD_LABEL}=${ODD_VALUE}`)}`],
  ['a digest', `digest=${DIGEST}`],
] as const) {
  test(`a search by ${what} finds what the caller may pull alone`, async (t) => {
    const all = ['alpha/app', 'alpha/secret', 'alpha/tools/one', 'hidden/app']
    t.deepEqual(await repositoriesOf(`/search?${query}`, ADMIN), all)
    t.deepEqual(await repositoriesOf(`/search?${query}`, AMY), ['alpha/app', 'alpha/tools/one'])
  })
}

test('a label is found by its whole value alone', async (t) => {
  for (const label of ['team=tool', 'team=toolss', 'team=%', 'team=', 'Team=tools', '=tools=x']) {
    const { body } = await ask(`/search?label=${encodeURIComponent(label)}`)
    t.deepEqual(body.items ?? [], [], label)
  }
})

for (const [query, status] of [
  ['q=%25', 400],
  ['q=a%00b', 400],
  ['q=%ff', 400],
  ['q=%ed%a0%80', 400],
  ['q=a%0a', 400],
  ['q=a%5cb', 400],
  ['q=', 400],
  [`q=${'a'.repeat(128)}`, 200],
  [`q=${'a'.repeat(129)}`, 400],
  ['q=_', 200],
  ['q=-', 200],
  ['q=./-_', 200],
  ['q=a&q=b', 400],
  ['q=a&digest=x', 400],
  ['label=x', 400],
  [`label=${'n'.repeat(256)}%3Dx`, 400],
  [`label=n%3D${'x'.repeat(1023)}`, 400],
  ['label=n%3D%ff', 200],
  ['label=%00%3D%00', 200],
  ['limit=0&q=a', 400],
  ['limit=1e3&q=a', 200],
  ['limit=1001&q=a', 400],
] as const) {
  test(`a search of ${query.slice(0, 30)} is answered ${status}`, async (t) => {
    t.is((await ask(`/search?${query}`)).status, status)
  })
}

for (const [query, status] of [
  ['from=2024-02-29&until=2024-02-29', 200],
  ['from=2023-02-29', 400],
  ['from=2026-03-02&until=2026-03-01', 400],
  ['from=2024-01-01&until=2024-12-31', 200],
  ['from=2024-01-01&until=2025-01-01', 400],
  ['from=2000-01-01&until=9999-12-31', 400],
  ['until=9999-12-31', 200],
  ['until=2000-01-05', 200],
  ['until=0000-01-15', 400],
  ['from=0000-00-00', 400],
  ['from=2026-03-01T00:00:00Z', 400],
  ['from=2026-03-01%2B02:00', 400],
  ['from=20260301', 400],
] as const) {
  test(`figures of ${query} are answered ${status}`, async (t) => {
    for (const more of ['', '&project=alpha', '&repository=alpha/app']) {
      t.is((await ask(`/statistics?${query}${more}`)).status, status, more)
    }
  })
}

test('a cursor that was changed in any letter is refused', async (t) => {
  const { body } = await ask('/repositories?limit=1')
  const cursor: string = body.next
  const swap = (at: number): string =>
    `${cursor.slice(0, at)}${cursor[at] === 'A' ? 'B' : 'A'}${cursor.slice(at + 1)}`
  const forged = [
    ...Array.from({ length: 40 }, (_, n) => swap(Math.floor((n * cursor.length) / 40))),
    cursor.slice(0, -4),
    `${cursor}AAAA`,
    Buffer.from('["x",["hidden/app",null]]').toString('base64url'),
    Buffer.from(Buffer.from('["x",["a"]]').toString('base64url')).toString('base64url'),
    'A',
    '%00',
  ]
  for (const one of forged)
    t.is((await ask(`/repositories?limit=1&cursor=${one}`)).status, 400, one)
})

test('a cursor of somebody else leads nowhere that the caller may not be', async (t) => {
  for (const path of [
    '/repositories?sort=-sizeBytes',
    '/repositories?sort=pushedAt',
    '/tree?under=alpha',
    '/search?q=a',
    `/search?digest=${DIGEST}`,
    '/search?label=team%3Dtools',
  ]) {
    const seen: string[] = []
    const { body } = await ask(`${path}&limit=1`)
    for (let next: string | null = body.next; next !== null; ) {
      const page = await ask(`${path}&limit=1&cursor=${next}`, AMY)
      t.is(page.status, 200, path)
      seen.push(JSON.stringify(page.body.items))
      next = page.body.next
    }
    t.notRegex(seen.join(), /secret|hidden/, path)
  }
})

/** What an answer says, but for the name that was asked for and what differs for each request. */
const wordsOf = (reply: Awaited<ReturnType<typeof ask>>, name: string): string => {
  const { requestId: _, ...body } = reply.body
  const headers = [...reply.headers.keys()].filter((key) => !/^(?:date|x-request-id)$/.test(key))
  return `${reply.status} ${headers} ${JSON.stringify(body)}`.replaceAll(name, 'NAME')
}

test('whatever is asked of a name, one that is hidden is answered as one that is not there', async (t) => {
  for (const [hidden, missing] of [
    ['alpha/secret', 'alpha/nothing'],
    ['hidden/app', 'nobody/app'],
  ] as const) {
    const paths = (name: string): readonly string[] => [
      `/repositories/${name}`,
      `/repositories/${name}/tags`,
      `/repositories/${name}/tags?digest=${DIGEST}`,
      `/repositories/${name}/tags/v1`,
      `/repositories/${name}/manifests/v1`,
      `/repositories/${name}/manifests/${DIGEST}`,
      `/repositories/${name}/referrers/${DIGEST}`,
      `/repositories?under=${name}`,
      `/tree?under=${name}`,
      `/search?q=${name}`,
      `/statistics?repository=${name}`,
    ]
    for (const as of [AMY, 'nobody'] as const) {
      for (const [at, path] of paths(hidden).entries()) {
        const answer = wordsOf(await ask(path, as), hidden)
        t.is(answer, wordsOf(await ask(paths(missing)[at] ?? '', as), missing), path)
      }
    }
  }
})

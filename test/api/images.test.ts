import test from 'ava'
import { OCI_INDEX } from '../../src/protocol/media-types.ts'
import { fetchToken, pullStatus, putManifest } from '../support/image.ts'
import { pushIndex } from '../support/index-maze.ts'
import { pushIndexed, untilGone, untilIndexed } from '../support/index-rows.ts'
import { ADMIN, type Credentials, type Service, startService } from '../support/service.ts'

let service: Service
const GUEST = { username: 'gast', password: 'gasts-own-pw-7' }
const OUT = { username: 'out', password: 'outs-own-pw-7' }

test.before(async () => {
  service = await startService({ notifies: true })
  for (const user of [GUEST, OUT]) await service.admin('POST', '/api/v1/users', user)
  for (const [name, visibility] of [
    ['acme', 'private'],
    ['open', 'public'],
    ['work', 'private'],
  ]) {
    await service.admin('POST', '/api/v1/projects', { name, visibility })
  }
  await service.admin('PUT', '/api/v1/projects/acme/members/users/gast', { role: 'guest' })
  await pushIndexed(service, { as: ADMIN, repository: 'acme/app', tags: ['v2', 'v1', 'V3'] })
  await pushIndexed(service, { as: ADMIN, repository: 'acme/team/tool', tags: ['latest'] })
  await pushIndexed(service, { as: ADMIN, repository: 'open/site', tags: ['1'] })
  await pushIndexed(service, { as: ADMIN, repository: 'ubuntu', tags: ['24.04'] })
})
test.after.always(() => service.stop())

const names = async (path: string, as?: Credentials): Promise<readonly string[]> => {
  const { body } = await service.request('GET', `/api/v1${path}`, as ? { as } : {})
  return body.items.map(({ name }: { name: string }) => name)
}

/** Without the project in which other tests push. */
const settled = async (as?: Credentials): Promise<readonly string[]> =>
  (await names('/repositories', as)).filter(
    (name) => !name.startsWith('work/') && name !== 'open/maze',
  )

test('everybody sees the repositories that they may pull', async (t) => {
  t.deepEqual(await settled(ADMIN), ['acme/app', 'acme/team/tool', 'open/site', 'ubuntu'])
  t.deepEqual(await settled(GUEST), ['acme/app', 'acme/team/tool', 'open/site'])
  t.deepEqual(await settled(OUT), ['open/site'])
  t.deepEqual(await settled(), ['open/site'])
})

test('a project lists its own repositories', async (t) => {
  t.deepEqual(await names('/projects/acme/repositories', GUEST), ['acme/app', 'acme/team/tool'])
  t.deepEqual(await names('/projects/library/repositories', ADMIN), ['ubuntu'])
  const hidden = await service.request('GET', '/api/v1/projects/acme/repositories', { as: OUT })
  t.is(hidden.status, 404)
})

test('repositories come page by page, each once', async (t) => {
  const seen: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const query: string = cursor === '' ? '' : `&cursor=${cursor}`
    const { body } = await service.admin('GET', `/api/v1/repositories?limit=1${query}`)
    seen.push(...body.items.map(({ name }: { name: string }) => name))
    cursor = body.next
  }
  t.deepEqual(
    seen.filter((name) => !name.startsWith('work/') && name !== 'open/maze'),
    ['acme/app', 'acme/team/tool', 'open/site', 'ubuntu'],
  )
})

test('where a list of repositories goes on is no name that anybody can read', async (t) => {
  const { body } = await service.admin('GET', '/api/v1/repositories?limit=1')
  const key = Buffer.from(body.next, 'base64url').toString()
  t.notRegex(key + Buffer.from(key, 'base64url').toString('latin1'), /acme|app/)
  const forged = Buffer.from('acme/app').toString('base64url')
  const refused = await service.request('GET', `/api/v1/repositories?cursor=${forged}`)
  t.deepEqual([refused.status, refused.body.errors[0].detail.pointer], [400, 'cursor'])
})

test('a repository tells its project, tags, size and times', async (t) => {
  const repository = 'work/told'
  const { sizeBytes } = await pushIndexed(service, { as: ADMIN, repository, tags: ['a', 'b'] })
  const { body } = await service.admin('GET', `/api/v1/repositories/${repository}`)
  const { pushedAt, ...rest } = body
  t.deepEqual(rest, {
    name: repository,
    project: 'work',
    tagCount: 2,
    sizeBytes,
    pullCount: 0,
    pulledAt: null,
  })
  t.true(Math.abs(Date.parse(pushedAt) - Date.now()) < 60_000)
})

test('tags come in order of their names, with digest, type and size', async (t) => {
  const pushed = await pushIndexed(service, {
    as: ADMIN,
    repository: 'work/sizes',
    tags: ['b', 'a'],
    text: 'x'.repeat(5000),
  })
  const { body } = await service.admin('GET', '/api/v1/repositories/work/sizes/tags')
  const times = body.items.map(({ pushedAt }: { pushedAt: string }) => pushedAt)
  t.true(times.every((time: string) => Math.abs(Date.parse(time) - Date.now()) < 60_000))
  const tag = {
    digest: pushed.digest,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    sizeBytes: pushed.sizeBytes,
    pulledAt: null,
    immutable: false,
  }
  t.deepEqual(body, {
    items: [
      { name: 'a', ...tag, pushedAt: times[0] },
      { name: 'b', ...tag, pushedAt: times[1] },
    ],
    next: null,
  })
})

test('the size of a multi-platform image counts every blob once', async (t) => {
  const one = await pushIndexed(service, { as: ADMIN, repository: 'work/multi', tags: ['one'] })
  const token = await fetchToken(service, {
    as: ADMIN,
    scope: 'repository:work/multi:pull,push',
  })
  const entry = {
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest: one.digest,
    size: 1,
  }
  const content = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [entry, entry] }),
  )
  await putManifest(
    service,
    { repository: 'work/multi', tag: 'all', token },
    { mediaType: OCI_INDEX, content },
  )
  await untilIndexed(service, { repository: 'work/multi', tags: ['all'] })
  const { body } = await service.admin('GET', '/api/v1/repositories/work/multi/tags/all')
  t.is(body.sizeBytes, one.sizeBytes + content.length)
})

test('R33: a maze of nested indexes is listed without a size', async (t) => {
  const repository = 'open/maze'
  let child = await pushIndex(service, { repository, tags: ['l1'] })
  for (const tag of ['l2', 'l3', 'l4', 'l5']) {
    child = await pushIndex(service, { repository, tags: [tag], child })
  }
  await untilIndexed(service, { repository, tags: ['l1', 'l2', 'l3', 'l4', 'l5'] })
  const { body } = await service.request(
    'GET',
    `/api/v1/repositories/${repository}/tags?limit=1000`,
  )
  t.deepEqual(
    body.items.map((tag: { name: string; sizeBytes: number | null }) => [
      tag.name,
      tag.sizeBytes !== null,
    ]),
    [
      ['l1', true],
      ['l2', true],
      ['l3', true],
      ['l4', true],
      ['l5', false],
    ],
  )
})

test('R18: a repository is found with its slashes or as one segment', async (t) => {
  for (const path of ['acme/app/tags/v1', 'acme%2Fapp/tags/v1', 'acme%2fapp/tags/v%31']) {
    const { status, body } = await service.admin('GET', `/api/v1/repositories/${path}`)
    t.deepEqual([status, body.name], [200, 'v1'])
  }
})

test('R18: a name with a word of our own paths is taken as one segment alone', async (t) => {
  const plain = await service.admin('GET', '/api/v1/repositories/acme/app/tags/x/tags')
  t.is(plain.status, 400)
  const tag = await service.admin('GET', '/api/v1/repositories/acme/app/tags/tags')
  t.is(tag.body.detail, 'there is no tag tags in acme/app')
  const encoded = await service.admin('GET', '/api/v1/repositories/acme%2Fapp%2Ftags/tags')
  t.is(encoded.status, 404)
  t.is(encoded.body.errors[0].code, 'REPOSITORY_UNKNOWN')
})

test('who may not pull cannot tell a repository from a missing one', async (t) => {
  for (const suffix of ['', '/tags', '/tags/v1']) {
    const there = await service.request('GET', `/api/v1/repositories/acme/app${suffix}`, {
      as: OUT,
    })
    const none = await service.request('GET', `/api/v1/repositories/acme/nil${suffix}`, { as: OUT })
    t.deepEqual([there.status, none.status], [404, 404])
    t.is(there.body.detail, 'there is no repository acme/app')
    t.is(none.body.detail, 'there is no repository acme/nil')
    const anonymous = await service.request('GET', `/api/v1/repositories/acme/app${suffix}`)
    t.is(anonymous.status, 401)
  }
})

test('a deleted tag is gone and its siblings on the digest stay', async (t) => {
  const repository = 'work/siblings'
  await pushIndexed(service, { as: ADMIN, repository, tags: ['a', 'b', 'c'] })
  const { status } = await service.admin('DELETE', `/api/v1/repositories/${repository}/tags/b`)
  t.is(status, 204)
  const statuses = await Promise.all(
    ['a', 'b', 'c'].map((tag) => pullStatus(service, { as: ADMIN, repository, tag })),
  )
  t.deepEqual(statuses, [200, 404, 200])
  await untilGone(service, { repository, tag: 'b' })
  t.deepEqual(await names(`/repositories/${repository}/tags`, ADMIN), ['a', 'c'])
})

test('a repository without tags disappears from the lists', async (t) => {
  const repository = 'work/emptied'
  await pushIndexed(service, { as: ADMIN, repository, tags: ['only'] })
  t.true((await names('/repositories', ADMIN)).includes(repository))
  await service.admin('DELETE', `/api/v1/repositories/${repository}/tags/only`)
  await untilGone(service, { repository, tag: 'only' })
  t.false((await names('/repositories', ADMIN)).includes(repository))
  t.is((await service.admin('GET', `/api/v1/repositories/${repository}`)).status, 404)
})

test('who may only pull deletes no tag, and learns why', async (t) => {
  const { status, body } = await service.request(
    'DELETE',
    '/api/v1/repositories/acme/app/tags/v1',
    {
      as: GUEST,
    },
  )
  t.is(status, 403)
  t.is(body.detail, 'gast may pull acme/app but has no role that gives repository:delete')
  t.is(await pullStatus(service, { as: ADMIN, repository: 'acme/app', tag: 'v1' }), 200)
})

test('a missing tag is 404, a broken one 400', async (t) => {
  const path = '/api/v1/repositories/acme/app/tags'
  t.is((await service.admin('DELETE', `${path}/none`)).status, 404)
  t.is((await service.admin('DELETE', `${path}/.bad`)).status, 400)
})

test('two deletions of one tag at once end with one deletion', async (t) => {
  const repository = 'work/race'
  await pushIndexed(service, { as: ADMIN, repository, tags: ['x', 'keep'] })
  const path = `/api/v1/repositories/${repository}/tags/x`
  const replies = await Promise.all([service.admin('DELETE', path), service.admin('DELETE', path)])
  const statuses = replies.map(({ status }) => status).sort()
  t.is(statuses[0], 204)
  t.true([404, 409].includes(statuses[1] ?? 0))
  t.is(await pullStatus(service, { as: ADMIN, repository, tag: 'keep' }), 200)
})

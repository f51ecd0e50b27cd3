import test from 'ava'
import { pullStatus } from '../support/image.ts'
import { pushIndex } from '../support/index-maze.ts'
import { pushIndexed, untilGone, untilIndexed } from '../support/index-rows.ts'
import { ADMIN, type Service, startService } from '../support/service.ts'

let service: Service

test.before(async () => {
  service = await startService({ notifies: true })
  await service.admin('POST', '/api/v1/projects', { name: 'acme' })
})
test.after.always(() => service.stop())

const pathOf = (repository: string, digest: string): string =>
  `/api/v1/repositories/${repository}/manifests/${digest}`

const statusOf = (repository: string, tag: string) =>
  pullStatus(service, { as: ADMIN, repository, tag })

test.serial(
  'R22: the tags on a manifest are named, and it goes when the caller names them all',
  async (t) => {
    const repository = 'acme/named'
    const { digest } = await pushIndexed(service, { as: ADMIN, repository, tags: ['a', 'b'] })
    const path = pathOf(repository, digest)
    const unnamed = await service.admin('DELETE', path)
    t.is(unnamed.status, 409)
    t.is(
      unnamed.body.detail,
      `the tags a, b of ${repository} would go with ${digest}; to delete the manifest name all of them, as ?tags=a,b, or delete one tag by itself`,
    )
    t.is((await service.admin('DELETE', `${path}?tags=a`)).status, 409)
    t.is((await service.admin('DELETE', `${path}?tags=a,b,c`)).status, 409)
    t.is(await statusOf(repository, 'a'), 200)
    t.is((await service.admin('DELETE', `${path}?tags=b,a`)).status, 204)
    t.deepEqual([await statusOf(repository, 'a'), await statusOf(repository, 'b')], [404, 404])
    t.is((await service.admin('DELETE', path)).status, 404)
  },
)

test.serial(
  'R22: tags are confirmed by If-Match on what hangs on the manifest, as it is now',
  async (t) => {
    const repository = 'acme/matched'
    const { digest } = await pushIndexed(service, { as: ADMIN, repository, tags: ['a'], text: 'm' })
    const path = pathOf(repository, digest)
    const needs = await service.admin('GET', `${path}/needs`)
    t.deepEqual(needs.body, { tags: ['a'], indexes: [], referrers: [] })
    const match = { 'if-match': needs.headers.get('etag') ?? '' }
    await pushIndexed(service, { as: ADMIN, repository, tags: ['b'], text: 'm' })
    const stale = await service.request('DELETE', path, { as: ADMIN, headers: match })
    t.is(stale.status, 412)
    const fresh = (await service.admin('GET', `${path}/needs`)).headers.get('etag') ?? ''
    const done = await service.request('DELETE', path, {
      as: ADMIN,
      headers: { 'if-match': fresh },
    })
    t.is(done.status, 204)
    t.is(await statusOf(repository, 'b'), 404)
  },
)

test.serial(
  'R22: many tags are confirmed by If-Match on all of them, which * is not',
  async (t) => {
    const repository = 'acme/many'
    const tags = Array.from({ length: 11 }, (_, n) => `t${10 + n}`)
    const { digest } = await pushIndexed(service, { as: ADMIN, repository, tags, text: 'many' })
    const path = pathOf(repository, digest)
    const { status, body } = await service.request('DELETE', path, {
      as: ADMIN,
      headers: { 'if-match': '*' },
    })
    t.is(status, 409)
    t.is(
      body.detail,
      `the tags t10, t11, t12, t13, t14, t15, t16, t17, t18, t19 and 1 more of ${repository} would go with ${digest}; to delete the manifest name all of them in ?tags= or send the ETag of its needs as If-Match, or delete one tag by itself`,
    )
    t.is(await statusOf(repository, 't20'), 200)
    const etag = (await service.admin('GET', `${path}/needs`)).headers.get('etag') ?? ''
    const headers = { 'if-match': etag }
    t.is((await service.request('DELETE', path, { as: ADMIN, headers })).status, 204)
  },
)

test.serial('a manifest that an index leads to stays until the index is gone', async (t) => {
  const repository = 'acme/child'
  const { digest } = await pushIndexed(service, { as: ADMIN, repository, tags: ['one'], text: 'c' })
  await pushIndex(service, { repository, tags: ['multi'], child: digest, isChildImage: true })
  await untilIndexed(service, { repository, tags: ['multi', 'one'] })
  const reply = await service.admin('DELETE', `${pathOf(repository, digest)}?tags=one`)
  t.is(reply.status, 409)
  t.regex(reply.body.detail, /^multi of acme\/child leads to this manifest/)
})

test.serial('what is about a manifest goes with it only when that is said', async (t) => {
  const repository = 'acme/subject'
  const { digest } = await pushIndexed(service, { as: ADMIN, repository, tags: ['v1'], text: 'u' })
  const signature = `${digest.replace(':', '-')}.sig`
  await pushIndexed(service, { as: ADMIN, repository, tags: [signature], text: 'signature of u' })
  const path = `${pathOf(repository, digest)}?tags=v1`
  const refused = await service.admin('DELETE', path)
  t.is(refused.status, 409)
  t.regex(refused.body.detail, /is about this manifest; say \?referrers=delete/)
  t.is((await service.admin('DELETE', `${path}&referrers=delete`)).status, 204)
  t.deepEqual([await statusOf(repository, 'v1'), await statusOf(repository, signature)], [404, 404])
})

test.serial('what is about that in turn keeps all of them, and goes first', async (t) => {
  const repository = 'acme/nested'
  const sign = async (digest: string, text: string) => {
    const tag = `${digest.replace(':', '-')}.sig`
    return { tag, ...(await pushIndexed(service, { as: ADMIN, repository, tags: [tag], text })) }
  }
  const { digest } = await pushIndexed(service, { as: ADMIN, repository, tags: ['v1'], text: 'n' })
  const list = await sign(digest, 'list of parts')
  const signature = await sign(list.digest, 'signature of the list')
  const path = `${pathOf(repository, digest)}?tags=v1&referrers=delete`
  const refused = await service.admin('DELETE', path)
  t.is(refused.status, 409)
  t.is(
    refused.body.detail,
    `${signature.digest} is about ${list.digest}, which is about this manifest; delete that first`,
  )
  t.deepEqual([await statusOf(repository, 'v1'), await statusOf(repository, list.tag)], [200, 200])
  const last = `${pathOf(repository, signature.digest)}?tags=${signature.tag}`
  t.is((await service.admin('DELETE', last)).status, 204)
  await untilGone(service, { repository, tag: signature.tag })
  t.is((await service.admin('DELETE', path)).status, 204)
})

import { randomUUID } from 'node:crypto'
import test from 'ava'
import { takeHold } from '../../src/holds/take-hold.ts'
import { OCI_INDEX, OCI_MANIFEST } from '../../src/protocol/media-types.ts'
import { digestOf } from '../../src/registry/manifests.ts'
import { type DoorWorld, errorOf, startDoorWorld } from '../support/door-world.ts'
import { pullStatus, pushImage, putManifest } from '../support/image.ts'
import { ADMIN } from '../support/service.ts'

let world: DoorWorld

test.before(async () => {
  world = await startDoorWorld()
  await world.service.admin('POST', '/api/v1/projects', { name: 'acme', visibility: 'private' })
})
test.after.always(() => world?.stop())

const push = (repository: string, tags: readonly string[], text: string) =>
  pushImage(world.places, { as: ADMIN, repository, tags, text })

const pull = (repository: string, tag: string): Promise<number> =>
  pullStatus(world.places, { as: ADMIN, repository, tag })

async function remove(repository: string, reference: string, url?: string) {
  const token = await world.tokenFor(ADMIN, `repository:${repository}:delete`)
  const path = `/v2/${repository}/manifests/${reference}`
  if (url === undefined) return world.send('DELETE', path, { token })
  const response = await fetch(`${url}${path}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${token}` },
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

async function pushIndex(repository: string, tag: string, child: { digest: string; size: number }) {
  const token = await world.tokenFor(ADMIN, `repository:${repository}:pull,push`)
  const manifests = [{ mediaType: OCI_MANIFEST, ...child }]
  const content = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }))
  await putManifest(world.places, { repository, tag, token }, { mediaType: OCI_INDEX, content })
  return { digest: digestOf(content), size: content.length }
}

test('R16: the registry alone takes all tags of a digest along; through the door none goes', async (t) => {
  const { digest } = await push('acme/siblings', ['a', 'b', 'c'], 'siblings')
  const refused = await remove('acme/siblings', digest)
  t.is(refused.status, 403)
  t.is(errorOf(refused).code, 'DENIED')
  t.is(
    errorOf(refused).message,
    'the tags a, b, c of acme/siblings are all on this manifest and would go with it; delete one tag by itself with `warden tag delete`',
  )
  t.is(await pull('acme/siblings', 'b'), 200)
  t.is((await remove('acme/siblings', digest, world.service.registryUrl)).status, 202)
  t.deepEqual(
    await Promise.all(['a', 'b', 'c'].map((tag) => pull('acme/siblings', tag))),
    [404, 404, 404],
  )
})

test('R16: what an index leads to stays, however deep', async (t) => {
  const { digest, sizeBytes: size } = await push('acme/multi', ['child'], 'multi')
  const inner = await pushIndex('acme/multi', 'inner', { digest, size })
  await pushIndex('acme/multi', 'outer', inner)
  const refused = await remove('acme/multi', digest)
  t.is(refused.status, 403)
  t.is(
    errorOf(refused).message,
    'inner of acme/multi leads to this manifest and would be broken without it; delete that first',
  )
  const refusedInner = await remove('acme/multi', inner.digest)
  t.is(refusedInner.status, 403)
  t.regex(errorOf(refusedInner).message, /^outer of acme\/multi leads to this manifest/)
})

test('what one tag alone is on is deleted, and the hold on it ends', async (t) => {
  const { digest } = await push('acme/single', ['only'], 'single')
  const { status, headers } = await remove('acme/single', digest)
  t.is(status, 202)
  t.is(headers.get('docker-distribution-api-version'), 'registry/2.0')
  t.is(await pull('acme/single', 'only'), 404)
  t.deepEqual(await world.service.database('holds').where({ repository: 'acme/single' }), [])
})

test('a delete waits for a hold on a tag of its repository', async (t) => {
  const { database } = world.service
  const { digest } = await push('acme/held', ['only'], 'held')
  await takeHold(
    { database },
    {
      target: { repository: 'acme/held', tag: 'only' },
      kind: 'removal',
      holder: randomUUID(),
      reason: 'the tag only is being deleted',
      seconds: 3,
    },
  )
  const startedAtMs = performance.now()
  t.is((await remove('acme/held', digest)).status, 202)
  t.true(performance.now() - startedAtMs >= 2500)
})

test('a delete by tag is answered by the registry: 2.8 deletes digests only', async (t) => {
  await push('acme/by-tag', ['v1'], 'by-tag')
  const { status, text } = await remove('acme/by-tag', 'v1')
  t.is(status, 400)
  t.is(errorOf({ text }).code, 'DIGEST_INVALID')
  t.is(await pull('acme/by-tag', 'v1'), 200)
})

test('what is not there is answered by the registry', async (t) => {
  await push('acme/other', ['v1'], 'other')
  const { status, text } = await remove('acme/other', `sha256:${'ab'.repeat(32)}`)
  t.is(status, 404)
  t.is(errorOf({ text }).code, 'MANIFEST_UNKNOWN')
})

test('an immutable tag that the index has not heard of yet is not deleted by its digest', async (t) => {
  const rules = [{ repositories: ['new'], tags: ['v*'] }]
  await world.service.admin('PUT', '/api/v1/projects/acme/immutable-tags', { rules })
  const { digest } = await push('acme/new', ['v1'], 'new')
  const refused = await remove('acme/new', digest)
  t.is(refused.status, 403)
  t.is(
    errorOf(refused).message,
    'the tag v1 of acme/new is immutable by a rule of the project; take it out of the rule first',
  )
  t.is(await pull('acme/new', 'v1'), 200)
})

import { createHash } from 'node:crypto'
import test from 'ava'
import { MANIFEST_ACCEPT, OCI_INDEX, OCI_MANIFEST } from '../../src/protocol/media-types.ts'
import { createEmptyIndex } from '../../src/removal/empty-index.ts'
import { type BareRegistry, emptyManifest, startBareRegistry } from '../support/bare-registry.ts'
import { pushImage, putBlob } from '../support/image.ts'
import { writeRepository } from '../support/reconcile-world.ts'

/** What the stock registry does by itself, with nobody before it: the harm that the door mends. */
let registry: BareRegistry

test.before(async () => {
  registry = await startBareRegistry()
})
test.after.always(() => registry?.remove())

const send = async (method: string, path: string, content?: Buffer, mediaType = OCI_MANIFEST) => {
  const response = await fetch(`${registry.url}/v2/${path}`, {
    method,
    headers: { accept: MANIFEST_ACCEPT, ...(content && { 'content-type': mediaType }) },
    ...(content && { body: new Uint8Array(content) }),
  })
  const text = await response.text()
  return { status: response.status, digest: response.headers.get('docker-content-digest'), text }
}

const placesOf = () => ({ url: registry.url, registryUrl: registry.url })

const push = (repository: string, tags: readonly string[], text: string) =>
  pushImage(placesOf(), {
    as: { username: '', password: '' },
    repository,
    tags,
    text,
    token: 'none',
  })

test('R16: the bare registry deletes a layer that an image needs, and the image is broken', async (t) => {
  await push('acme/live', ['v1'], 'live layer')
  const layer = `sha256:${createHash('sha256').update('live layer').digest('hex')}`
  t.is((await send('DELETE', `acme/live/blobs/${layer}`)).status, 202)
  t.is((await send('GET', 'acme/live/manifests/v1')).status, 200)
  t.is((await send('GET', `acme/live/blobs/${layer}`)).status, 404)
})

test('R16: the bare registry deletes a platform that a tagged index needs', async (t) => {
  const { digest, sizeBytes: size } = await push('acme/multi', ['child'], 'platform')
  const mediaType = OCI_INDEX
  const manifests = [{ mediaType: OCI_MANIFEST, digest, size }]
  const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests }))
  t.is((await send('PUT', 'acme/multi/manifests/all', index, mediaType)).status, 201)
  t.is((await send('DELETE', `acme/multi/manifests/${digest}`)).status, 202)
  t.is((await send('GET', `acme/multi/manifests/${digest}`)).status, 404)
})

for (const repository of ['acme/app/tags', 'acme/blobs/uploads', 'acme/manifests']) {
  test(`R18: the bare registry takes, lists and deletes in ${repository}`, async (t) => {
    const { digest } = await push(repository, ['list', 'v1'], repository)
    const listed = JSON.parse((await send('GET', `${repository}/tags/list`)).text)
    t.deepEqual([listed.name, listed.tags.toSorted()], [repository, ['list', 'v1']])
    t.is((await send('GET', `${repository}/manifests/list`)).digest, digest)
    t.is((await send('DELETE', `${repository}/manifests/${digest}`)).status, 202)
    t.is((await send('GET', `${repository}/manifests/v1`)).status, 404)
  })
}

for (const size of [0, 9e15]) {
  test(`R32: the bare registry takes a layer of 7 bytes that is said to have ${size}`, async (t) => {
    const repository = `acme/says-${size}`
    const config = await putBlob(placesOf(), repository, 'none', Buffer.from('{"os":"linux"}'))
    const layer = await putBlob(placesOf(), repository, 'none', Buffer.from('7 bytes'))
    const manifest = {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...layer, size }],
    }
    const content = Buffer.from(JSON.stringify(manifest))
    t.is((await send('PUT', `${repository}/manifests/v1`, content)).status, 201)
    const { text } = await send('GET', `${repository}/manifests/v1`)
    t.is(JSON.parse(text).layers[0].size, size)
  })
}

test('R21: who removes tags by a list from before erases what was pushed since', async (t) => {
  const tags = Array.from({ length: 20 }, (_, n) => `t${n}`)
  const repository = 'acme/stale'
  await push(repository, tags, 'old')
  const list: readonly string[] = JSON.parse(
    (await send('GET', `${repository}/tags/list`)).text,
  ).tags
  t.is(list.length, 20)
  // All of these are answered 201.
  await push(repository, tags, 'new')
  const { digest, content, mediaType } = createEmptyIndex()
  for (const tag of list) await send('PUT', `${repository}/manifests/${tag}`, content, mediaType)
  t.is((await send('DELETE', `${repository}/manifests/${digest}`)).status, 202)
  for (const tag of tags) t.is((await send('GET', `${repository}/manifests/${tag}`)).status, 404)
})

const TAGS = Array.from({ length: 40 }, (_, n) => `t${n}`)

/** Deletes a digest that forty tags are on while each is pushed again. @returns how many pushes it erased */
async function race(repository: string): Promise<number> {
  const { digest, content, mediaType } = createEmptyIndex()
  for (const tag of TAGS) await send('PUT', `${repository}/manifests/${tag}`, content, mediaType)
  const deleting = send('DELETE', `${repository}/manifests/${digest}`)
  const fresh = emptyManifest()
  const answers = await Promise.all(
    TAGS.map((tag) =>
      send('PUT', `${repository}/manifests/${tag}`, fresh.content, fresh.mediaType),
    ),
  )
  await deleting
  const found = await Promise.all(TAGS.map((tag) => send('HEAD', `${repository}/manifests/${tag}`)))
  return found.filter(({ status }, index) => status === 404 && answers[index]?.status === 201)
    .length
}

test('R21: among 10,000 tags the bare registry erases pushes that it answered 201', async (t) => {
  t.timeout(180_000)
  const others = Array.from({ length: 10_000 }, (_, n) => `other${n}`)
  writeRepository(registry.dir, { repository: 'acme/large', tags: others })
  let erased = 0
  for (let rounds = 0; rounds < 20 && erased === 0; rounds++) erased += await race('acme/large')
  t.true(erased > 0)
})

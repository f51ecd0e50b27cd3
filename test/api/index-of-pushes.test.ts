import test from 'ava'
import { OCI_INDEX, OCI_MANIFEST } from '../../src/protocol/media-types.ts'
import { fetchToken, pushImage, putManifest } from '../support/image.ts'
import { pushIndex } from '../support/index-maze.ts'
import { findIndexedRepository, findIndexedTag, isSettled } from '../support/index-rows.ts'
import { ADMIN, type Service, startService } from '../support/service.ts'
import { waitFor } from '../support/wait-for.ts'

let service: Service

test.before(async () => {
  service = await startService({ notifies: true })
  await service.admin('POST', '/api/v1/projects', { name: 'acme', visibility: 'private' })
})
test.after.always(() => service?.stop())

test('a push is in the index soon, with the size of all its parts', async (t) => {
  const repository = 'acme/first'
  const pushed = await pushImage(service, { as: ADMIN, repository, tags: ['1.0', '1.1'] })
  const { found } = await waitFor(() => findIndexedTag(service, { repository, tag: '1.1' }))
  t.is(found.digest, pushed.digest)
  t.is(found.sizeBytes, pushed.sizeBytes)
  await waitFor(async () => (await isSettled(service)) || undefined)
  t.deepEqual(await findIndexedRepository(service, repository), {
    tagCount: 2,
    sizeBytes: pushed.sizeBytes,
    pullCount: 0,
  })
})

test('an index of images has the size of all of them, each part once', async (t) => {
  const repository = 'acme/many'
  const one = await pushImage(service, { as: ADMIN, repository, tags: ['one'] })
  const digest = await pushIndex(service, {
    repository,
    tags: ['all'],
    child: one.digest,
    isChildImage: true,
  })
  const { found } = await waitFor(() => findIndexedTag(service, { repository, tag: 'all' }))
  t.is(found.digest, digest)
  const row = await service.database('manifests').where({ digest }).first('content_bytes', 'kind')
  t.is(row.kind, 'index')
  t.is(found.sizeBytes, one.sizeBytes + row.content_bytes)
})

const parent = (children: readonly string[], mediaType: string, mark: string): Buffer =>
  Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: children.map((digest) => ({ mediaType, digest, size: 1 })),
      annotations: { mark },
    }),
  )

test('R33: of indexes that meet again in one image each part is counted once', async (t) => {
  const repository = 'acme/diamond'
  const image = await pushImage(service, { as: ADMIN, repository, tags: ['image'] })
  const scope = `repository:${repository}:pull,push`
  const token = await fetchToken(service, { as: ADMIN, scope })
  const put = (tag: string, content: Buffer): Promise<string> =>
    putManifest(service, { repository, tag, token }, { mediaType: OCI_INDEX, content })
  const [left, right] = ['left', 'right'].map((mark) => parent([image.digest], OCI_MANIFEST, mark))
  const sides = [await put('left', left as Buffer), await put('right', right as Buffer)]
  const top = parent(sides, OCI_INDEX, 'top')
  const digest = await put('top', top)
  const { found } = await waitFor(() => findIndexedTag(service, { repository, tag: 'top' }))
  t.is(found.digest, digest)
  const indexBytes = top.length + (left?.length ?? 0) + (right?.length ?? 0)
  t.is(found.sizeBytes, image.sizeBytes + indexBytes)
})

test('R33: a manifest of almost 4 MiB, the most that a registry takes, is in the index', async (t) => {
  const repository = 'acme/heavy'
  const padding = 4 * 1024 * 1024 - 1000
  const digest = await pushIndex(service, { repository, tags: ['heavy'], padding })
  const { found } = await waitFor(() => findIndexedTag(service, { repository, tag: 'heavy' }))
  t.is(found.digest, digest)
  t.true((found.sizeBytes ?? 0) > padding)
})

test('the longest names that a registry takes are in the index, and found', async (t) => {
  const repository = `acme/${'deep/'.repeat(49)}${'z'.repeat(5)}`
  const tag = 't'.repeat(128)
  t.is(repository.length, 255)
  const pushed = await pushImage(service, { as: ADMIN, repository, tags: [tag] })
  const path = `/api/v1/repositories/${repository}/tags/${tag}`
  const read = async () => {
    const { status, body } = await service.admin('GET', path)
    return status === 200 && body
  }
  const { found } = await waitFor(read)
  t.is(found.digest, pushed.digest)
  const searched = await service.admin('GET', '/api/v1/search?q=zzzzz')
  t.is(searched.body.items[0]?.name ?? searched.body.items[0]?.repository, repository)
})

for (const [what, size] of [
  ['nothing', 0],
  ['9 PB', 9e15],
] as const) {
  test(`R32: a manifest that declares its layer to be ${what} counts what the layer is`, async (t) => {
    const repository = `acme/declares-${size === 0 ? 'little' : 'much'}`
    const honest = await pushImage(service, { as: ADMIN, repository, tags: ['honest'] })
    const url = `${service.registryUrl}/v2/${repository}/manifests/${honest.digest}`
    const scope = `repository:${repository}:pull,push`
    const token = await fetchToken(service, { as: ADMIN, scope })
    const headers = { authorization: `Bearer ${token}`, accept: OCI_MANIFEST }
    const manifest = JSON.parse(await (await fetch(url, { headers })).text())
    for (const part of [manifest.config, ...manifest.layers]) part.size = size
    const content = Buffer.from(JSON.stringify(manifest))
    const target = { repository, tag: 'liar', token }
    await putManifest(service, target, { mediaType: OCI_MANIFEST, content })
    const { found } = await waitFor(() => findIndexedTag(service, { repository, tag: 'liar' }))
    t.is(found.sizeBytes, content.length + 'a layer'.length + '{"os":"linux"}'.length)
  })
}

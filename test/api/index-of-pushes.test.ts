import test from 'ava'
import { OCI_MANIFEST } from '../../src/protocol/media-types.ts'
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

import test from 'ava'
import { OCI_MANIFEST } from '../../src/protocol/media-types.ts'
import { digestOf } from '../../src/registry/manifests.ts'
import { type DoorWorld, errorOf, startDoorWorld } from '../support/door-world.ts'
import { pullStatus, putBlob } from '../support/image.ts'
import { findIndexedTag } from '../support/index-rows.ts'
import { ADMIN } from '../support/service.ts'
import { waitFor } from '../support/wait-for.ts'

/** What the registry takes at most. */
const MOST_BYTES = 4 * 1024 * 1024
const REPOSITORY = 'acme/largest'
const API = `/api/v1/repositories/${REPOSITORY}`
let world: DoorWorld

test.before(async () => {
  world = await startDoorWorld({}, undefined, { notifies: true })
  await world.service.admin('POST', '/api/v1/projects', { name: 'acme', visibility: 'private' })
})
test.after.always(() => world?.stop())

const token = (actions = 'pull,push'): Promise<string> =>
  world.tokenFor(ADMIN, `repository:${REPOSITORY}:${actions}`)

/** An image whose manifest has that many bytes, and is no other's. */
async function makeManifest(bytes: number, mark: string): Promise<Buffer> {
  const upload = async (text: string) =>
    putBlob(world.places, REPOSITORY, await token(), Buffer.from(text))
  const config = await upload('{"os":"linux"}')
  const layer = await upload('a layer')
  const build = (padding: number): Buffer =>
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: OCI_MANIFEST,
        config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
        layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...layer }],
        annotations: { mark, padding: 'x'.repeat(padding) },
      }),
    )
  return build(bytes - build(0).length)
}

async function put(tag: string, body: Buffer, url = world.places.registryUrl) {
  const response = await fetch(`${url}/v2/${REPOSITORY}/manifests/${tag}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${await token()}`, 'content-type': OCI_MANIFEST },
    body: new Uint8Array(body),
  })
  return { status: response.status, text: await response.text() }
}

/** Puts a manifest of the largest size on tags. @returns its digest */
async function pushLargest(...tags: readonly string[]): Promise<string> {
  const content = await makeManifest(MOST_BYTES, tags.join())
  for (const tag of tags) {
    const { status, text } = await put(tag, content)
    if (status !== 201) throw new Error(`${tag}: ${status} ${text}`)
  }
  for (const tag of tags) {
    const look = () => findIndexedTag(world.service, { repository: REPOSITORY, tag })
    await waitFor(look, { mostMs: 40_000, what: `${tag} in the index` })
  }
  return digestOf(content)
}

const pull = (tag: string): Promise<number> =>
  pullStatus(world.places, { as: ADMIN, repository: REPOSITORY, tag })

test.serial('one byte more than 4 MiB is refused by the door, and by the registry', async (t) => {
  const content = await makeManifest(MOST_BYTES + 1, 'too large')
  t.is(content.length, 4_194_305)
  const refused = await put('too-large', content)
  t.is(refused.status, 413)
  t.is(errorOf(refused).code, 'SIZE_INVALID')
  const { status } = await put('too-large', content, world.service.registryUrl)
  t.true(status >= 400 && status < 500, String(status))
  t.is(await pull('too-large'), 404)
})

test.serial(
  'a manifest of exactly 4 MiB is deleted by its tag, and its sibling stays',
  async (t) => {
    await pushLargest('by-tag', 'sibling')
    const { status, body } = await world.service.admin('DELETE', `${API}/tags/by-tag`)
    t.is(status, 204, JSON.stringify(body))
    t.deepEqual([await pull('by-tag'), await pull('sibling')], [404, 200])
  },
)

test.serial(
  'a manifest of exactly 4 MiB is deleted by its digest, through API and door',
  async (t) => {
    const digest = await pushLargest('by-digest')
    const asked = await world.service.admin('DELETE', `${API}/manifests/${digest}?tags=by-digest`)
    t.is(asked.status, 204, JSON.stringify(asked.body))
    t.is(await pull('by-digest'), 404)
    const other = await pushLargest('at-the-door')
    const path = `/v2/${REPOSITORY}/manifests/${other}`
    const { status, text } = await world.send('DELETE', path, { token: await token('delete') })
    t.is(status, 202, text)
    t.is(await pull('at-the-door'), 404)
  },
)

test.serial('more of them than one batch has room for are deleted by a filter', async (t) => {
  for (const tag of ['many-1', 'many-2', 'many-3', 'many-4']) await pushLargest(tag)
  await pushLargest('kept')
  const filter = { repositories: ['largest'], tags: ['many-*'], dryRun: false }
  const reply = await world.service.admin('POST', '/api/v1/projects/acme/removals', filter)
  const path = reply.headers.get('location') ?? ''
  const look = async () => {
    const { body } = await world.service.admin('GET', path)
    return body.endedAt !== null && body
  }
  const { found } = await waitFor(look, { mostMs: 60_000, what: 'the end of the removal' })
  t.like(found, { state: 'done', counts: { removed: 4, waiting: 0 } })
  t.deepEqual(
    await Promise.all(['many-1', 'many-2', 'many-3', 'many-4', 'kept'].map(pull)),
    [404, 404, 404, 404, 200],
  )
})

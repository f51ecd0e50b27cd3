import test from 'ava'
import { OCI_INDEX } from '../../src/protocol/media-types.ts'
import { digestOf } from '../../src/registry/manifests.ts'
import { emptyManifest } from '../support/bare-registry.ts'
import { type DoorWorld, startDoorWorld } from '../support/door-world.ts'
import { pullStatus, pushImage } from '../support/image.ts'
import { untilIndexed } from '../support/index-rows.ts'
import { registryDirOf, writeRepository } from '../support/reconcile-world.ts'
import { ADMIN } from '../support/service.ts'
import { waitFor } from '../support/wait-for.ts'

const REPOSITORY = 'acme/large'
const TAGS = Array.from({ length: 40 }, (_, n) => `t${n}`)
let world: DoorWorld

test.before(async () => {
  world = await startDoorWorld({}, undefined, { notifies: true })
  await world.service.admin('POST', '/api/v1/projects', { name: 'acme', visibility: 'private' })
})
test.after.always(() => world?.stop())

const isHeld = async (): Promise<boolean> =>
  (await world.service.database('holds').where({ repository: REPOSITORY })).length > 0

test('R21: among 10,000 tags no push is lost that comes while its tag is removed', async (t) => {
  t.timeout(240_000)
  const { service, places } = world
  await pushImage(places, { as: ADMIN, repository: REPOSITORY, tags: [...TAGS, 'sibling'] })
  await untilIndexed(service, { repository: REPOSITORY, tags: [...TAGS, 'sibling'] })
  // So many that the registry's walk over them takes its time: at the registry alone pushes are lost in it.
  const others = Array.from({ length: 10_000 }, (_, n) => `other${n}`)
  writeRepository(registryDirOf(service), { repository: REPOSITORY, tags: others })
  const filter = { repositories: ['large'], tags: ['t*'], dryRun: false }
  const reply = await service.admin('POST', '/api/v1/projects/acme/removals', filter)
  await waitFor(isHeld, { mostMs: 30_000, what: 'the hold of the removal' })
  const { mediaType, content: body } = emptyManifest()
  const token = await world.tokenFor(ADMIN, `repository:${REPOSITORY}:pull,push`)
  const put = (tag: string) =>
    world.send('PUT', `/v2/${REPOSITORY}/manifests/${tag}`, { token, mediaType, body })
  const answers = await Promise.all(TAGS.map(put))
  t.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]))
  const path = reply.headers.get('location') ?? ''
  const look = async () => {
    const { body: removal } = await service.admin('GET', path)
    return removal.endedAt !== null && removal
  }
  const { found } = await waitFor(look, { mostMs: 60_000, what: 'the end of the removal' })
  t.like(found, { state: 'done', counts: { removed: 40, waiting: 0, changed: 0 } })
  const digests = await Promise.all(
    TAGS.map(async (tag) => {
      const headers = { accept: OCI_INDEX }
      const { headers: got } = await world.send('HEAD', `/v2/${REPOSITORY}/manifests/${tag}`, {
        token,
        headers,
      })
      return got.get('docker-content-digest')
    }),
  )
  t.deepEqual(new Set(digests), new Set([digestOf(body)]))
  t.is(await pullStatus(places, { as: ADMIN, repository: REPOSITORY, tag: 'sibling' }), 200)
})

import test from 'ava'
import { type CollectWorld, GC, startCollectWorld } from '../support/collect-world.ts'
import { fetchToken, pullStatus, pushImage, putBlob } from '../support/image.ts'
import { ADMIN } from '../support/service.ts'
import { waitFor } from '../support/wait-for.ts'

let world: CollectWorld

test.before(async () => {
  world = await startCollectWorld()
  await world.service.admin('POST', '/api/v1/projects', { name: 'acme', visibility: 'private' })
})
test.after.always(() => world?.stop())

/** What a project keeps, when it is that. */
const waitForUsed = (bytes: number) =>
  waitFor(
    async () => {
      const { body } = await world.service.admin('GET', '/api/v1/projects/acme/quota')
      return body.usedBytes === bytes || undefined
    },
    { mostMs: 20_000, what: `${bytes} bytes in use` },
  )

test.serial('an empty registry is collected, and writes go on at once', async (t) => {
  const report = await world.collect()
  t.like(report, { state: 'done', blobs: 0, bytes: 0, error: null, gapCount: 0 })
  t.true(report.heldSeconds < 20)
})

test.serial('what no manifest needs is told by a dry run, and stays', async (t) => {
  const image = await pushImage(world.places, { as: ADMIN, repository: 'acme/app', tags: ['1'] })
  const scope = 'repository:acme/app:pull,push'
  const token = await fetchToken(world.places, { as: ADMIN, scope })
  await putBlob(world.places, 'acme/app', token, Buffer.from('nobody needs this'))
  await waitForUsed(image.sizeBytes + 17)
  const report = await world.collect(true)
  t.like(report, { state: 'done', dryRun: true, blobs: 1, bytes: 17, unknownBlobs: 0 })
  t.is(report.heldSeconds, null)
  await waitForUsed(image.sizeBytes + 17)
})

test.serial('bytes freed are told, and quotas give them back', async (t) => {
  const report = await world.collect()
  t.like(report, { state: 'done', blobs: 1, bytes: 17, unknownBlobs: 0, gapCount: 0, notes: [] })
  t.is(await pullStatus(world.places, { as: ADMIN, repository: 'acme/app', tag: '1' }), 200)
  const { body } = await world.service.admin('GET', GC)
  t.like(body, { configured: true, obstacles: [], fence: null })
  t.like(body.lastRun, { id: report.id, state: 'done' })
})

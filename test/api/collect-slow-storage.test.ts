import test from 'ava'
import { type CollectWorld, setOverdue, startCollectWorld } from '../support/collect-world.ts'
import { createFaultyRegistry } from '../support/faulty-registry.ts'
import { pullStatus, pushImage } from '../support/image.ts'
import { isSettled } from '../support/index-rows.ts'
import { ADMIN } from '../support/service.ts'
import { waitFor } from '../support/wait-for.ts'

const REPOSITORY = 'acme/app'
const PATIENT = { mostMs: 40_000 }
const faulty = createFaultyRegistry()
let world: CollectWorld

test.before(async () => {
  world = await startCollectWorld({ between: faulty.between })
  await world.service.admin('POST', '/api/v1/projects', { name: 'acme', visibility: 'private' })
  const policy = { rules: [{ template: 'always' }], untaggedDays: 30 }
  await world.service.admin('PUT', '/api/v1/projects/acme/retention', policy)
})
test.after.always(async () => {
  await world?.stop()
  await faulty.stop()
})

const settle = () =>
  waitFor(() => isSettled(world.service), { ...PATIENT, what: 'an index that has read all' })

/** Images that lost their tag to the next one, forty days ago by what the index knows. */
async function leaveUntagged(count: number): Promise<readonly string[]> {
  const digests: string[] = []
  for (let n = 0; n <= count; n++) {
    const image = { as: ADMIN, repository: REPOSITORY, tags: ['latest'], text: `image ${n}` }
    const { digest } = await pushImage(world.places, image)
    digests.push(digest)
    await settle()
  }
  const { database } = world.service
  const ago = database.raw('UTC_TIMESTAMP(3) - INTERVAL 40 DAY')
  await database('repository_manifests').update({ created_at: ago, pushed_at: ago, pulled_at: ago })
  await database('project_days').insert({ project: 'acme', day: '2026-01-01' })
  return digests.slice(0, -1)
}

test('R28: untagged manifests go only while writes are held for long enough yet', async (t) => {
  t.timeout(180_000)
  const left = await leaveUntagged(3)
  const deleted: string[] = []
  // The storage is so slow that only half a minute of the hold is left after one delete.
  faulty.interrupt(async ({ method, path }) => {
    if (method !== 'DELETE') return undefined
    deleted.push(path.split('/').at(-1) ?? '')
    await setOverdue(world, -30)
    return undefined
  })
  const report = await world.collect()
  t.like(report, { state: 'done', untaggedCount: 1 })
  t.true(
    report.notes.includes('there are more untagged manifests; the next collection goes on'),
    report.notes.join(),
  )
  t.is(deleted.length, 1)
  t.true(left.includes(deleted[0] ?? ''))
  faulty.interrupt(undefined)
  await settle()
  t.like(await world.collect(), { state: 'done', untaggedCount: 2, notes: [] })
  t.is(await pullStatus(world.places, { as: ADMIN, repository: REPOSITORY, tag: 'latest' }), 200)
})

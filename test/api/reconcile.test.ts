import test from 'ava'
import {
  createFaultyRegistry,
  emptyList,
  type FaultyRegistry,
  inPages,
  LIST_FAULTS,
  lostDisk,
} from '../support/faulty-registry.ts'
import { pushImage } from '../support/image.ts'
import { isSettled } from '../support/index-rows.ts'
import {
  forgetJobs,
  listIndex,
  passGrace,
  readState,
  reconcile,
  registryDirOf,
  writeRepository,
} from '../support/reconcile-world.ts'
import { ADMIN, type Service, startService } from '../support/service.ts'
import { waitFor } from '../support/wait-for.ts'

const TAGS = ['1.0', '1.1', 'latest']
/** 255 characters, which is the most. */
const LONGEST = `acme/${'a'.repeat(123)}/${'b'.repeat(126)}`

let service: Service
let registry: FaultyRegistry
/** What a registry that was filled before anybody told of it has. */
let expected: readonly string[]

const settle = () => waitFor(async () => (await isSettled(service)) || undefined)

test.before(async () => {
  registry = createFaultyRegistry()
  service = await startService({ between: registry.between })
  await service.admin('POST', '/api/v1/projects', { name: 'acme', visibility: 'private' })
  const filled: string[] = []
  for (const repository of ['acme/app', 'acme/app/sub', 'acme/web', LONGEST]) {
    const { digest } = await pushImage(service, { as: ADMIN, repository, tags: TAGS })
    filled.push(...TAGS.map((tag) => `${repository}:${tag} ${digest}`))
  }
  for (let n = 10; n < 35; n++) {
    const repository = `bulk/r${n}`
    const digest = writeRepository(registryDirOf(service), { repository, tags: ['a', 'b'] })
    filled.push(`${repository}:a ${digest}`, `${repository}:b ${digest}`)
  }
  expected = filled.toSorted()
})
test.after.always(async () => {
  await service?.stop()
  await registry?.stop()
})

test.serial('a registry that was full before anybody told of it is in the index', async (t) => {
  t.is((await readState(service)).state, 'never')
  const { job, state } = await reconcile(service)
  t.is(job.state, 'done')
  t.deepEqual((await listIndex(service)).toSorted(), expected)
  t.is(state.state, 'idle')
  t.is(state.lastRun.repositories, 29)
  t.is(state.lastRun.tags, 62)
  t.deepEqual(state.lastRun.drift, { added: 62, moved: 0, missing: 0 })
  t.deepEqual(job.progress, { done: 29, total: 29 })
})

test.serial('a second run finds nothing wrong', async (t) => {
  await settle()
  const { state } = await reconcile(service)
  t.deepEqual(state.lastRun.drift, { added: 0, moved: 0, missing: 0 })
  t.is(state.lostEvents, 62)
  t.false(state.brake.engaged)
  t.is(await service.database('dirty_figures').first('name'), undefined)
})

test.serial('tags that a registry gives page by page are read to the last page', async (t) => {
  registry.spoil(inPages(2))
  registry.takePaths()
  const { state } = await reconcile(service)
  registry.spoil(undefined)
  t.deepEqual(state.lastRun.drift, { added: 0, moved: 0, missing: 0 })
  t.is(state.lastRun.tags, 62)
  t.true(registry.takePaths().some((path) => /acme\/web\/tags\/list\?.*last=1\.1/.test(path)))
})

test.serial('a run that waits or runs is answered to whoever asks for one more', async (t) => {
  const [one, other] = await Promise.all([
    service.admin('POST', '/api/v1/maintenance/reconcile', {}),
    service.admin('POST', '/api/v1/maintenance/reconcile', {}),
  ])
  t.is(one.status, 202)
  t.is(one.body.jobId, other.body.jobId)
  t.is(one.headers.get('location'), `/api/v1/jobs/${one.body.jobId}`)
  await waitFor(async () => (await readState(service)).state === 'idle')
})

for (const [what, faultOf] of Object.entries(LIST_FAULTS)) {
  test.serial(
    `R30: nothing disappears where the catalog ${what}, and the brake says so`,
    async (t) => {
      registry.spoil(faultOf('/_catalog'))
      const { job } = await reconcile(service)
      const { brake } = await readState(service)
      t.true(brake.engaged)
      t.is(brake.reason, 'lists')
      t.regex(brake.detail, /^the registry's catalog cannot be read: /)
      t.is(job.state, 'waiting')
      t.not(job.error, undefined)
      registry.spoil(undefined)
      await passGrace(service)
      await settle()
      t.deepEqual((await listIndex(service)).toSorted(), expected)
      const { state } = await reconcile(service)
      t.false(state.brake.engaged, 'whole lists let it go')
    },
  )

  test.serial(`R30: nothing disappears where a list of tags ${what}`, async (t) => {
    registry.spoil(faultOf('/tags/list'))
    const { job, state } = await reconcile(service)
    registry.spoil(undefined)
    t.is(job.state, 'done')
    t.is(state.lastRun.failures, 29)
    t.deepEqual(state.lastRun.drift, { added: 0, moved: 0, missing: 0 })
    await passGrace(service)
    await settle()
    t.deepEqual((await listIndex(service)).toSorted(), expected)
  })
}

for (const list of ['/_catalog', '/tags/list']) {
  test.serial(
    `R30: nothing disappears where ${list} is empty, and the brake says so`,
    async (t) => {
      registry.spoil(emptyList(list))
      const { job, state } = await reconcile(service)
      registry.spoil(undefined)
      t.is(job.state, 'done')
      t.true(state.brake.engaged)
      t.is(state.brake.reason, 'lists')
      t.deepEqual(state.lastRun.drift, { added: 0, moved: 0, missing: 0 })
      await passGrace(service)
      await settle()
      t.deepEqual((await listIndex(service)).toSorted(), expected)
      t.false((await reconcile(service)).state.brake.engaged)
    },
  )
}

test.serial('R30: a storage that lost its disk stops at the brake, which stays on', async (t) => {
  registry.spoil(lostDisk)
  const { state } = await reconcile(service)
  t.deepEqual(state.lastRun.drift, { added: 0, moved: 0, missing: 62 })
  t.true(state.brake.engaged)
  t.is(state.brake.reason, 'vanished')
  t.deepEqual(state.brake.limits, { repositories: 20, tags: 20 })
  t.deepEqual(state.brake.vanished, { repositories: 29, tags: 62 })
  await passGrace(service)
  await settle()
  await reconcile(service)
  t.deepEqual((await listIndex(service)).toSorted(), expected)
  registry.spoil(undefined)
  const { state: after } = await reconcile(service)
  t.true(after.brake.engaged, 'only somebody who looked lets it go')
  t.is((await service.database('tags').whereNotNull('missing_since')).length, 0)
})

test.serial('an operator releases the brake, and what is gone goes', async (t) => {
  const gone = expected.filter((line) => line.startsWith('bulk/'))
  registry.spoil((path, answer) =>
    path.startsWith('/v2/bulk/') ? lostDisk(path, answer) : undefined,
  )
  await reconcile(service)
  await passGrace(service)
  const { status, body } = await service.admin('POST', '/api/v1/maintenance/reconcile/brake', {})
  t.is(status, 200)
  t.false(body.brake.engaged)
  t.deepEqual(body.brake.vanished, { repositories: 0, tags: 0 })
  await waitFor(async () => (await readState(service)).state === 'idle')
  await settle()
  t.deepEqual(
    (await listIndex(service)).toSorted(),
    expected.filter((line) => !gone.includes(line)),
  )
  const tombstones = await service.database('tags').where({ is_listed: 0 }).whereNotNull('gone_at')
  t.is(tombstones.length, 50)
  const audited = await service.database('audit').where({ action: 'reconcile.brake.release' })
  t.is(audited.length, 1)
  registry.spoil(undefined)
  await forgetJobs(service)
})

test.serial(
  'a run that waits for its next try is begun at once when the brake is released',
  async (t) => {
    registry.spoil(LIST_FAULTS['is nonsense']?.('/_catalog'))
    const { job } = await reconcile(service)
    t.is(job.state, 'waiting')
    t.true((await readState(service)).brake.engaged)
    registry.spoil(undefined)
    const inAnHour = service.database.raw('UTC_TIMESTAMP(3) + INTERVAL 1 HOUR')
    await service.database('jobs').where({ id: job.id }).update({ run_at: inAnHour })
    const { body } = await service.admin('POST', '/api/v1/maintenance/reconcile/brake', {})
    t.false(body.brake.engaged)
    await waitFor(async () => (await readState(service)).state === 'idle')
    t.is((await readState(service)).job.state, 'done')
  },
)

test.serial('a second bad catalog engages the brake anew, and nothing disappears', async (t) => {
  const before = await listIndex(service)
  for (let times = 0; times < 2; times++) {
    registry.spoil(emptyList('/_catalog'))
    t.true((await reconcile(service)).state.brake.engaged)
    const { body } = await service.admin('POST', '/api/v1/maintenance/reconcile/brake', {})
    t.false(body.brake.engaged)
    await waitFor(async () => (await readState(service)).state === 'idle')
    t.true(
      (await readState(service)).brake.engaged,
      'the run that the release asked for saw it too',
    )
  }
  registry.spoil(undefined)
  t.false((await reconcile(service)).state.brake.engaged)
  await passGrace(service)
  await settle()
  t.deepEqual(await listIndex(service), before)
})

test.serial('ten thousand tags of one repository are in the index', async (t) => {
  const tags = Array.from({ length: 10_000 }, (_, n) => `t${n}`)
  writeRepository(registryDirOf(service), { repository: 'acme/many', tags })
  const { job } = await reconcile(service)
  t.is(job.state, 'done')
  const rows = await service.database('repositories').where({ name: 'acme/many' }).select('id')
  const [{ count } = { count: 0 }] = await service
    .database('tags')
    .where({ repository_id: rows[0]?.id, is_listed: 1 })
    .count({ count: '*' })
  t.is(Number(count), 10_000)
})

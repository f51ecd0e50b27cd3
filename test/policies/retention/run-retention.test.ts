import test from 'ava'
import { inTransaction } from '../../../src/database/transaction.ts'
import { AppError } from '../../../src/errors.ts'
import { ensureRepositories } from '../../../src/images/repository-queries.ts'
import { enqueueJob } from '../../../src/jobs/enqueue-job.ts'
import { JobStopped, type RunningJob } from '../../../src/jobs/types.ts'
import { insertRun, listRuns } from '../../../src/policies/retention/run-queries.ts'
import { createRetentionKind } from '../../../src/policies/retention/run-retention.ts'
import type { RetentionDeps, TagRemovals } from '../../../src/policies/retention/run-types.ts'
import type { RetentionRule } from '../../../src/policies/retention/types.ts'
import { OCI_MANIFEST } from '../../../src/protocol/media-types.ts'
import type { RegistryClient } from '../../../src/registry/client.ts'
import { removeTags as removeFromRegistry } from '../../../src/removal/remove-tags.ts'
import { pushImage } from '../../support/image.ts'
import { findIndexedTag, untilIndexed } from '../../support/index-rows.ts'
import { openRegistry } from '../../support/registry-client.ts'
import { noteReconcile, setAge } from '../../support/retention-world.ts'
import { ADMIN, type Service, startService } from '../../support/service.ts'
import { waitFor } from '../../support/wait-for.ts'

const OLD: readonly RetentionRule[] = [
  { template: 'pushedWithin', days: 10, repositories: ['**'], tags: ['*'] },
]

let service: Service
let registry: RegistryClient

test.before(async () => {
  service = await startService({ notifies: true })
  registry = await openRegistry(service)
  await noteReconcile(service)
})
test.after.always(async () => {
  await registry?.close()
  await service?.stop()
})

let projects = 0
async function makeProject(): Promise<{ readonly id: number; readonly name: string }> {
  const name = `p${++projects}`
  await service.admin('POST', '/api/v1/projects', { name })
  const { id } = await service.database('projects').where({ name }).first('id')
  return { id, name }
}

/** Pushes one image for each tag, as old as is said in days. */
async function push(
  repository: string,
  tags: Readonly<Record<string, number>>,
): Promise<Readonly<Record<string, string>>> {
  const digests: Record<string, string> = {}
  for (const tag of Object.keys(tags)) {
    const pushed = await pushImage(service, { as: ADMIN, repository, tags: [tag], text: tag })
    digests[tag] = pushed.digest
  }
  await untilIndexed(service, { repository, tags: Object.keys(tags) })
  for (const [tag, pushed] of Object.entries(tags))
    await setAge(service, { repository, tag, pushed })
  return digests
}

const asked: TagRemovals[] = []

/** Nobody pushes in these tests. */
const free = {
  holdTags: async () => ({
    stopsPushes: false,
    prolong: async () => undefined,
    release: async () => undefined,
  }),
  findImmutable: async () => new Map<string, string>(),
}

async function removeTags(removals: TagRemovals): Promise<void> {
  asked.push(removals)
  const { database } = service
  await removeFromRegistry({ ...free, database, registry, now: () => new Date() }, removals)
}

const depsOf = (changes: Partial<RetentionDeps> = {}): RetentionDeps => ({
  database: service.database,
  now: () => new Date(),
  giveWay: async () => undefined,
  removeTags,
  readImmutable: async () => () => false,
  ...changes,
})

interface Attempt {
  readonly projectId: number
  readonly jobId: number
  readonly signal?: AbortSignal
}

/** One attempt of a job that no worker of the service takes. */
async function attempt(
  deps: RetentionDeps,
  { projectId, jobId, signal = new AbortController().signal }: Attempt,
): Promise<void> {
  const job: RunningJob<unknown> = {
    id: jobId,
    payload: { projectId },
    attempt: 1,
    signal,
    progress: () => undefined,
    tell: () => undefined,
    checkLease: () => signal.throwIfAborted(),
    inLease: (work) => {
      signal.throwIfAborted()
      return inTransaction(service.database, work)
    },
  }
  await createRetentionKind(deps).run(job)
}

const makeJob = () => enqueueJob(service.database, { kind: 'run-of-test', payload: {} })

async function makeRun(projectId: number, rules: readonly RetentionRule[] = OLD): Promise<number> {
  const jobId = await makeJob()
  const actor = { actorId: undefined, actorName: 'mai', onBehalfOf: undefined }
  const kind = { isDryRun: false, isScheduled: false }
  await insertRun(service.database, { projectId, jobId, ...kind, rules, actor })
  return jobId
}

const lastRun = async (projectId: number) => {
  const [run] = await listRuns(service.database, { projectId, before: undefined, most: 1 })
  return run
}

async function outcomes(projectId: number): Promise<readonly string[]> {
  const rows = await service
    .database('retention_items')
    .where({ run_id: (await lastRun(projectId))?.id })
    .orderBy(['repository', 'tag'])
    .select('repository', 'tag', 'decision', 'outcome')
  return rows.map(({ repository, tag, decision, outcome }) =>
    [repository.split('/')[1], tag, decision, outcome].join(' '),
  )
}

const listTags = async (repository: string) => (await registry.listTags(repository))?.toSorted()

const signatureOf = (digest = ''): string => `${digest.replace(':', '-')}.sig`

test('what no rule keeps is removed from the registry, and the rest stays', async (t) => {
  const { id, name } = await makeProject()
  await push(`${name}/app`, { old: 20, new: 1 })
  await push(`${name}/web`, { older: 30, newer: 2 })
  await attempt(depsOf(), { projectId: id, jobId: await makeRun(id) })
  t.deepEqual(await outcomes(id), [
    'app new keep ',
    'app old remove removed',
    'web newer keep ',
    'web older remove removed',
  ])
  t.deepEqual(await listTags(`${name}/app`), ['new'])
  t.deepEqual(await listTags(`${name}/web`), ['newer'])
  t.like(await lastRun(id), {
    state: 'done',
    repositories: 2,
    kept: 2,
    toRemove: 2,
    removed: 2,
    notRemoved: 0,
  })
  const mine = asked.filter(({ repository }) => repository.startsWith(`${name}/`))
  t.deepEqual(
    mine.map(({ actor }) => actor.actorName),
    ['mai', 'mai'],
  )
})

test('R21: a tag that was pushed to since is not removed', async (t) => {
  const { id, name } = await makeProject()
  const repository = `${name}/app`
  await push(repository, { old: 20, new: 1 })
  const late = async (removals: TagRemovals): Promise<void> => {
    await pushImage(service, { as: ADMIN, repository, tags: ['old'], text: 'a late push' })
    await removeTags(removals)
  }
  await attempt(depsOf({ removeTags: late }), { projectId: id, jobId: await makeRun(id) })
  t.deepEqual(await outcomes(id), ['app new keep ', 'app old remove changed'])
  t.deepEqual(await listTags(repository), ['new', 'old'])
  t.like(await lastRun(id), { state: 'done', toRemove: 1, removed: 0, notRemoved: 1 })
})

test('a tag that was pushed again as it was, since it was decided to go, stays', async (t) => {
  const { id, name } = await makeProject()
  const repository = `${name}/app`
  await push(repository, { old: 20, older: 30, new: 1 })
  const jobId = await makeRun(id)
  const removals = {
    removeTags: () => Promise.reject(new AppError('CONFLICT', { detail: 'held' })),
  }
  await t.throwsAsync(attempt(depsOf(removals), { projectId: id, jobId }), { message: /held/ })
  await pushImage(service, { as: ADMIN, repository, tags: ['old'], text: 'old' })
  const yesterday = new Date(Date.now() - 86_400_000)
  const isNoted = async (): Promise<boolean> => {
    const tag = await findIndexedTag(service, { repository, tag: 'old' })
    return tag !== undefined && tag.pushedAt > yesterday
  }
  await waitFor(isNoted, { mostMs: 40_000 })
  await attempt(depsOf(), { projectId: id, jobId })
  t.deepEqual(await outcomes(id), [
    'app new keep ',
    'app old remove changed',
    'app older remove removed',
  ])
  t.deepEqual(await listTags(repository), ['new', 'old'])
  t.like(await lastRun(id), { state: 'done', toRemove: 2, removed: 1, notRemoved: 1 })
})

test('a signature goes after its image, and stays where the image could not be removed', async (t) => {
  const { id, name } = await makeProject()
  const repository = `${name}/app`
  const digests = await push(repository, { bad: 20, good: 20, new: 1 })
  const [bad, good] = [signatureOf(digests.bad), signatureOf(digests.good)]
  await push(repository, { [bad]: 1, [good]: 1 })
  const order: string[] = []
  const failing = (removals: TagRemovals): Promise<void> => {
    order.push(...removals.tags.map(({ tag }) => tag))
    const onItem: TagRemovals['onItem'] = ({ tag, outcome }) =>
      removals.onItem({ tag, outcome: tag === 'bad' ? 'failed' : outcome })
    const tags = removals.tags.filter(({ tag }) => tag !== 'bad')
    return removeTags({ ...removals, tags, onItem })
  }
  await attempt(depsOf({ removeTags: failing }), { projectId: id, jobId: await makeRun(id) })
  t.deepEqual(order, ['bad', 'good', good])
  t.deepEqual(await listTags(repository), ['bad', 'new', bad].toSorted())
  const rows = await outcomes(id)
  t.true(rows.includes(`app ${bad} remove held`))
  t.true(rows.includes(`app ${good} remove removed`))
  t.like(await lastRun(id), { toRemove: 4, removed: 2, notRemoved: 2 })
})

test('immutable tags are not even asked to go', async (t) => {
  const { id, name } = await makeProject()
  const repository = `${name}/app`
  await push(repository, { v1: 20, dev: 20 })
  const readImmutable: RetentionDeps['readImmutable'] = async (_, projectId) => {
    t.is(projectId, id)
    return (of, tag) => of === repository && tag.startsWith('v')
  }
  await attempt(depsOf({ readImmutable }), { projectId: id, jobId: await makeRun(id) })
  t.deepEqual(await outcomes(id), ['app dev remove removed', 'app v1 keep '])
  t.deepEqual(await listTags(repository), ['v1'])
})

test('an attempt that was cut off is gone on with, as it was decided', async (t) => {
  const { id, name } = await makeProject()
  const repository = `${name}/app`
  await push(repository, { a: 20, b: 20, c: 20, new: 1 })
  await push(`${name}/zoo`, { z: 20, new: 1 })
  const jobId = await makeRun(id)
  const stop = new AbortController()
  const cut = (removals: TagRemovals): Promise<void> =>
    removeTags({
      ...removals,
      onItem: async (item) => {
        await removals.onItem(item)
        stop.abort(new JobStopped('stopping'))
        stop.signal.throwIfAborted()
      },
    })
  const first = attempt(depsOf({ removeTags: cut }), { projectId: id, jobId, signal: stop.signal })
  await t.throwsAsync(first, { instanceOf: JobStopped })
  // All three were removed together, and only the first was written down.
  t.deepEqual(await listTags(repository), ['new'])
  // Between the attempts c became young, but it is gone, and is not decided about anew.
  await setAge(service, { repository, tag: 'c', pushed: 1 })
  const before = asked.length
  await attempt(depsOf(), { projectId: id, jobId })
  const again = asked.slice(before).filter((removals) => removals.repository === repository)
  t.deepEqual(
    again.flatMap(({ tags }) => tags.map(({ tag }) => tag)),
    ['b', 'c'],
  )
  t.deepEqual(await listTags(repository), ['new'])
  t.like(await lastRun(id), { state: 'done', toRemove: 4, removed: 4, notRemoved: 0, kept: 2 })
  await attempt(depsOf(), { projectId: id, jobId })
  t.is(asked.filter(({ repository: of }) => of === `${name}/zoo`).length, 1)
})

test('a cancelled run says so, and removes no more', async (t) => {
  const { id, name } = await makeProject()
  await push(`${name}/app`, { old: 20, new: 1 })
  const stop = new AbortController()
  const cancelled = async (): Promise<void> => {
    stop.abort(new JobStopped('cancelled'))
    stop.signal.throwIfAborted()
  }
  const jobId = await makeRun(id)
  const run = attempt(depsOf({ removeTags: cancelled }), {
    projectId: id,
    jobId,
    signal: stop.signal,
  })
  await t.throwsAsync(run, { instanceOf: JobStopped })
  t.is((await lastRun(id))?.state, 'cancelled')
  t.deepEqual(await listTags(`${name}/app`), ['new', 'old'])
})

test('a scheduled run makes its own row, and acts as the service', async (t) => {
  const { id, name } = await makeProject()
  await push(`${name}/app`, { old: 20, new: 1 })
  await service.admin('PUT', `/api/v1/projects/${name}/retention`, { rules: OLD })
  await attempt(depsOf(), { projectId: id, jobId: await makeJob() })
  t.like(await lastRun(id), { state: 'done', isScheduled: true, isDryRun: false, removed: 1 })
  const audited = await service.database('audit').where({ action: 'retention.run', project: name })
  t.deepEqual(
    audited.map(({ actor_name, target }) => [actor_name, target]),
    [['warden$retention', `${name}/${(await lastRun(id))?.id}`]],
  )
  t.deepEqual(await listTags(`${name}/app`), ['new'])
})

test('a schedule whose project or rules are gone does nothing', async (t) => {
  const { id } = await makeProject()
  await attempt(depsOf(), { projectId: id, jobId: await makeJob() })
  t.is(await lastRun(id), undefined)
  const key = { name: 'retention/987654' }
  await service
    .database('job_schedules')
    .insert({ ...key, pattern: '15 3 1 1 *', next_at: new Date('2099-01-01T00:00:00.000Z') })
  await attempt(depsOf(), { projectId: 987_654, jobId: await makeJob() })
  t.is(await service.database('job_schedules').where(key).first('name'), undefined)
})

test('where nothing can remove tags, a scheduled run is skipped and says so', async (t) => {
  const { id, name } = await makeProject()
  await service.admin('PUT', `/api/v1/projects/${name}/retention`, { rules: OLD })
  await attempt(depsOf({ removeTags: undefined }), { projectId: id, jobId: await makeJob() })
  t.like(await lastRun(id), {
    state: 'skipped',
    detail: 'this service cannot remove tags by rules yet',
  })
})

test('the newest fifty runs of a project are kept, with their decisions', async (t) => {
  const { id, name } = await makeProject()
  const { database } = service
  await push(`${name}/app`, { new: 1 })
  const rows = Array.from({ length: 60 }, (_, n) => ({
    project_id: id,
    job_id: 1_000_000 + n,
    is_dry_run: 1,
    is_scheduled: 0,
    rules: '[]',
    actor_name: 'mai',
    outcome: 'done',
    created_at: new Date(),
  }))
  await database('retention_runs').insert(rows)
  const [{ oldest } = { oldest: 0 }] = await database('retention_runs')
    .where({ project_id: id })
    .min({ oldest: 'id' })
  const item = { repository: 'x', digest: 'x', decision: 'keep', reason: 'rule' }
  const tags = Array.from({ length: 20 }, (_, n) => `t${n}`)
  const items = tags.map((tag) => ({ ...item, tag, run_id: oldest, pushed_at: new Date() }))
  await database('retention_items').insert(items)
  for (let n = 0; n < 2; n++) {
    await attempt(depsOf(), { projectId: id, jobId: await makeRun(id) })
  }
  t.is((await database('retention_runs').where({ project_id: id })).length, 50)
  t.is((await database('retention_items').where({ run_id: oldest })).length, 0)
  t.is((await lastRun(id))?.kept, 1)
})

test.serial('R28: a run that finds the index untrusted stops, and says why', async (t) => {
  const { id, name } = await makeProject()
  await push(`${name}/app`, { old: 20, new: 1 })
  await push(`${name}/web`, { old: 20, new: 1 })
  const brake = (engaged: Date | null) =>
    service.database('index_brake').update({
      engaged_at: engaged,
      reason: engaged && 'vanished',
      detail: engaged && 'much is gone',
    })
  const why = 'the brake on the index is engaged; see warden reconcile --status'
  await brake(new Date())
  await attempt(depsOf(), { projectId: id, jobId: await makeRun(id) })
  t.like(await lastRun(id), { state: 'skipped', detail: why, removed: 0 })
  await brake(null)
  const braking = async (removals: TagRemovals): Promise<void> => {
    await removeTags(removals)
    await brake(new Date())
  }
  await attempt(depsOf({ removeTags: braking }), { projectId: id, jobId: await makeRun(id) })
  await brake(null)
  t.like(await lastRun(id), { state: 'stopped', detail: why, removed: 1 })
  t.deepEqual(await listTags(`${name}/app`), ['new'])
  t.deepEqual(await listTags(`${name}/web`), ['new', 'old'])
})

/** Puts a repository with many tags into the index as if it had been read. */
async function fillTags(repository: string, count: number): Promise<void> {
  const { database } = service
  const ids = await ensureRepositories(database, [repository])
  const id = ids.get(repository) ?? 0
  await database('repositories').where({ id }).update({ is_listed: 1 })
  const rows = Array.from({ length: count }, (_, n) => ({
    repository_id: id,
    name: `t${n}`,
    digest: `sha256:${n.toString(16).padStart(64, '0')}`,
    media_type: OCI_MANIFEST,
    size_bytes: 1,
    is_measured: 1,
    version_key: '',
    pushed_at: new Date(Date.UTC(2020, 0, 1) + n * 1000),
    created_at: new Date(),
    ticket: 1,
  }))
  await database.batchInsert('tags', rows, 1000)
}

test('a run removes no more than some ten thousand tags; the rest is the next one’s', async (t) => {
  const { id, name } = await makeProject()
  await fillTags(`${name}/a-many`, 10_100)
  await fillTags(`${name}/b-next`, 3)
  const silent = async (): Promise<void> => undefined
  const rules: readonly RetentionRule[] = [
    { template: 'latestPushed', k: 2, repositories: ['**'], tags: ['*'] },
  ]
  await attempt(depsOf({ removeTags: silent }), { projectId: id, jobId: await makeRun(id, rules) })
  t.like(await lastRun(id), {
    state: 'stopped',
    detail: '10098 tags are enough for one run; the next one goes on',
    repositories: 1,
    kept: 2,
    toRemove: 10_098,
    removed: 0,
    notRemoved: 10_098,
    items: 10_098,
  })
  const left = await service
    .database('retention_items')
    .where({ run_id: (await lastRun(id))?.id })
    .distinct('outcome')
  t.deepEqual(left, [{ outcome: 'failed' }])
})

test('what removal throws ends the attempt, and is no outcome of a tag', async (t) => {
  const { id, name } = await makeProject()
  await push(`${name}/app`, { old: 20, new: 1 })
  const broken = async (): Promise<void> => {
    throw new AppError('UNAVAILABLE', { detail: 'the registry does not answer' })
  }
  const jobId = await makeRun(id)
  await t.throwsAsync(attempt(depsOf({ removeTags: broken }), { projectId: id, jobId }), {
    message: 'the registry does not answer',
  })
  t.deepEqual(await outcomes(id), ['app new keep ', 'app old remove '])
  await attempt(depsOf(), { projectId: id, jobId })
  t.deepEqual(await listTags(`${name}/app`), ['new'])
})

import test from 'ava'
import { pullStatus } from '../support/image.ts'
import { pushIndexed } from '../support/index-rows.ts'
import { noteReconcile, setAge } from '../support/retention-world.ts'
import { ADMIN, type Service, startService } from '../support/service.ts'
import { tearTag } from '../support/torn-tag.ts'
import { waitFor } from '../support/wait-for.ts'

let service: Service
const PATIENT = { mostMs: 40_000 }
const REMOVALS = '/api/v1/projects/acme/removals'

test.before(async () => {
  service = await startService({ notifies: true })
  await service.admin('POST', '/api/v1/projects', { name: 'acme' })
})
test.after.always(() => service.stop())

const push = (repository: string, tags: readonly string[], text = repository) =>
  pushIndexed(service, { as: ADMIN, repository, tags, text })

const statusOf = (repository: string, tag: string) =>
  pullStatus(service, { as: ADMIN, repository, tag })

const readJob = (id: number) => service.database('jobs').where({ id }).first()

/** Waits for the end of an attempt. */
const attempted = async (id: number, attempts: number) =>
  (
    await waitFor(async () => {
      const job = await readJob(id)
      return job.attempts >= attempts && job.state !== 'running' ? job : undefined
    }, PATIENT)
  ).found

/** Starts one, lets its first attempt end and keeps it from the next. */
async function start(json: object) {
  const { headers, body } = await service.admin('POST', REMOVALS, { ...json, dryRun: false })
  const { job_id: jobId } = await service.database('removals').where({ id: body.id }).first()
  const job = await attempted(jobId, 1)
  const path = headers.get('location') ?? ''
  const outcomes = async () => {
    const { body: page } = await service.admin('GET', `${path}/items`)
    return Object.fromEntries(
      page.items.map(({ repository, tag, outcome }: Record<string, string>) => [
        `${repository}:${tag}`,
        outcome,
      ]),
    )
  }
  return { job, path, outcomes }
}

/** Lets the pauses between its attempts pass. */
async function end(path: string, id: number) {
  const { database } = service
  const past = database.raw('UTC_TIMESTAMP(3) - INTERVAL 1 SECOND')
  await waitFor(async () => {
    await database('jobs').where({ id, state: 'waiting' }).update({ run_at: past })
    return ['done', 'failed'].includes((await readJob(id)).state)
  }, PATIENT)
  return (await service.admin('GET', path)).body
}

const UNREADABLE =
  'the registry answered 500 to a read of acme/a-torn torn; where that stays so, push the tag again, or see to the storage of the registry'

test.serial('a torn tag holds up no other tag of a removal of many', async (t) => {
  await push('acme/a-torn', ['gone', 'torn', 'v1'])
  await push('acme/b-whole', ['gone'])
  tearTag(service, { repository: 'acme/a-torn', tag: 'torn' })
  const { job, path, outcomes } = await start({ tags: ['gone', 'torn'] })
  t.like(job, { attempts: 1, state: 'waiting', error: UNREADABLE })
  const told = {
    'acme/a-torn:gone': 'removed',
    'acme/a-torn:torn': 'waiting',
    'acme/b-whole:gone': 'removed',
  }
  t.deepEqual(await outcomes(), told)
  // Whoever pushes to it need not wait.
  t.deepEqual(await service.database('holds').where({ kind: 'removal' }), [])
  t.like(await end(path, job.id), { state: 'failed', error: UNREADABLE })
  t.deepEqual(await outcomes(), told)
  t.is(await statusOf('acme/a-torn', 'torn'), 500)
  t.is(await statusOf('acme/a-torn', 'v1'), 200)
})

test.serial('R21: a torn tag that is pushed again meanwhile is judged by that', async (t) => {
  const same = await push('acme/c-again', ['same', 'other'], 'old')
  for (const tag of ['same', 'other']) tearTag(service, { repository: 'acme/c-again', tag })
  const { job, path, outcomes } = await start({ repositories: ['c-again'] })
  t.regex(job.error, /; 1 more like it$/)
  t.is((await push('acme/c-again', ['same'], 'old')).digest, same.digest)
  await push('acme/c-again', ['other'], 'new')
  t.like(await end(path, job.id), { state: 'done', error: null })
  t.deepEqual(await outcomes(), {
    'acme/c-again:same': 'removed',
    'acme/c-again:other': 'changed',
  })
  t.is(await statusOf('acme/c-again', 'other'), 200)
})

test.serial('a run of retention tells of a torn tag, and removes the others', async (t) => {
  await service.admin('POST', '/api/v1/projects', { name: 'ruled' })
  const repository = 'ruled/app'
  await push(repository, ['gone', 'torn'], 'old')
  await push(repository, ['stay'], 'new')
  for (const tag of ['gone', 'torn']) await setAge(service, { repository, tag, pushed: 10 })
  tearTag(service, { repository, tag: 'torn' })
  const rules = [{ template: 'latestPushed', k: 1 }]
  await service.admin('PUT', '/api/v1/projects/ruled/retention', { rules })
  await noteReconcile(service)
  const runs = '/api/v1/projects/ruled/retention/runs'
  const { body } = await service.admin('POST', runs, { dryRun: false })
  const run = await service.database('retention_runs').where({ id: body.id }).first()
  await attempted(run.job_id, 1)
  t.like((await service.admin('GET', `${runs}/${body.id}`)).body, { state: 'done' })
  const { body: page } = await service.admin('GET', `${runs}/${body.id}/items?decision=remove`)
  t.deepEqual(
    page.items.map(({ tag, outcome }: Record<string, string>) => `${tag} ${outcome}`).toSorted(),
    ['gone removed', 'torn failed'],
  )
  const { body: job } = await service.admin('GET', `/api/v1/jobs/${run.job_id}`)
  const lines: readonly string[] = job.log.map(({ line }: { readonly line: string }) => line)
  t.true(
    lines.some((line) =>
      line.startsWith(`the registry answered 500 to a read of ${repository} torn`),
    ),
  )
})

import test from 'ava'
import { enqueueJob } from '../../src/jobs/enqueue-job.ts'
import { ADMIN, type Service, startService } from '../support/service.ts'

const AUDITOR = { username: 'aud', password: 'a-quiet-harbour-71' }
const ANN = { username: 'ann', password: 'a-quiet-harbour-71' }

let service: Service

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
  await service.admin('POST', '/api/v1/users', { ...AUDITOR, systemRole: 'auditor' })
  await service.admin('POST', '/api/v1/users', ANN)
})
test.after.always(() => service.stop())
test.beforeEach(() => service.database('jobs').delete().then())

/** Of a kind that no worker here knows, so that it stays as it is. */
const enqueue = (kind = 'unknown'): Promise<number> =>
  enqueueJob(service.database, { kind, payload: { of: 'no interest' } })

const setRunning = (id: number): Promise<unknown> =>
  service
    .database('jobs')
    .where({ id })
    .update({
      state: 'running',
      attempts: 1,
      holder: 'somebody',
      lease_ends_at: new Date(Date.now() + 60_000),
      done: 2,
      total: 8,
      log: JSON.stringify([{ time: '2026-01-31T08:00:00.000Z', line: 'begun' }]),
    })

test.serial('a job is shown with its progress and log, and without its payload', async (t) => {
  const id = await enqueue()
  await setRunning(id)
  const { status, body } = await service.request('GET', `/api/v1/jobs/${id}`, { as: AUDITOR })
  t.is(status, 200)
  const { runAt, createdAt, ...rest } = body
  t.is(new Date(runAt).toISOString(), runAt)
  t.is(new Date(createdAt).toISOString(), createdAt)
  t.deepEqual(rest, {
    id,
    kind: 'unknown',
    state: 'running',
    attempts: 1,
    mostAttempts: 5,
    progress: { done: 2, total: 8 },
    cancelRequested: false,
    startedAt: null,
    endedAt: null,
    error: null,
    log: [{ time: '2026-01-31T08:00:00.000Z', line: 'begun' }],
  })
})

test.serial('jobs are listed by kind and state, page by page, the newest first', async (t) => {
  const ids: number[] = []
  for (const kind of ['a', 'b', 'a', 'a', 'b']) ids.push(await enqueue(kind))
  await setRunning(ids[2] ?? 0)
  const list = async (query: string) => {
    const found: number[] = []
    let path: string | undefined = `/api/v1/jobs?limit=2${query}`
    while (path !== undefined) {
      const { body, headers } = await service.admin('GET', path)
      found.push(...body.items.map((item: { id: number }) => item.id))
      t.true(body.items.length <= 2)
      path = /<([^>]+)>/.exec(headers.get('link') ?? '')?.[1]
    }
    return found.map((id) => ids.indexOf(id))
  }
  t.deepEqual(await list(''), [4, 3, 2, 1, 0])
  t.deepEqual(await list('&kind=a'), [3, 2, 0])
  t.deepEqual(await list('&state=waiting'), [4, 3, 1, 0])
  t.deepEqual(await list('&kind=a&state=waiting'), [3, 0])
  t.deepEqual(await list('&kind=none'), [])
})

test.serial(
  'a job that waits is cancelled at once, with an audit row, and twice is once',
  async (t) => {
    const id = await enqueue()
    const first = await service.admin('POST', `/api/v1/jobs/${id}/cancel`)
    const again = await service.admin('POST', `/api/v1/jobs/${id}/cancel`)
    t.deepEqual([first.status, first.body.state, again.status], [200, 'cancelled', 200])
    const rows = await service.database('audit').where({ action: 'job.cancel' })
    t.deepEqual(
      rows.map(({ target, actor_name: actor }) => [target, actor]),
      [[`unknown/${id}`, 'admin']],
    )
  },
)

test.serial('a job that runs is told to stop', async (t) => {
  const id = await enqueue()
  await setRunning(id)
  const { status, body } = await service.admin('POST', `/api/v1/jobs/${id}/cancel`)
  t.deepEqual([status, body.state, body.cancelRequested], [200, 'running', true])
})

test.serial('a job that is done or has failed cannot be cancelled', async (t) => {
  for (const state of ['done', 'failed']) {
    const id = await enqueue()
    await service.database('jobs').where({ id }).update({ state, ended_at: new Date() })
    const { status, body } = await service.admin('POST', `/api/v1/jobs/${id}/cancel`)
    t.deepEqual([status, body.errors[0].code], [409, 'CONFLICT'])
  }
})

test.serial(
  'a job that is not there is 404 to who may read jobs, and 403 to all others',
  async (t) => {
    const asked = async (method: string, path: string, as: typeof ADMIN | typeof ANN) =>
      (await service.request(method, path, { as })).status
    t.is(await asked('GET', '/api/v1/jobs/999999', ADMIN), 404)
    t.is(await asked('POST', '/api/v1/jobs/999999/cancel', ADMIN), 404)
    t.is(await asked('GET', '/api/v1/jobs/999999', ANN), 403)
    t.is(await asked('POST', '/api/v1/jobs/999999/cancel', AUDITOR), 403)
    t.is(await asked('GET', '/api/v1/jobs/0', ADMIN), 400)
    t.is(await asked('GET', '/api/v1/jobs?state=asleep', ADMIN), 400)
  },
)

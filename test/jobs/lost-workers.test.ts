import test from 'ava'
import { enqueueJob } from '../../src/jobs/enqueue-job.ts'
import { findJob } from '../../src/jobs/queries.ts'
import { type JobsWorld, startJobsWorld, until } from '../support/jobs-world.ts'
import { dozeKind, stepKind } from '../support/step-kinds.ts'

let world: JobsWorld

test.beforeEach(async () => {
  world = await startJobsWorld()
})
test.afterEach.always(() => world.stop())

const stateOf = async (id: number) => (await findJob(world.database, id))?.state
const effects = () => world.database('effects').orderBy('step').select('step', 'worker')
const none = (): void => undefined

test.serial('a job whose worker is killed is taken over, and ends as if nothing was', async (t) => {
  const first = world.fork()
  const id = await enqueueJob(world.database, { kind: 'steps', payload: { steps: 6 } })
  await first.waitFor('step 3')
  first.signal('SIGKILL')
  await first.ended
  t.is(await stateOf(id), 'running')
  world.work({ kinds: { steps: stepKind('second', none) } })
  await until('the job is done', async () => (await stateOf(id)) === 'done')
  const job = await findJob(world.database, id)
  t.is(job?.attempts, 2)
  t.deepEqual(job?.progress, { done: 6, total: 6 })
  const rows = await effects()
  t.deepEqual(
    rows.map(({ step }) => step),
    [1, 2, 3, 4, 5, 6],
  )
  t.deepEqual(new Set(rows.map(({ worker }) => worker)), new Set(['first', 'second']))
})

test.serial('R24: a worker that was stopped and goes on changes nothing any more', async (t) => {
  const first = world.fork()
  const id = await enqueueJob(world.database, { kind: 'doze', payload: {} })
  await first.waitFor('begun')
  first.signal('SIGSTOP')
  world.work({ kinds: { doze: dozeKind('second', none) } })
  await until('the job is done', async () => (await stateOf(id)) === 'done')
  const before = await findJob(world.database, id)
  first.signal('SIGCONT')
  await first.waitFor('inLease: lost')
  await until('the attempt ends', () => first.told.some((text) => text.includes('"lost"')))
  t.deepEqual(first.told.filter((text) => /^(?:signal|checkLease|inLease)/.test(text)).toSorted(), [
    'checkLease: lost',
    'inLease: lost',
    'signal: lost',
  ])
  t.deepEqual(await findJob(world.database, id), before)
  t.deepEqual(await effects(), [{ step: 1, worker: 'second' }])
})

test.serial(
  'a worker that is told to stop hands its job back, and that is no attempt',
  async (t) => {
    const first = world.fork()
    const id = await enqueueJob(world.database, { kind: 'steps', payload: { steps: 50 } })
    await first.waitFor('step 2')
    first.signal('SIGTERM')
    await first.ended
    const job = await findJob(world.database, id)
    t.is(job?.state, 'waiting')
    t.is(job?.attempts, 0)
    t.is(job?.error, undefined)
    world.work({ kinds: { steps: stepKind('second', none) } })
    await until('the job is done', async () => (await stateOf(id)) === 'done')
    t.is((await findJob(world.database, id))?.attempts, 1)
    t.is((await effects()).length, 50)
  },
)

test.serial(
  'a job that kills its worker each time fails at last, and is not begun again',
  async (t) => {
    const first = world.fork()
    const steps = { kind: 'steps', payload: { steps: 50 }, mostAttempts: 1 }
    const id = await enqueueJob(world.database, steps)
    await first.waitFor('step 1')
    first.signal('SIGKILL')
    world.work({ kinds: { steps: stepKind('second', none) } })
    await until('the job has failed', async () => (await stateOf(id)) === 'failed')
    const job = await findJob(world.database, id)
    t.regex(job?.error ?? '', /its worker went away/)
    t.true((await effects()).every(({ worker }) => worker === 'first'))
  },
)

test.serial(
  'a job that was cancelled while its worker was dead is cancelled, not done',
  async (t) => {
    const first = world.fork()
    const id = await enqueueJob(world.database, { kind: 'steps', payload: { steps: 50 } })
    await first.waitFor('step 1')
    first.signal('SIGKILL')
    await first.ended
    await world.database('jobs').where({ id }).update({ cancel_requested_at: new Date() })
    world.work({ kinds: { steps: stepKind('second', none) } })
    await until('the job is cancelled', async () => (await stateOf(id)) === 'cancelled')
    t.true((await effects()).every(({ worker }) => worker === 'first'))
  },
)

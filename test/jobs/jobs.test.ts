import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { z } from 'zod'
import { inTransaction } from '../../src/database/transaction.ts'
import { enqueueJob } from '../../src/jobs/enqueue-job.ts'
import { findJob, listJobs, removeEndedJobs } from '../../src/jobs/queries.ts'
import { retryDelaySeconds } from '../../src/jobs/retry-delay.ts'
import { defineJobKind, JobGaveUp, JobStopped } from '../../src/jobs/types.ts'
import { createMetrics } from '../../src/metrics/create-metrics.ts'
import { type JobsWorld, startJobsWorld, until } from '../support/jobs-world.ts'
import { stepKind } from '../support/step-kinds.ts'

let world: JobsWorld

test.beforeEach(async () => {
  world = await startJobsWorld()
})
test.afterEach.always(() => world.stop())

const stateOf = async (id: number) => (await findJob(world.database, id))?.state
const becomes = (id: number, state: string): Promise<void> =>
  until(`the job ${id} is ${state}`, async () => (await stateOf(id)) === state)
const none = (): void => undefined
const NOTHING = z.strictObject({})

function createGate() {
  let open: () => void = none
  const promise = new Promise<void>((resolve) => {
    open = resolve
  })
  return { promise, resolve: () => open() }
}

/** Ends as `results` say, attempt by attempt; then well. */
const failing = (results: readonly Error[], retry = { firstSeconds: 0, longestSeconds: 0 }) =>
  defineJobKind({
    payload: NOTHING,
    retry,
    run: async ({ attempt }) => {
      const error = results[attempt - 1]
      if (error !== undefined) throw error
    },
  })

test('delays double from attempt to attempt up to the longest, and chance adds at most a fifth', (t) => {
  const rule = { firstSeconds: 5, longestSeconds: 60 }
  t.deepEqual(
    [1, 2, 3, 4, 5, 40].map((attempt) => retryDelaySeconds(rule, attempt, 0)),
    [5, 10, 20, 40, 60, 60],
  )
  t.is(retryDelaySeconds(rule, 1, 1), 6)
})

test.serial('a job is done once among several workers', async (t) => {
  const ids: number[] = []
  for (let n = 0; n < 40; n++) {
    ids.push(await enqueueJob(world.database, { kind: 'steps', payload: { steps: 1 } }))
  }
  const begun: string[] = []
  for (const worker of ['a', 'b', 'c']) {
    world.work({ kinds: { steps: stepKind(worker, (text) => begun.push(text)) } })
  }
  await until('all are done', async () => {
    const open = await world.database('jobs').whereNot({ state: 'done' })
    return open.length === 0
  })
  t.is(begun.filter((text) => text === 'begun').length, 40)
  const jobs = await listJobs(world.database, { filter: {}, before: undefined, most: 100 })
  t.deepEqual(new Set(jobs.map(({ attempts }) => attempts)), new Set([1]))
  t.deepEqual(
    jobs.map(({ id }) => id),
    ids.toReversed(),
  )
})

test.serial('what is enqueued in a transaction that is rolled back never was', async (t) => {
  const failed = inTransaction(world.database, async (transaction) => {
    await enqueueJob(transaction, { kind: 'steps', payload: { steps: 1 } })
    throw new Error('changed my mind')
  })
  await t.throwsAsync(failed, { message: 'changed my mind' })
  t.deepEqual(await listJobs(world.database, { filter: {}, before: undefined, most: 9 }), [])
})

test.serial('a woken worker begins at once', async (t) => {
  const jobs = world.work({ kinds: { steps: stepKind('a', none) } })
  const id = await enqueueJob(world.database, { kind: 'steps', payload: { steps: 1 } })
  const before = performance.now()
  jobs.wake()
  await becomes(id, 'done')
  t.true(performance.now() - before < 900)
})

test.serial('a job is not begun before its time', async (t) => {
  const runAt = new Date(Date.now() + 3_600_000)
  const id = await enqueueJob(world.database, { kind: 'steps', payload: { steps: 1 }, runAt })
  const now = await enqueueJob(world.database, { kind: 'steps', payload: { steps: 1 } })
  world.work({ kinds: { steps: stepKind('a', none) } })
  await becomes(now, 'done')
  t.is(await stateOf(id), 'waiting')
})

test.serial(
  'a job with the key of one that waits or runs is that one; after its end it is new',
  async (t) => {
    const job = { kind: 'steps', payload: { steps: 1 }, dedupeKey: 'x' }
    const first = await enqueueJob(world.database, job)
    const other = await enqueueJob(world.database, { ...job, dedupeKey: 'y' })
    t.is(await enqueueJob(world.database, job), first)
    t.not(other, first)
    const jobs = world.work({ kinds: { steps: stepKind('a', none, 400) } })
    await becomes(first, 'running')
    t.is(await enqueueJob(world.database, job), first)
    await becomes(first, 'done')
    const again = await enqueueJob(world.database, job)
    jobs.wake()
    t.not(again, first)
    await becomes(again, 'done')
  },
)

test.serial('many that enqueue the same at once make one job', async (t) => {
  const job = { kind: 'steps', payload: { steps: 1 }, dedupeKey: 'x' }
  const ids = await Promise.all(
    Array.from({ length: 20 }, () =>
      inTransaction(world.database, (transaction) => enqueueJob(transaction, job)),
    ),
  )
  t.is(new Set(ids).size, 1)
})

test.serial(
  'an attempt that fails is repeated, with its reason, until one goes well',
  async (t) => {
    const id = await enqueueJob(world.database, { kind: 'shaky', payload: {} })
    world.work({ kinds: { shaky: failing([new Error('not yet'), new Error('nor now\u001b[2J')]) } })
    await becomes(id, 'done')
    const job = await findJob(world.database, id)
    t.is(job?.attempts, 3)
    t.is(job?.error, undefined)
  },
)

test.serial('a job waits longer after each attempt, and says why', async (t) => {
  const id = await enqueueJob(world.database, { kind: 'shaky', payload: {} })
  const retry = { firstSeconds: 100, longestSeconds: 1000 }
  world.work({ kinds: { shaky: failing([new Error('away\u001b[2J')], retry) } })
  await until('it waits again', async () => (await findJob(world.database, id))?.attempts === 1)
  await becomes(id, 'waiting')
  const job = await findJob(world.database, id)
  const waitsMs = (job?.runAt.getTime() ?? 0) - Date.now()
  t.true(waitsMs > 95_000 && waitsMs <= 120_000, `${waitsMs}`)
  t.is(job?.error, 'away?[2J')
})

test.serial('a job fails after its last attempt, or when it gives up', async (t) => {
  const kinds = {
    shaky: failing([new Error('one'), new Error('two')]),
    hopeless: failing([new JobGaveUp('never')]),
  }
  const shaky = await enqueueJob(world.database, { kind: 'shaky', payload: {}, mostAttempts: 2 })
  const hopeless = await enqueueJob(world.database, { kind: 'hopeless', payload: {} })
  const broken = await enqueueJob(world.database, { kind: 'hopeless', payload: { x: 1 } })
  world.work({ kinds })
  for (const id of [shaky, hopeless, broken]) await becomes(id, 'failed')
  const errors = await Promise.all(
    [shaky, hopeless, broken].map(async (id) => (await findJob(world.database, id))?.error),
  )
  t.deepEqual(errors, [
    'two',
    'never',
    'the payload is not one of this kind; was it made by another version?',
  ])
  t.is((await findJob(world.database, hopeless))?.attempts, 1)
})

test.serial(
  'a job that runs is told of its cancelling, and is cancelled when it stops',
  async (t) => {
    const reasons: unknown[] = []
    const slow = defineJobKind({
      payload: NOTHING,
      run: async ({ signal }) => {
        await sleep(60_000, undefined, { signal }).finally(() => reasons.push(signal.reason))
      },
    })
    const id = await enqueueJob(world.database, { kind: 'slow', payload: {}, dedupeKey: 'x' })
    const jobs = world.work({ kinds: { slow } })
    await becomes(id, 'running')
    await world.database('jobs').where({ id }).update({ cancel_requested_at: new Date() })
    await becomes(id, 'cancelled')
    t.deepEqual(
      reasons.map((reason) => reason instanceof JobStopped && reason.why),
      ['cancelled'],
    )
    t.is((await findJob(world.database, id))?.error, undefined)
    const again = await enqueueJob(world.database, { kind: 'slow', payload: {}, dedupeKey: 'x' })
    t.not(again, id)
    jobs.wake()
  },
)

test.serial('a job that fails while it is being cancelled is not begun again', async (t) => {
  const failing = defineJobKind({
    payload: NOTHING,
    run: async ({ id }) => {
      await world.database('jobs').where({ id }).update({ cancel_requested_at: new Date() })
      throw new Error('no luck')
    },
  })
  const id = await enqueueJob(world.database, { kind: 'failing', payload: {} })
  world.work({ kinds: { failing } })
  await becomes(id, 'cancelled')
  t.is((await findJob(world.database, id))?.attempts, 1)
})

test.serial('a job that ends before it hears of its cancelling is done', async (t) => {
  const quick = defineJobKind({
    payload: NOTHING,
    run: async ({ id }) => {
      await world.database('jobs').where({ id }).update({ cancel_requested_at: new Date() })
    },
  })
  const id = await enqueueJob(world.database, { kind: 'quick', payload: {} })
  world.work({ kinds: { quick } })
  await becomes(id, 'done')
  t.pass()
})

test.serial('a job of a kind that this version does not know is left to others', async (t) => {
  const id = await enqueueJob(world.database, { kind: 'newer', payload: {} })
  const known = await enqueueJob(world.database, { kind: 'steps', payload: { steps: 1 } })
  world.work({ kinds: { steps: stepKind('a', none) } })
  await becomes(known, 'done')
  t.is(await stateOf(id), 'waiting')
})

test.serial('no more run at once than there is room for, in all and of a kind', async (t) => {
  const most = { slow: 0, rare: 0, all: 0 }
  const current = { slow: 0, rare: 0 }
  const counted = (name: 'slow' | 'rare', atOnce?: number) =>
    defineJobKind({
      payload: NOTHING,
      ...(atOnce !== undefined && { atOnce }),
      run: async () => {
        current[name]++
        most[name] = Math.max(most[name], current[name])
        most.all = Math.max(most.all, current.slow + current.rare)
        await sleep(30)
        current[name]--
      },
    })
  for (let n = 0; n < 12; n++) {
    await enqueueJob(world.database, { kind: n % 2 ? 'slow' : 'rare', payload: {} })
  }
  world.work({ kinds: { slow: counted('slow'), rare: counted('rare', 1) }, concurrency: 3 })
  await until('all are done', async () => {
    return (await world.database('jobs').whereNot({ state: 'done' })).length === 0
  })
  t.is(most.rare, 1)
  t.is(most.all, 3)
})

test.serial('the log keeps its last fifty lines, each of one line', async (t) => {
  const chatty = defineJobKind({
    payload: NOTHING,
    run: async ({ tell }) => {
      for (let n = 1; n <= 200; n++) tell(`line ${n}\nand ${'x'.repeat(1000)}`)
    },
  })
  const id = await enqueueJob(world.database, { kind: 'chatty', payload: {} })
  world.work({ kinds: { chatty } })
  await becomes(id, 'done')
  const log = (await findJob(world.database, id))?.log ?? []
  t.is(log.length, 50)
  t.true(log[0]?.line.startsWith('line 151?and xxx'))
  t.is(log[0]?.line.length, 300)
})

test.serial('progress and log can be seen while the job runs', async (t) => {
  const gate = createGate()
  const slow = defineJobKind({
    payload: NOTHING,
    run: async ({ progress, tell }) => {
      progress(3, 10)
      tell('three of ten')
      await gate.promise
    },
  })
  const id = await enqueueJob(world.database, { kind: 'slow', payload: {} })
  world.work({ kinds: { slow } })
  await until('it is written', async () => {
    return (await findJob(world.database, id))?.log[0]?.line === 'three of ten'
  })
  const job = await findJob(world.database, id)
  t.is(job?.state, 'running')
  t.deepEqual(job?.progress, { done: 3, total: 10 })
  gate.resolve()
  await becomes(id, 'done')
})

test.serial('a schedule is enqueued once for each of its times by three replicas', async (t) => {
  const tick = defineJobKind({ payload: NOTHING, run: async () => undefined })
  const schedule = { name: 'tick', pattern: '* * * * * *', kind: 'tick', payload: {} }
  const replicas = [1, 2, 3].map(() => world.work({ kinds: { tick }, schedules: [schedule] }))
  t.is(replicas.length, 3)
  const countJobs = async () => Number((await world.database('jobs').count({ n: '*' }))[0]?.n)
  const [first] = (await world.database.raw('SELECT UTC_TIMESTAMP(3) AS time'))[0]
  await until('some are there', async () => (await countJobs()) >= 4)
  const count = await countJobs()
  const [last] = (await world.database.raw('SELECT UTC_TIMESTAMP(3) AS time'))[0]
  const seconds = (last.time.getTime() - first.time.getTime()) / 1000
  t.true(count <= Math.ceil(seconds) + 1, `${count} in ${seconds} s`)
})

test.serial(
  'a schedule that was missed is made up for once, and then keeps its time',
  async (t) => {
    const daily = defineJobKind({ payload: NOTHING, run: async () => undefined })
    const job = { kind: 'daily', payload: {}, mostAttempts: 12 }
    const schedule = { name: 'daily', pattern: '15 3 * * *', ...job }
    const weekAgo = new Date(Date.now() - 7 * 86_400_000)
    await world
      .database('job_schedules')
      .insert({ name: 'daily', pattern: schedule.pattern, next_at: weekAgo })
    for (let replica = 0; replica < 3; replica++) {
      world.work({ kinds: { daily }, schedules: [schedule] })
    }
    await until('it is enqueued', async () => {
      return (await world.database('jobs').where({ kind: 'daily', state: 'done' })).length > 0
    })
    const [row] = await world.database('job_schedules').select('next_at')
    t.is(row.next_at.toISOString().slice(11), '03:15:00.000Z')
    t.true(row.next_at > new Date())
    const jobs = await world.database('jobs').where({ kind: 'daily' }).select('most_attempts')
    t.deepEqual(jobs, [{ most_attempts: 12 }])
  },
)

test.serial(
  'schedules that people make are enqueued with what their names say, beside one that is broken',
  async (t) => {
    const seen: unknown[] = []
    const visit = defineJobKind({
      payload: z.strictObject({ place: z.string() }),
      run: async ({ payload }) => void seen.push(payload.place),
    })
    const past = new Date(Date.now() - 1000)
    await world.database('job_schedules').insert([
      { name: 'unknown/x', pattern: '15 3 * * *', next_at: past },
      { name: 'visit/a', pattern: 'none at all', next_at: past },
      { name: 'visit/b', pattern: '15 3 * * *', next_at: past },
    ])
    const family = { prefix: 'visit/', kind: 'visit', payloadOf: (place: string) => ({ place }) }
    world.work({ kinds: { visit }, families: [family] })
    await until('the good one is done', () => seen.length > 0)
    t.deepEqual(seen, ['b'])
    const rows = await world.database('job_schedules').orderBy('name').select('name', 'next_at')
    t.deepEqual(
      rows.map(({ name, next_at }) => [name, next_at > new Date()]),
      [
        ['unknown/x', false],
        ['visit/a', false],
        ['visit/b', true],
      ],
    )
  },
)

test.serial('a schedule of another pattern gets another time', async (t) => {
  const kinds = { daily: defineJobKind({ payload: NOTHING, run: async () => undefined }) }
  const next = new Date(Date.now() + 1_000_000_000)
  await world.database('job_schedules').insert({ name: 'x', pattern: '0 0 1 1 *', next_at: next })
  world.work({
    kinds,
    schedules: [{ name: 'x', pattern: '0 4 * * *', kind: 'daily', payload: {} }],
  })
  await until('the row is changed', async () => {
    const [row] = await world.database('job_schedules').select('pattern')
    return row.pattern === '0 4 * * *'
  })
  const [row] = await world.database('job_schedules').select('next_at')
  t.is(row.next_at.toISOString().slice(11, 16), '04:00')
})

test.serial('ended jobs that are too old or too many are removed, others stay', async (t) => {
  const ago = (days: number): Date => new Date(Date.now() - days * 86_400_000)
  const row = (state: string, ended: Date | null) => ({
    kind: 'x',
    payload: '{}',
    state,
    run_at: ago(30),
    attempts: 1,
    most_attempts: 1,
    log: '',
    created_at: ago(30),
    ended_at: ended,
  })
  await world
    .database('jobs')
    .insert([
      row('done', ago(20)),
      row('failed', ago(3)),
      row('done', ago(2)),
      row('cancelled', ago(1)),
      row('waiting', null),
      row('running', null),
    ])
  await removeEndedJobs(world.database, { keepDays: 14, keepMost: 2, atOnce: 100 })
  const left = await world.database('jobs').orderBy('id').pluck('state')
  t.deepEqual(left, ['done', 'cancelled', 'waiting', 'running'])
})

test.serial('metrics tell how many wait and run, and how attempts ended', async (t) => {
  const gate = createGate()
  const metrics = createMetrics()
  const slow = defineJobKind({ payload: NOTHING, run: () => gate.promise })
  const later = new Date(Date.now() + 3_600_000)
  await enqueueJob(world.database, { kind: 'slow', payload: {}, runAt: later })
  const jobs = world.work({ kinds: { slow }, metrics })
  const read = async (line: string) => (await metrics.expose()).text.includes(line)
  await until('one waits', () => read('warden_jobs_waiting{kind="slow"} 1\n'))
  await enqueueJob(world.database, { kind: 'slow', payload: {} })
  jobs.wake()
  await until('one runs', () => read('warden_jobs_running{kind="slow"} 1\n'))
  gate.resolve()
  await until('one is done', () =>
    read('warden_job_attempts_total{kind="slow",outcome="done"} 1\n'),
  )
  t.true(await read('warden_job_attempts_total{kind="slow",outcome="failed"} 0\n'))
})

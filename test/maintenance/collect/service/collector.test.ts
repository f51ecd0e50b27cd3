import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { createServiceCollector } from '../../../../src/maintenance/collect/service/create-service-collector.ts'
import {
  insertOrder,
  openOrder,
} from '../../../../src/maintenance/collect/service/order-queries.ts'
import { GC, writeScript } from '../../../support/collect-world.ts'
import {
  COLLECTOR_SECRET,
  type CollectorService,
  type CollectorStand,
  openCollectorStand,
} from '../../../support/collector-service.ts'
import { type DoorWorld, startDoorWorld } from '../../../support/door-world.ts'
import { fetchToken, pullStatus, pushImage, putBlob } from '../../../support/image.ts'
import { registryDirOf } from '../../../support/reconcile-world.ts'
import { noteReconcile } from '../../../support/retention-world.ts'
import { ADMIN } from '../../../support/service.ts'
import { makeTemporaryDir, removeDir } from '../../../support/temporary-dir.ts'
import { waitFor } from '../../../support/wait-for.ts'

const PATIENT = { mostMs: 60_000 }
const dir = makeTemporaryDir()
let world: DoorWorld
let stand: CollectorStand
let collector: CollectorService

/** The registry's own, which waits in its middle while a file `wait` is there. */
const slow = (): string =>
  writeScript(
    join(dir, 'registry'),
    `#!/bin/sh
touch ${dir}/begun
while [ -e ${dir}/wait ]; do sleep 0.1; done
exec docker-registry "$@"
`,
  )

test.before(async () => {
  world = await startDoorWorld({ WARDEN_GC_COLLECTOR_SECRET: COLLECTOR_SECRET }, undefined, {
    notifies: true,
  })
  const { service } = world
  await service.admin('POST', '/api/v1/projects', { name: 'acme', visibility: 'private' })
  await pushImage(world.places, { as: ADMIN, repository: 'acme/app', tags: ['1'] })
  await noteReconcile(service)
  stand = openCollectorStand({
    dataDir: join(registryDirOf(service), 'data'),
    privateUrl: service.privateUrl,
    program: slow(),
  })
  collector = stand.start()
})
test.after.always(async () => {
  await stand?.stop()
  await world?.stop()
  removeDir(dir)
})

const post = async (path: string, body: string) => {
  const response = await fetch(`${world.service.privateUrl}/collector/${path}`, {
    method: 'POST',
    body,
  })
  return { status: response.status, text: await response.text() }
}

const readRun = async (id: number) => (await world.service.admin('GET', `${GC}/runs/${id}`)).body

const startRun = async (dryRun = false): Promise<number> => {
  const { status, body } = await world.service.admin('POST', GC, { dryRun })
  if (status !== 202) throw new Error(JSON.stringify(body))
  return body.id
}

const untilEnded = async (id: number) => {
  const look = async () => {
    const run = await readRun(id)
    return ['done', 'failed', 'cancelled'].includes(run.state) ? run : undefined
  }
  return (await waitFor(look, { ...PATIENT, what: 'the end of the run' })).found
}

async function putGarbage(text: string): Promise<void> {
  const scope = 'repository:acme/app:pull,push'
  const token = await fetchToken(world.places, { as: ADMIN, scope })
  await putBlob(world.places, 'acme/app', token, Buffer.from(text))
}

test.serial('R27: a collector that asks for orders sweeps what no manifest needs', async (t) => {
  await putGarbage('nobody needs this')
  const dry = await untilEnded(await startRun(true))
  t.like(dry, { state: 'done', blobs: 1, error: null })
  const run = await untilEnded(await startRun())
  t.like(run, { state: 'done', blobs: 1, error: null, gapCount: 0 })
  t.is(await pullStatus(world.places, { as: ADMIN, repository: 'acme/app', tag: '1' }), 200)
  const again = await untilEnded(await startRun())
  t.like(again, { state: 'done', blobs: 0 })
  t.true(again.heldSeconds < 40, `${again.heldSeconds}`)
})

test.serial(
  'R27: its secret opens nothing but its orders, and they open to nothing else',
  async (t) => {
    const wrong = [
      '',
      '\n',
      `x${COLLECTOR_SECRET}\n`,
      COLLECTOR_SECRET.slice(1),
      `${COLLECTOR_SECRET} \n`,
    ]
    for (const body of wrong) {
      t.is((await post('next', body)).status, 401)
      t.is((await post('orders/1?from=0&exit=0', body)).status, 401)
    }
    const { url, privateUrl } = world.service
    for (const authorization of [
      `Bearer ${COLLECTOR_SECRET}`,
      `Basic ${Buffer.from(`admin:${COLLECTOR_SECRET}`).toString('base64')}`,
    ]) {
      const headers = { authorization, 'content-type': 'application/json' }
      const me = await fetch(`${url}/api/v1/me`, { headers })
      t.is(me.status, 401)
      const told = await fetch(`${privateUrl}/notifications`, {
        method: 'POST',
        headers,
        body: '{"events":[]}',
      })
      t.is(told.status, 401)
    }
    t.is((await fetch(`${url}/collector/next`, { method: 'POST' })).status, 404)
  },
)

test.serial('an order that is not one, or not its own, is not carried out', async (t) => {
  const body = `${COLLECTOR_SECRET}\n`
  t.is((await post('orders/999999?from=0', body)).status, 409)
  t.is((await post('orders/abc?from=0', body)).status, 400)
  t.is((await post('orders/1?from=-1', body)).status, 400)
  t.is((await post('orders/1?from=0&exit=900', body)).status, 400)
  t.is((await post('orders/1?from=0', body + 'x'.repeat(200_000))).status, 413)
})

test.serial('R27: no argument of what the collector runs has the secret in it', async (t) => {
  const words = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8')]
      } catch {
        return []
      }
    })
  t.true(
    words.some((line) => line.includes('/collector/next')),
    'it asks just now',
  )
  t.false(words.some((line) => line.includes(COLLECTOR_SECRET) && line.includes('wget')))
})

test.serial('R25: a script that is told to stop says how it ended, and writes go on', async (t) => {
  writeFileSync(join(dir, 'wait'), '')
  rmSync(join(dir, 'begun'), { force: true })
  const id = await startRun()
  await waitFor(async () => existsSync(join(dir, 'begun')), PATIENT)
  collector.signal('SIGTERM')
  await collector.ended
  t.like(await untilEnded(id), {
    state: 'failed',
    error: 'the collector was ended; the next one goes on',
  })
  t.is((await world.service.admin('GET', GC)).body.fence, null)
  rmSync(join(dir, 'wait'), { force: true })
  collector = stand.start()
  t.like(await untilEnded(await startRun()), { state: 'done', error: null })
})

test.serial(
  'R25: a script that is killed leaves the lock to the collector that it ran',
  async (t) => {
    writeFileSync(join(dir, 'wait'), '')
    rmSync(join(dir, 'begun'), { force: true })
    const id = await startRun()
    await waitFor(async () => existsSync(join(dir, 'begun')), PATIENT)
    // Only the script: what it ran goes on, as it does where the engine loses a process.
    collector.signal('SIGKILL')
    await collector.ended
    const service = createServiceCollector({
      database: world.service.database,
      takeWithinMs: 3000,
    })
    const second = stand.start()
    t.false(await service.isFree().catch(() => false))
    t.true(second.isRunning())
    const { body } = await world.service.admin('GET', GC)
    t.truthy(body.fence)
    // The registry's process ends; the second script gets the lock, and proves it by its answer.
    rmSync(join(dir, 'wait'), { force: true })
    await waitFor(() => service.isFree().catch(() => false), PATIENT)
    // Nobody saw the end of the first one: writes stay held until it is overdue.
    t.truthy((await world.service.admin('GET', GC)).body.fence)
    await world.service
      .database('collector_orders')
      .where({ state: 'taken' })
      .update({ heard_at: world.service.database.raw('UTC_TIMESTAMP(3) - INTERVAL 600 SECOND') })
    const run = await untilEnded(id)
    t.is(run.state, 'failed')
    t.regex(
      run.error,
      /^the end of the collector was not seen; writes stay held until its lock is free/,
    )
    t.truthy((await world.service.admin('GET', GC)).body.fence)
    await world.service
      .database('holds')
      .where({ kind: 'collecting' })
      .update({
        deadline_at: world.service.database.raw('UTC_TIMESTAMP(3) - INTERVAL 61 SECOND'),
      })
    await waitFor(async () => (await world.service.admin('GET', GC)).body.fence === null, {
      ...PATIENT,
      what: 'the end of the fence',
    })
    t.is(await pullStatus(world.places, { as: ADMIN, repository: 'acme/app', tag: '1' }), 200)
  },
)

test.serial('a run that is cancelled ends the collector, and writes go on', async (t) => {
  writeFileSync(join(dir, 'wait'), '')
  rmSync(join(dir, 'begun'), { force: true })
  const id = await startRun()
  await waitFor(async () => existsSync(join(dir, 'begun')), PATIENT)
  const [job] = await world.service.database('collections').where({ id }).select('job_id')
  const cancelled = await world.service.admin('POST', `/api/v1/jobs/${job?.job_id}/cancel`, {})
  t.is(cancelled.status, 200)
  const run = await untilEnded(id)
  t.is(run.state, 'cancelled')
  t.is((await world.service.admin('GET', GC)).body.fence, null)
  rmSync(join(dir, 'wait'), { force: true })
})

test.serial('R24: an order that nobody took is withdrawn, and never begun', async (t) => {
  await stand.stop()
  const service = createServiceCollector({ database: world.service.database, takeWithinMs: 1500 })
  const order = {
    epoch: 1,
    dryRun: false,
    limitSeconds: 60,
    signal: new AbortController().signal,
    confirm: async () => undefined,
    onLine: () => undefined,
  }
  await t.throwsAsync(service.run(order), { message: /does not ask for orders/ })
  await t.throwsAsync(service.isFree(), { message: /does not ask for orders/ })
  t.is((await post('next', `${COLLECTOR_SECRET}\n`)).status, 204)
  // Somebody looks with the lock in hand while the worker sleeps before it opens its order.
  const late = service.run({
    ...order,
    confirm: async () => {
      await service.isFree().catch(() => false)
    },
  })
  await t.throwsAsync(late, { message: /the order was withdrawn/ })
})

test.serial('R24: an order whose fence was opened meanwhile is not begun', async (t) => {
  const { database } = world.service
  const id = await insertOrder(database, { kind: 'collect', epoch: 999_999, limitSeconds: 60 })
  await openOrder(database, id)
  const body = `${COLLECTOR_SECRET}\n`
  t.deepEqual(await post('next', body), { status: 200, text: `${id} collect 60\n` })
  const first = await post(`orders/${id}?from=0`, body)
  t.is(first.status, 409)
  t.regex(first.text, /is not to be carried out any more/)
})

test.serial('R24: an order that a dying poll took is withdrawn, and never begun', async (t) => {
  const { database } = world.service
  const service = createServiceCollector({ database })
  const ended = service.run({
    epoch: 1,
    dryRun: false,
    limitSeconds: 60,
    signal: new AbortController().signal,
    confirm: async () => undefined,
    onLine: () => undefined,
  })
  const body = `${COLLECTOR_SECRET}\n`
  const { text } = await post('next', body)
  const id = Number.parseInt(text, 10)
  const taken_at = database.raw('UTC_TIMESTAMP(3) - INTERVAL 121 SECOND')
  await database('collector_orders').where({ id }).update({ taken_at })
  await t.throwsAsync(ended, { message: /took the order and was not heard any more/ })
  t.is((await post(`orders/${id}?from=0`, body)).status, 409)
})

test.serial('a run for which no collector asks fails at once, and says why', async (t) => {
  const { service } = world
  const id = await startRun()
  const why =
    'the collector service does not ask for orders; see that it runs and has the secret, and that the lock beside the storage is free'
  const run = await untilEnded(id)
  t.like(run, { state: 'failed', error: why, heldSeconds: null })
  const { body: job } = await service.admin('GET', `/api/v1/jobs/${run.jobId}`)
  t.like(job, { state: 'failed', attempts: 1, error: why })
  t.is((await service.admin('GET', GC)).body.fence, null)
  // Where the run has no word of its own, that of its job counts.
  await service.database('collections').where({ id }).update({ error: null })
  t.is((await readRun(id)).error, why)
})

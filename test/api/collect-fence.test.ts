import test from 'ava'
import { releaseHold, takeHold } from '../../src/holds/take-hold.ts'
import { OCI_MANIFEST } from '../../src/protocol/media-types.ts'
import { type CollectWorld, GC, setOverdue, startCollectWorld } from '../support/collect-world.ts'
import { errorOf, type Put } from '../support/door-world.ts'
import { pullStatus, pushImage } from '../support/image.ts'
import { findProgram } from '../support/processes.ts'
import { ADMIN } from '../support/service.ts'
import { waitFor } from '../support/wait-for.ts'

const IMAGE = { as: ADMIN, repository: 'acme/app' } as const

/** Each test has a world of its own: what one leaves closed would hold up the others. */
async function start(): Promise<CollectWorld> {
  const world = await startCollectWorld({ isSlow: true })
  await world.service.admin('POST', '/api/v1/projects', { name: 'acme', visibility: 'private' })
  await pushImage(world.places, { ...IMAGE, tags: ['1'] })
  return world
}

/** @returns the run whose collector has begun, and waits in its middle */
async function startWaiting(world: CollectWorld): Promise<number> {
  const { body } = await world.start()
  await waitFor(async () => world.isWaiting(), { what: 'the collector' })
  return body.id
}

/** Puts the manifest of the image that is there on one more tag, through the door. */
async function tagAgain(world: CollectWorld, tag: string): Promise<Put> {
  const token = await world.tokenFor(ADMIN, 'repository:acme/app:pull,push')
  const path = '/v2/acme/app/manifests'
  const headers = { accept: OCI_MANIFEST }
  const found = await world.send('GET', `${path}/1`, { token, headers })
  const body = Buffer.from(found.text)
  return world.send('PUT', `${path}/${tag}`, { token, body, mediaType: OCI_MANIFEST })
}

const readiness = async ({ service }: CollectWorld) =>
  (await (await fetch(`${service.privateUrl}/readyz`)).json()) as {
    readonly status: string
    readonly parts: readonly { readonly name: string; readonly reason?: string }[]
  }

const readStuck = async ({ service }: CollectWorld): Promise<string | undefined> => {
  const text = await (await fetch(`${service.privateUrl}/metrics`)).text()
  return /^warden_gc_fence_stuck (\d)$/m.exec(text)?.[1]
}

const readState = async ({ service }: CollectWorld) => (await service.admin('GET', GC)).body

const seconds = (count: number): Promise<unknown> =>
  new Promise((resolve) => setTimeout(resolve, count * 1000))

test.serial(
  'pulls go on, a push waits and then succeeds, and an upload is told to come later',
  async (t) => {
    const world = await start()
    t.teardown(world.stop)
    const id = await startWaiting(world)
    t.is(await pullStatus(world.places, { ...IMAGE, tag: '1' }), 200)
    const pushed = tagAgain(world, '2')
    t.is(await Promise.race([pushed, seconds(1)]), undefined)
    const token = await world.tokenFor(ADMIN, 'repository:acme/app:pull,push')
    const begun = await world.send('POST', '/v2/acme/app/blobs/uploads/', { token })
    t.is(begun.status, 503)
    t.is(begun.headers.get('retry-after'), '5')
    const words = 'garbage is being collected; pulls go on, push again in a moment'
    t.is(errorOf(begun).message, words)
    t.like(await readState(world), { fence: { stuck: null }, lastRun: { id, state: 'collecting' } })
    const second = await world.start()
    t.is(second.status, 409)
    world.letGo()
    t.like(await world.waitForEnd(id), { state: 'done', gapCount: 0 })
    t.is((await pushed).status, 201)
    t.is((await readState(world)).fence, null)
  },
)

test.serial('who cancels it has writes go on at once', async (t) => {
  const world = await start()
  t.teardown(world.stop)
  const id = await startWaiting(world)
  const { body: run } = await world.service.admin('GET', `${GC}/runs/${id}`)
  await world.service.admin('POST', `/api/v1/jobs/${run.jobId}/cancel`, {})
  t.like(await world.waitForEnd(id), { state: 'cancelled' })
  t.is((await readState(world)).fence, null)
  t.is((await tagAgain(world, '2')).status, 201)
  t.deepEqual(findProgram(world.lock, 'timeout'), [])
})

test.serial(
  'R25: a collector whose end nobody saw keeps writes held until its lock is free',
  async (t) => {
    const world = await start()
    t.teardown(world.stop)
    const id = await startWaiting(world)
    for (const pid of findProgram(world.lock, 'timeout')) process.kill(pid, 'SIGKILL')
    const report = await world.waitForEnd(id)
    t.is(report.state, 'failed')
    t.regex(report.error, /the end of the collector was not seen; writes stay held/)
    const early = await world.service.admin('POST', `${GC}/release`, {})
    t.is(early.status, 409)
    t.is(early.body.detail, 'a collector is running; wait until it has ended')
    await setOverdue(world, 50)
    await seconds(6)
    t.like(await readState(world), { fence: { stuck: null } })
    await setOverdue(world, 61)
    await waitFor(async () => (await readState(world)).fence?.stuck || undefined, {
      what: 'the alert',
    })
    t.is(await readStuck(world), '1')
    const { status, parts } = await readiness(world)
    t.is(status, 'degraded')
    const why = parts.find(({ name }) => name === 'collecting')?.reason ?? ''
    t.regex(
      why,
      /^writes are held by collection of garbage since \S+, past the deadline, and a coll/,
    )
    t.regex(world.service.logged(), /"message":"writes are held"/)
    t.is(await pullStatus(world.places, { ...IMAGE, tag: '1' }), 200)
    const pushed = tagAgain(world, '2')
    t.is(await Promise.race([pushed, seconds(1)]), undefined)
    world.letGo()
    t.is((await pushed).status, 201)
    t.is((await readState(world)).fence, null)
    t.regex(
      (await world.waitForEnd(id)).notes.at(-1),
      /^writes went on after the deadline, with the/,
    )
    await waitFor(async () => (await readStuck(world)) === '0')
    t.is((await readiness(world)).status, 'ready')
    const { body: audit } = await world.service.admin('GET', '/api/v1/audit?action=gc.open')
    t.like(audit.items[0], { actor: 'warden$gc', target: `gc.collect/${id}`, outcome: 'done' })
  },
)

test.serial(
  'R25: a collector that was stopped keeps writes held, and a person may let them go on',
  async (t) => {
    const world = await start()
    t.teardown(world.stop)
    const id = await startWaiting(world)
    const early = await world.service.admin('POST', `${GC}/release`, {})
    t.is(early.status, 409)
    t.regex(early.body.detail, /^the collector is running; cancel the job \d+, or wait/)
    const [timeout = 0] = findProgram(world.lock, 'timeout')
    process.kill(-timeout, 'SIGSTOP')
    t.teardown(() => process.kill(-timeout, 'SIGKILL'))
    await setOverdue(world, 61)
    const { found } = await waitFor(async () => (await readState(world)).fence?.stuck || undefined)
    t.regex(
      found,
      /a collector still has the lock; end that collector, or see that no collector runs/,
    )
    t.is((await world.waitForEnd(id)).state, 'failed')
    const released = await world.service.admin('POST', `${GC}/release`, {})
    t.is(released.status, 200)
    t.is(released.body.fence, null)
    t.is((await tagAgain(world, '2')).status, 201)
    const { body: audit } = await world.service.admin('GET', '/api/v1/audit?action=gc.release')
    t.like(audit.items[0], { actor: 'admin', target: `gc.collect/${id}`, outcome: 'done' })
    t.is((await world.service.admin('POST', `${GC}/release`, {})).status, 409)
    const again = async () => {
      const { status, body } = await world.start()
      return status === 202 && body.id
    }
    const { found: nextId } = await waitFor(again, { mostMs: 60_000, what: 'the end of the job' })
    const next = await world.waitForEnd(nextId)
    t.is(next.error, 'a collector is running on this storage already; wait until it has ended')
  },
)

test.serial(
  'R28: it begins not while something else is held, and the hold is given back',
  async (t) => {
    const world = await start()
    t.teardown(world.stop)
    const { database } = world.service
    const hold = await takeHold(
      { database },
      {
        target: { repository: '*' },
        kind: 'collecting',
        holder: 'x',
        reason: 'a test',
        seconds: 60,
      },
    )
    const refused = await world.start()
    t.is(refused.status, 409)
    t.regex(refused.body.detail, /the registry is held already: a test$/)
    await releaseHold({ database }, hold)
    const target = { repository: 'acme/app', tag: '1' }
    const removal = {
      target,
      kind: 'removal',
      holder: 'y',
      reason: 'a removal',
      seconds: 3,
    } as const
    await takeHold({ database }, removal)
    world.letGo()
    t.like(await world.collect(), { state: 'done' })
  },
)

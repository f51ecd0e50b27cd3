import { gzipSync } from 'node:zlib'
import test from 'ava'
import { parseExposition } from '../support/exposition.ts'
import { pullStatus, pushImage } from '../support/image.ts'
import { findIndexedRepository, findIndexedTag, isSettled } from '../support/index-rows.ts'
import { ADMIN, NOTIFICATIONS_SECRET, type Service, startService } from '../support/service.ts'
import { waitFor } from '../support/wait-for.ts'

let service: Service

test.before(async () => {
  service = await startService({ notifies: true })
  await service.admin('POST', '/api/v1/projects', { name: 'acme', visibility: 'private' })
})
test.after.always(() => service?.stop())

const V2 = 'application/vnd.docker.distribution.events.v2+json'

/** Sends a notification as a registry does. */
const notify = (
  body: string,
  { secret = NOTIFICATIONS_SECRET, type = V2 }: { secret?: string; type?: string } = {},
) =>
  fetch(`${service.privateUrl}/notifications`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': type },
    body,
  })

const envelope = (id: string, event: object): string =>
  JSON.stringify({ events: [{ id, timestamp: new Date().toISOString(), ...event }] })

const settle = () => waitFor(async () => (await isSettled(service)) || undefined)
const read = async (name: string, labels: Readonly<Record<string, string>> = {}) =>
  parseExposition(await (await fetch(`${service.privateUrl}/metrics`)).text()).value(name, labels)

test.serial('R29: a forged push moves no tag, since the registry is asked', async (t) => {
  const repository = 'acme/forged'
  const { digest } = await pushImage(service, { as: ADMIN, repository, tags: ['v1'] })
  await waitFor(() => findIndexedTag(service, { repository, tag: 'v1' }))
  const other = `sha256:${'0'.repeat(64)}`
  const target = { repository, tag: 'v1', digest: other, mediaType: 'x', size: 9e9 }
  t.is((await notify(envelope('forged-1', { action: 'push', target }))).status, 204)
  const gone = { repository, tag: 'v1' }
  t.is((await notify(envelope('forged-2', { action: 'delete', target: gone }))).status, 204)
  await settle()
  t.is((await findIndexedTag(service, { repository, tag: 'v1' }))?.digest, digest)
})

test.serial(
  'without the secret nothing comes in, and the public listener has no such route',
  async (t) => {
    const before = (await read('warden_notification_events_total', { outcome: 'forged' })) ?? 0
    const body = envelope('no-secret', { action: 'pull', target: { repository: 'acme/none' } })
    t.is((await notify(body, { secret: 'another-secret-of-somebody' })).status, 401)
    const bare = await fetch(`${service.privateUrl}/notifications`, { method: 'POST', body })
    t.is(bare.status, 401)
    t.is(await service.database('events').where({ event_id: 'no-secret' }).first(), undefined)
    t.is(await read('warden_notification_events_total', { outcome: 'forged' }), before + 2)
    const headers = { authorization: `Bearer ${NOTIFICATIONS_SECRET}` }
    t.is((await service.request('POST', '/notifications', { headers, raw: body })).status, 404)
  },
)

for (const [what, authorization] of [
  ['shorter', `Bearer ${NOTIFICATIONS_SECRET.slice(0, -1)}`],
  ['longer', `Bearer ${NOTIFICATIONS_SECRET}x`],
  ['empty', 'Bearer '],
  ['of another scheme', `Basic ${NOTIFICATIONS_SECRET}`],
  ['without a scheme', NOTIFICATIONS_SECRET],
  ['twice', `Bearer ${NOTIFICATIONS_SECRET}, Bearer ${NOTIFICATIONS_SECRET}`],
  ['of 8 KiB', `Bearer ${'x'.repeat(8192)}`],
] as const) {
  test.serial(`a secret that is ${what} is refused`, async (t) => {
    const body = envelope(`secret-${what}`, {
      action: 'push',
      target: { repository: 'acme/none', tag: 'v1' },
    })
    const headers = { authorization, 'content-type': V2 }
    const sent = await fetch(`${service.privateUrl}/notifications`, {
      method: 'POST',
      headers,
      body,
    })
    t.is(sent.status, 401)
    t.is(
      await service
        .database('events')
        .where({ event_id: `secret-${what}` })
        .first(),
      undefined,
    )
  })
}

test.serial('an envelope in pieces is read as one, and one that is packed is kept', async (t) => {
  const event = { action: 'push', target: { repository: 'acme/none', tag: 'v1' } }
  const body = envelope('in-pieces', event)
  const post = (
    sent: ReadableStream | string | Uint8Array<ArrayBuffer>,
    more: Readonly<Record<string, string>>,
  ) =>
    fetch(`${service.privateUrl}/notifications`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${NOTIFICATIONS_SECRET}`,
        'content-type': V2,
        ...more,
      },
      body: sent,
      duplex: 'half',
    } as RequestInit)
  const pieces = new ReadableStream({
    start: (to) => {
      for (const letter of body) to.enqueue(Buffer.from(letter))
      to.close()
    },
  })
  t.is((await post(pieces, {})).status, 204)
  t.truthy(await service.database('events').where({ event_id: 'in-pieces' }).first())
  const kept = (await service.database('unreadable_events').select('id')).length
  t.is((await post(gzipSync(body), { 'content-encoding': 'gzip' })).status, 204)
  t.is((await service.database('unreadable_events').select('id')).length, kept + 1)
})

for (const [what, body, type] of [
  ['no JSON', 'nonsense', V2],
  ['of another type', '<xml/>', 'text/xml'],
  ['of nothing', '', V2],
  ['of 9 MiB', 'x'.repeat(9 * 1024 * 1024), V2],
  ['with a lone surrogate', '{"events":[{"id":"\\ud800"}]}', V2],
] as const) {
  test.serial(`a body ${what} is taken, kept and counted`, async (t) => {
    const before = (await read('warden_notification_events_total', { outcome: 'unreadable' })) ?? 0
    const kept = (await service.database('unreadable_events').select('id')).length
    t.is((await notify(body, { type })).status, 204)
    t.is((await service.database('unreadable_events').select('id')).length, kept + 1)
    t.is(await read('warden_notification_events_total', { outcome: 'unreadable' }), before + 1)
  })
}

test.serial('pulls of people are counted, and the reads of the service are not', async (t) => {
  const repository = 'acme/pulled'
  await pushImage(service, { as: ADMIN, repository, tags: ['v1'] })
  await waitFor(() => findIndexedTag(service, { repository, tag: 'v1' }))
  await service.admin('GET', `/api/v1/repositories/${repository}/tags`)
  for (let pulls = 0; pulls < 3; pulls++) {
    t.is(await pullStatus(service, { as: ADMIN, repository, tag: 'v1' }), 200)
  }
  await waitFor(
    async () => ((await findIndexedRepository(service, repository))?.pullCount ?? 0) > 0,
  )
  await settle()
  t.is((await findIndexedRepository(service, repository))?.pullCount, 1)
  const tag = await findIndexedTag(service, { repository, tag: 'v1' })
  t.true(Date.now() - Number(tag?.pulledAt) < 20_000)
})

test.serial(
  'a tag that is deleted leaves the index within seconds, and its sibling stays',
  async (t) => {
    const repository = 'acme/deleted'
    await pushImage(service, { as: ADMIN, repository, tags: ['v1', 'v2'] })
    await waitFor(() => findIndexedTag(service, { repository, tag: 'v2' }))
    await settle()
    const reply = await service.admin('DELETE', `/api/v1/repositories/${repository}/tags/v1`)
    t.is(reply.status, 204)
    await waitFor(
      async () => (await findIndexedTag(service, { repository, tag: 'v1' })) === undefined,
    )
    await settle()
    t.truthy(await findIndexedTag(service, { repository, tag: 'v2' }))
    t.is((await findIndexedRepository(service, repository))?.tagCount, 1)
  },
)

test.serial('the queue of the registry comes in when the service can write again', async (t) => {
  const repository = 'acme/later'
  // No statement on this table succeeds, as with a database that is being repaired.
  await service.database.raw('RENAME TABLE events TO events_away')
  const pushed = await pushImage(service, { as: ADMIN, repository, tags: ['v1'] })
  t.is((await notify(envelope('x', { action: 'push', target: { repository } }))).status, 500)
  await service.database.raw('RENAME TABLE events_away TO events')
  await waitFor(() => findIndexedTag(service, { repository, tag: 'v1' }), { mostMs: 15_000 })
  await settle()
  t.is((await findIndexedTag(service, { repository, tag: 'v1' }))?.sizeBytes, pushed.sizeBytes)
})

test.serial('metrics tell that nothing waits', async (t) => {
  await settle()
  await waitFor(async () => (await read('warden_notification_events_waiting')) === 0)
  t.is(await read('warden_notification_lag_seconds'), 0)
  t.true(((await read('warden_notification_events_applied_total')) ?? 0) > 10)
  t.true(((await read('warden_index_reads_total')) ?? 0) > 3)
})

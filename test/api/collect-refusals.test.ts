import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import test from 'ava'
import { engageBrake } from '../../src/images/brake-queries.ts'
import { type CollectWorld, GC, startCollectWorld } from '../support/collect-world.ts'
import { noteReconcile } from '../support/retention-world.ts'
import { type Service, startService } from '../support/service.ts'

const away = 'http://127.0.0.1:9'

async function startAlone(env: Readonly<Record<string, string>> = {}): Promise<Service> {
  return startService({
    registryUrl: away,
    env: { WARDEN_GC_COMMAND: 'true garbage-collect', WARDEN_GC_LOCK: '/tmp/none/lock', ...env },
  })
}

const start = (service: Service, dryRun = false) => service.admin('POST', GC, { dryRun })

test.serial('where no collector is configured, it is told what to set', async (t) => {
  const service = await startService({ registryUrl: away })
  t.teardown(service.stop)
  for (const dryRun of [false, true]) {
    const { status, body } = await start(service, dryRun)
    t.is(status, 409)
    t.regex(
      body.detail,
      /no collector is configured here; set WARDEN_GC_COMMAND and WARDEN_GC_LOCK, or WARDEN_GC_COLLECTOR_SECRET$/,
    )
  }
  t.like((await service.admin('GET', GC)).body, { configured: false, lastRun: null, fence: null })
})

test.serial(
  'R28: nothing is collected while the index cannot be trusted, and every reason is told',
  async (t) => {
    const service = await startAlone()
    t.teardown(service.stop)
    const { database } = service
    const never = await start(service)
    t.is(never.status, 409)
    t.regex(
      never.body.detail,
      /^garbage cannot be collected now: the index was never compared with/,
    )
    await noteReconcile(service)
    await engageBrake(database, { reason: 'lists', detail: 'a test' })
    await database('events').insert({
      event_id: 'late',
      received_at: database.raw('UTC_TIMESTAMP(3) - INTERVAL 1 HOUR'),
      happened_at: new Date(),
      action: 'none',
      content: 'none',
      repository: 'a/b',
      method: 'GET',
      actor: 'x',
      address: '10.0.0.7',
    })
    const { status, body } = await start(service)
    t.is(status, 409)
    t.regex(body.detail, /the brake on the index is engaged/)
    const { body: state } = await service.admin('GET', GC)
    t.true(state.obstacles.length >= 1)
    t.deepEqual((await database('collections').select('id')).length, 0)
  },
)

test.serial('R26: without the door a registry that takes writes is not collected', async (t) => {
  const world: CollectWorld = await startCollectWorld({
    env: { WARDEN_DOOR: 'off' },
    doorMode: 'off',
  })
  t.teardown(world.stop)
  const { status, body } = await world.start()
  t.is(status, 409)
  t.regex(
    body.detail,
    /writes do not pass the door here, and the registry takes them: make it read/,
  )
  const uploads = 'data/docker/registry/v2/repositories/warden-gc/probe/_uploads'
  const dir = join(world.registryDir, uploads)
  // The registry itself may write an empty state of a hash for an upload that it has ended already.
  const left = readdirSync(dir, { recursive: true, encoding: 'utf8' }).map((path) => basename(path))
  t.deepEqual(
    left.filter((name) => name === 'data' || name === 'startedat'),
    [],
  )
})

test.serial('R26: without the door a registry that is read-only is collected', async (t) => {
  const world = await startCollectWorld({
    env: { WARDEN_DOOR: 'off' },
    doorMode: 'off',
    registryOverrides: { REGISTRY_STORAGE_MAINTENANCE_READONLY: '{enabled: true}' },
  })
  t.teardown(world.stop)
  t.like(await world.collect(), { state: 'done' })
})

test.serial('R26: without the door a registry that is stopped is collected', async (t) => {
  const world = await startCollectWorld({ env: { WARDEN_DOOR: 'off' }, doorMode: 'off' })
  t.teardown(world.stop)
  await world.service.registry?.stop()
  t.like(await world.collect(), { state: 'done' })
})

test.serial('a collector that fails is told in its own words, and writes go on', async (t) => {
  const script = (): string => '#!/bin/sh\necho "the disk is on fire" >&2\nexit 3\n'
  const world = await startCollectWorld({ makeScript: script })
  t.teardown(world.stop)
  const report = await world.collect()
  t.like(report, { state: 'failed', error: 'the collector ended with 3: the disk is on fire' })
  const { body } = await world.service.admin('GET', GC)
  t.is(body.fence, null)
})

test.serial('a registry with a blob cache is found out', async (t) => {
  const world = await startCollectWorld({
    registryOverrides: { REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR: 'inmemory' },
  })
  t.teardown(world.stop)
  await world.service.admin('POST', '/api/v1/projects', { name: 'acme', visibility: 'private' })
  await world.leaveBlob('acme/app', 'left behind')
  const report = await world.collect()
  t.like(report, { state: 'done', blobs: 1 })
  t.regex(
    report.notes.join(),
    /the registry says that 1 of 1 swept blobs are there: it runs with a/,
  )
})

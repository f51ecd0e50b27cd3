import { join } from 'node:path'
import test from 'ava'
import { type Mariadb, startMariadb } from '../../src/stack/mariadb.ts'
import {
  createBarrier,
  type FaultWorld,
  PATIENT,
  readBoth,
  startFaultWorld,
  untilSettled,
} from '../support/fault-world.ts'
import { pushIndexed } from '../support/index-rows.ts'
import { endAll, prepareAll } from '../support/removing.ts'
import { ADMIN } from '../support/service.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'
import { waitFor } from '../support/wait-for.ts'

const dir = makeTemporaryDir()
let database: Mariadb
let world: FaultWorld

const startDatabase = (preferredPort?: number): Promise<Mariadb> =>
  startMariadb({
    env: process.env,
    dir: join(dir, 'database'),
    logPath: join(dir, 'database.log'),
    secretsDir: join(dir, 'secrets'),
    preferredPort,
    account: 'every-database',
  })

test.before(async () => {
  database = await startDatabase()
  world = await startFaultWorld(database)
})
test.after.always(async () => {
  await world?.stop()
  await database?.stop()
  removeDir(dir)
})

const untilGone = () =>
  waitFor(() =>
    world.service.database.raw('SELECT 1').then(
      () => false,
      () => true,
    ),
  )

test.serial(
  'R23: MySQL that is gone in the middle, and comes back, loses nobody a tag',
  async (t) => {
    const operations = await prepareAll(world, 'acme')
    const barrier = createBarrier((asked) => operations.some(({ isMiddle }) => isMiddle(asked)))
    world.faulty.interrupt(barrier.before)
    const asked = operations.map(({ start }) => start())
    await barrier.untilWaiting(operations.length)
    const stopping = database.stop()
    await untilGone()
    barrier.open()
    const replies = await Promise.all(asked)
    await stopping
    for (const [index, { repository }] of operations.entries()) {
      if (!/digest|target/.test(repository)) continue
      t.is(replies[index]?.status, 503, repository)
      t.regex(replies[index]?.body.detail, /^the (?:database|registry) does not answer/, repository)
    }
    world.faulty.interrupt(undefined)
    database = await startDatabase(database.port)
    await endAll(world, operations, replies)
    await untilSettled(world)
    for (const { repository, after } of operations) {
      const both = await readBoth(world, repository)
      t.deepEqual(both, { registry: after, index: after, left: 0 }, repository)
    }
  },
)

test.serial(
  'a manifest that was deleted while MySQL went away stands in the record in the end',
  async (t) => {
    const { service, faulty, direct } = world
    await service.admin('POST', '/api/v1/projects', { name: 'record' })
    const repository = 'record/app'
    const { digest } = await pushIndexed(service, { as: ADMIN, repository, tags: ['a'] })
    let stopping: Promise<void> | undefined
    faulty.interrupt(async ({ method }) => {
      if (method !== 'DELETE') return undefined
      await direct.deleteManifest({ repository, reference: digest })
      stopping = database.stop()
      await untilGone()
      return { status: 202, body: Buffer.alloc(0) }
    })
    const path = `/api/v1/repositories/${repository}/manifests/${digest}?tags=a`
    const { status } = await service.admin('DELETE', path)
    t.is(status, 503)
    await stopping
    faulty.interrupt(undefined)
    database = await startDatabase(database.port)
    const read = () =>
      service
        .database('audit')
        .where({ target: `${repository}@${digest}` })
        .select('action', 'actor_name', 'outcome')
    const look = async () => {
      await world.passTime()
      return (await read()).length > 0
    }
    await waitFor(() => look().catch(() => false), { ...PATIENT, what: 'the record' })
    t.deepEqual(await read(), [{ action: 'manifest.delete', actor_name: 'admin', outcome: 'done' }])
    t.deepEqual(await service.database('manifest_removals'), [])
  },
)

import { join } from 'node:path'
import test from 'ava'
import { type Mariadb, startMariadb } from '../../src/stack/mariadb.ts'
import {
  createBarrier,
  type FaultWorld,
  readBoth,
  startFaultWorld,
  untilSettled,
} from '../support/fault-world.ts'
import { endAll, prepareAll } from '../support/removing.ts'
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

test('R23: MySQL that is gone in the middle, and comes back, loses nobody a tag', async (t) => {
  const operations = await prepareAll(world, 'acme')
  const barrier = createBarrier((asked) => operations.some(({ isMiddle }) => isMiddle(asked)))
  world.faulty.interrupt(barrier.before)
  const asked = operations.map(({ start }) => start())
  await barrier.untilWaiting(operations.length)
  const stopping = database.stop()
  const isGone = () =>
    world.service.database.raw('SELECT 1').then(
      () => false,
      () => true,
    )
  await waitFor(isGone)
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
})

import test from 'ava'
import { takeHold } from '../../../src/holds/take-hold.ts'
import type { Collector } from '../../../src/maintenance/collect/collector.ts'
import { releaseFence } from '../../../src/maintenance/collect/release-fence.ts'
import { type Service, startService } from '../../support/service.ts'

let service: Service

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
})
test.after.always(() => service?.stop())
test.afterEach.always(async () => {
  await service.database('holds').delete()
  await service.database('collections').delete()
})

const caller = {
  subject: { kind: 'user', id: 1, username: 'admin', systemRole: 'administrator' },
  origin: { address: '127.0.0.1', userAgent: undefined, requestId: 'r' },
} as const

/** A collector whose lock is free or not, as it is looked at time after time. */
function collectorOf(...looks: readonly boolean[]): Collector {
  let next = 0
  return {
    describe: 'of a test',
    run: async () => ({ exitCode: 0, sawExit: true }),
    isFree: async () => looks[next++] ?? true,
  }
}

const log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}

const release = (collector: Collector | undefined) =>
  releaseFence({ database: service.database, collector, log }, caller)

/** A fence that is closed, and what the collection under it says of itself. */
async function close(phase: 'holding' | 'collecting' | 'failed', seconds = 600): Promise<void> {
  const { database } = service
  const hold = await takeHold(
    { database },
    { target: { repository: '*' }, kind: 'collecting', holder: 'h', reason: 'a test', seconds: 60 },
  )
  await database('holds')
    .where({ id: hold.epoch })
    .update({ deadline_at: database.raw('UTC_TIMESTAMP(3) + INTERVAL ? SECOND', [seconds]) })
  await database('collections').insert({
    job_id: hold.epoch,
    is_dry_run: 0,
    phase,
    epoch: hold.epoch,
    actor_name: 'admin',
    created_at: new Date(),
  })
}

const isClosed = async (): Promise<boolean> =>
  (await service.database('holds').where({ kind: 'collecting' })).length > 0

for (const phase of ['holding', 'failed'] as const) {
  test.serial(
    `R25: a collector that runs keeps its fence, also where its collection says ${phase}`,
    async (t) => {
      await close(phase)
      await t.throwsAsync(release(collectorOf(false)), {
        code: 'CONFLICT',
        message: 'a collector is running; wait until it has ended',
      })
      t.true(await isClosed())
    },
  )
}

test.serial('R25: one that began between two looks at its lock keeps its fence', async (t) => {
  await close('holding')
  await t.throwsAsync(release(collectorOf(true, false)), { code: 'CONFLICT' })
  t.true(await isClosed())
  t.deepEqual(await service.database('audit').where({ action: 'gc.release' }), [])
})

test.serial(
  'R25: after its deadline the word of a person counts, and so where no lock is',
  async (t) => {
    await close('collecting', -1)
    await release(collectorOf(false, false))
    t.false(await isClosed())
    await close('failed')
    await release(undefined)
    t.false(await isClosed())
    const rows = await service
      .database('audit')
      .where({ action: 'gc.release' })
      .select('actor_name')
    t.deepEqual(rows, [{ actor_name: 'admin' }, { actor_name: 'admin' }])
  },
)

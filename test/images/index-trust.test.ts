import test from 'ava'
import type { Database } from '../../src/database/open-database.ts'
import { findPullsKnownSince, readIndexTrust } from '../../src/images/index-trust.ts'
import {
  confirmRestore,
  findLastRestore,
  insertRestore,
  isReconciledSince,
} from '../../src/images/restore-queries.ts'
import { openIndexDatabase } from '../support/index-database.ts'
import { noteReconcile } from '../support/retention-world.ts'

let database: Database
let stop: () => Promise<void>

test.before(async () => {
  ;({ database, stop } = await openIndexDatabase())
})
test.after.always(() => stop?.())
test.beforeEach(async () => {
  for (const table of [
    'restores',
    'events',
    'dirty_references',
    'reconcile_runs',
    'project_days',
  ]) {
    await database(table).delete()
  }
  await database('index_brake').update({ engaged_at: null, reason: null, detail: null })
})

const secondsAgo = (seconds: number) =>
  database.raw('UTC_TIMESTAMP(3) - INTERVAL ? SECOND', [seconds])

const addEvent = (seconds: number) =>
  database('events').insert({
    event_id: `event-${seconds}`,
    received_at: secondsAgo(seconds),
    happened_at: secondsAgo(seconds),
    action: 'pull',
    content: 'manifest',
    repository: 'acme/app',
    method: 'GET',
    actor: 'dev',
    address: '10.0.0.7',
  })

const addMark = (seconds: number) =>
  database('dirty_references').insert({
    repository: 'acme/app',
    reference: `t${seconds}`,
    due_at: secondsAgo(seconds),
  })

test.serial('R28: an index that was just compared and has caught up is trusted', async (t) => {
  await noteReconcile({ database })
  await addEvent(50)
  await addMark(50)
  await addMark(-600)
  t.deepEqual(await readIndexTrust(database), { isTrusted: true, reasons: [] })
})

test.serial('R28: an index that lags behind is not trusted', async (t) => {
  await noteReconcile({ database })
  await addEvent(180)
  await addEvent(1)
  await addMark(120)
  const { isTrusted, reasons } = await readIndexTrust(database)
  t.false(isTrusted)
  t.deepEqual(
    reasons.map((reason) => reason.replace(/\d+/, (seconds) => String(Math.round(+seconds / 10)))),
    [
      'events of the registry have waited for 18 seconds; wait until the service has caught up',
      'tags have waited to be read again for 12 seconds; wait until the service has caught up',
    ],
  )
})

test.serial(
  'R28: events that are applied, and readings that are put off, are no lag',
  async (t) => {
    await noteReconcile({ database })
    await addEvent(9000)
    await database('events').update({ applied_at: secondsAgo(0) })
    await addMark(-1)
    t.true((await readIndexTrust(database)).isTrusted)
  },
)

test.serial('R28: an index whose brake is on is not trusted', async (t) => {
  await noteReconcile({ database })
  await database('index_brake').update({
    engaged_at: secondsAgo(5),
    reason: 'lists',
    detail: 'the catalog is empty',
  })
  t.deepEqual(await readIndexTrust(database), {
    isTrusted: false,
    reasons: ['the brake on the index is engaged; see warden reconcile --status'],
  })
})

test.serial('R28: an index that was not compared within two days is not trusted', async (t) => {
  const never =
    'the index was never compared with the registry as a whole; run warden reconcile --wait'
  t.deepEqual((await readIndexTrust(database)).reasons, [never])
  await noteReconcile({ database })
  await database('reconcile_runs').update({ ended_at: null, phase: 'index' })
  t.deepEqual((await readIndexTrust(database)).reasons, [never])
  await database('reconcile_runs').update({ ended_at: secondsAgo(47 * 3600) })
  t.true((await readIndexTrust(database)).isTrusted)
  await database('reconcile_runs').update({ ended_at: secondsAgo(49 * 3600) })
  t.deepEqual((await readIndexTrust(database)).reasons, [
    'the index was compared with the registry 49 hours ago; run warden reconcile --wait',
  ])
})

test.serial('R28: a run that could read next to nothing has compared nothing', async (t) => {
  await noteReconcile({ database })
  const run = database('reconcile_runs')
  await run.clone().update({ repositories: 29, tags: 0, failures: 29 })
  t.deepEqual((await readIndexTrust(database)).reasons, [
    'the index was compared with a registry of which 29 parts could not be read; see that it is well, then run warden reconcile --wait',
  ])
  t.false(await isReconciledSince(database, new Date(0)))
  await run.clone().update({ repositories: 29, tags: 62, failures: 4 })
  t.true((await readIndexTrust(database)).isTrusted)
  t.true(await isReconciledSince(database, new Date(0)))
})

const addDay = (day: string) =>
  database('project_days').insert({ project: 'acme', day, pulls: 1, pushes: 0 })

test.serial('R28: pulls are known since the day after the first event', async (t) => {
  await noteReconcile({ database })
  t.is(await findPullsKnownSince(database), undefined)
  await addDay('2026-03-05')
  await addDay('2026-03-04')
  t.is((await findPullsKnownSince(database))?.toISOString(), '2026-03-05T00:00:00.000Z')
})

test.serial('R28: pulls are known only since the last run that found a lost event', async (t) => {
  await addDay('2026-03-04')
  for (const [ended, untold] of [
    ['2026-04-01T10:00:00.000Z', 3],
    ['2026-05-01T10:00:00.000Z', 1],
    ['2026-06-01T10:00:00.000Z', 0],
  ] as const) {
    await noteReconcile({ database })
    await database('reconcile_runs')
      .where('ended_at', '>', secondsAgo(60))
      .update({ ended_at: new Date(ended), untold })
  }
  t.is((await findPullsKnownSince(database))?.toISOString(), '2026-05-01T10:00:00.000Z')
  await database('project_days').update({ day: '2026-05-20' })
  t.is((await findPullsKnownSince(database))?.toISOString(), '2026-05-21T00:00:00.000Z')
})

test.serial(
  'R28: after a restore the index is not trusted until a reconcile and a word',
  async (t) => {
    await noteReconcile({ database })
    await database('reconcile_runs').update({
      started_at: secondsAgo(60),
      ended_at: secondsAgo(60),
    })
    t.true((await readIndexTrust(database)).isTrusted)
    await insertRestore(database, new Date('2026-03-01T12:00:00Z'))
    const restored = 'the database was restored from a backup of 2026-03-01T12:00:00.000Z'
    t.deepEqual((await readIndexTrust(database)).reasons, [
      `${restored}, and the index was not compared with the registry since; run warden reconcile --wait, then warden maintenance confirm-restore`,
    ])
    await noteReconcile({ database })
    t.deepEqual((await readIndexTrust(database)).reasons, [
      `${restored}, and no administrator has confirmed it; look at what is there, then run warden maintenance confirm-restore`,
    ])
    const id = (await findLastRestore(database))?.id ?? 0
    t.true(await confirmRestore(database, { id, by: 'admin' }))
    t.false(await confirmRestore(database, { id, by: 'somebody' }))
    t.deepEqual(await readIndexTrust(database), { isTrusted: true, reasons: [] })
  },
)

import { randomUUID } from 'node:crypto'
import test from 'ava'
import { insertChangeVersion } from '../../src/database/change-version.ts'
import { type Database, openDatabase } from '../../src/database/open-database.ts'
import { findCollectingFence, lockCollectingFence } from '../../src/holds/collecting-queries.ts'
import { findVersionedFence } from '../../src/holds/fence-queries.ts'
import { findHold } from '../../src/holds/find-hold.ts'
import {
  prolongHold,
  releaseHold,
  type TakeHoldInput,
  takeHold,
} from '../../src/holds/take-hold.ts'
import type { HoldTarget } from '../../src/holds/types.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let testDatabase: TestDatabase
let database: Database

test.before(async () => {
  testDatabase = await createTestDatabase()
  database = openDatabase(testDatabase.config, { warn: () => undefined, error: () => undefined })
  await insertChangeVersion(database)
})
test.after.always(async () => {
  await database?.destroy()
  await testDatabase?.drop()
})
test.beforeEach(() => database('holds').delete())

const input = (target: HoldTarget, change: Partial<TakeHoldInput> = {}): TakeHoldInput => ({
  target,
  kind: 'removal',
  holder: randomUUID(),
  reason: 'a test',
  seconds: 60,
  ...change,
})

const take = (target: HoldTarget, change?: Partial<TakeHoldInput>) =>
  takeHold({ database }, input(target, change))

const setExpiry = (secondsAgo: number) =>
  database('holds').update({
    expires_at: database.raw('UTC_TIMESTAMP(3) - INTERVAL ? SECOND', [secondsAgo]),
  })

const ALL = { repository: '*' }
const APP = { repository: 'acme/app' }
const TAG = { repository: 'acme/app', tag: 'v1' }

for (const [held, write, isHeld] of [
  [ALL, TAG, true],
  [ALL, APP, true],
  [APP, TAG, true],
  [APP, APP, true],
  [APP, { repository: 'acme/app2', tag: 'v1' }, false],
  [APP, { repository: 'acme/app/sub', tag: 'v1' }, false],
  [TAG, TAG, true],
  [TAG, { repository: 'acme/app', tag: 'v2' }, false],
  [TAG, { repository: 'acme/app', tag: 'V1' }, false],
  [TAG, APP, false],
] as const) {
  const name = (target: HoldTarget): string => Object.values(target).join(':')
  test.serial(
    `a hold on ${name(held)} ${isHeld ? 'stops' : 'lets'} a write to ${name(write)}`,
    async (t) => {
      const hold = await take(held)
      t.is((await findHold(database, write))?.epoch, isHeld ? hold.epoch : undefined)
      t.true(await releaseHold({ database }, hold))
      t.is(await findHold(database, write), undefined)
    },
  )
}

test.serial('the longest names are held', async (t) => {
  const target = { repository: `a/${'b'.repeat(253)}`, tag: 'c'.repeat(128) }
  const { epoch } = await take(target)
  t.is((await findHold(database, target))?.epoch, epoch)
})

for (const [held, wanted] of [
  [ALL, TAG],
  [TAG, ALL],
  [APP, TAG],
  [TAG, APP],
  [TAG, TAG],
] as const) {
  test.serial(
    `${JSON.stringify(wanted)} cannot be held beside ${JSON.stringify(held)}`,
    async (t) => {
      const { epoch } = await take(held)
      await t.throwsAsync(take(wanted), { code: 'CONFLICT', message: /is held already: a test$/ })
      t.deepEqual(
        (await database('holds').select('id')).map(({ id }) => id),
        [epoch],
      )
    },
  )
}

test.serial(
  'of many that come at once one holds it at most, and it is held by one in the end',
  async (t) => {
    const holders = Array.from({ length: 8 }, () => randomUUID())
    const tries = await Promise.allSettled(holders.map((holder) => take(APP, { holder })))
    t.true(tries.filter(({ status }) => status === 'fulfilled').length <= 1)
    const rows = await database('holds').select('id')
    t.is(rows.length, tries.filter(({ status }) => status === 'fulfilled').length)
  },
)

test.serial('one holder may hold a tag within his own hold on the repository', async (t) => {
  const holder = randomUUID()
  await take(APP, { holder })
  await t.notThrowsAsync(take(TAG, { holder }))
})

test.serial(
  'a hold that ended stops nothing, and can neither be prolonged nor come back',
  async (t) => {
    const hold = await take(TAG)
    await prolongHold({ database }, hold, 30)
    await setExpiry(1)
    t.is(await findHold(database, TAG), undefined)
    await t.throwsAsync(prolongHold({ database }, hold, 30), { code: 'CONFLICT' })
    const next = await take(TAG)
    t.true(next.epoch > hold.epoch)
  },
)

test.serial('only its holder lets a hold go or prolongs it', async (t) => {
  const hold = await take(TAG)
  const stranger = { ...hold, holder: randomUUID() }
  t.false(await releaseHold({ database }, stranger))
  await t.throwsAsync(prolongHold({ database }, stranger, 30), { code: 'CONFLICT' })
  t.is((await findHold(database, TAG))?.epoch, hold.epoch)
})

const setDeadline = (daysAgo: number) =>
  database('holds').update({
    deadline_at: database.raw('UTC_TIMESTAMP(3) - INTERVAL ? DAY', [daysAgo]),
  })

test.serial('R25: no time opens a collecting fence, and its holder has it no longer', async (t) => {
  const hold = await take(ALL, { kind: 'collecting' })
  t.is(hold.expiresAt, undefined)
  t.is((await findCollectingFence(database))?.hold.epoch, hold.epoch)
  t.true(((await findCollectingFence(database))?.overdueSeconds ?? 0) < -50)
  await prolongHold({ database }, hold, 600)
  t.true(((await findCollectingFence(database))?.overdueSeconds ?? 0) < -500)
  await setDeadline(30)
  await take({ repository: 'none/at-all' }).catch(() => undefined)
  t.is((await findHold(database, TAG))?.kind, 'collecting')
  t.true(((await findCollectingFence(database))?.overdueSeconds ?? 0) > 29 * 86_400)
  await t.throwsAsync(take(TAG), { code: 'CONFLICT' })
  await t.throwsAsync(prolongHold({ database }, hold, 60), { code: 'CONFLICT' })
  t.is((await findVersionedFence(database)).value?.until, undefined)
})

test.serial('R25: its holder, who saw the collector exit, opens it early', async (t) => {
  const hold = await take(ALL, { kind: 'collecting' })
  t.true(await releaseHold({ database }, hold))
  t.is(await findHold(database, TAG), undefined)
})

test.serial(
  'what everybody is to know raises the change version, what one repository is does not',
  async (t) => {
    const counter = async () => Number((await database('change_version').first('counter')).counter)
    const before = await counter()
    await releaseHold({ database }, await take(TAG))
    t.is(await counter(), before)
    await releaseHold({ database }, await take(ALL, { kind: 'collecting' }))
    t.is(await counter(), before + 2)
  },
)

test.serial('rows that ended a day ago are taken away', async (t) => {
  await take(TAG)
  await setExpiry(25 * 3600)
  await take(APP)
  t.is((await database('holds').select('id')).length, 1)
})

const readCounter = async (): Promise<number> =>
  Number((await database('change_version').first('counter')).counter)

test('R25: a collector that begins and whoever opens its fence write one row in common: two nodes let one of them through', async (t) => {
  const fence = await take(ALL, { kind: 'collecting' })
  const before = await readCounter()
  t.true(await database.transaction((transaction) => lockCollectingFence(transaction, fence.epoch)))
  t.is(await readCounter(), before + 1)
  t.true(await releaseHold({ database }, fence))
  t.is(await readCounter(), before + 2)
})

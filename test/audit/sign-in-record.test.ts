import test from 'ava'
import { createCountedRows } from '../../src/audit/counted-rows.ts'
import { createSignInRecord } from '../../src/audit/sign-in-record.ts'
import type { Database } from '../../src/database/open-database.ts'
import { startAuditWorld } from '../support/audit-world.ts'

const withRecord = async (
  work: (input: {
    readonly database: Database
    readonly record: ReturnType<typeof createSignInRecord>
    readonly pass: (ms: number) => void
    readonly rows: () => Promise<readonly (readonly unknown[])[]>
  }) => Promise<void>,
) => {
  const world = await startAuditWorld()
  try {
    const { database } = world
    let nowMs = 0
    const record = createSignInRecord({
      database,
      installationId: '3b241101-e2bb-4255-8caf-4136c566a962',
      monotonicMs: () => nowMs,
    })
    const rows = async () =>
      (await database('audit').orderBy('id')).map((row) => [
        row.actor_name,
        row.action,
        row.outcome,
        row.address,
        row.count,
      ])
    const pass = (ms: number): void => {
      nowMs += ms
    }
    await work({ database, record, rows, pass })
  } finally {
    await world.stop()
  }
}

test('R34: good sign-ins are one row at once, then one an hour with their number', (t) =>
  withRecord(async ({ record, rows, pass }) => {
    for (let n = 0; n < 5; n++) record.succeeded('ann', '10.0.0.1', 'password')
    await record.flush()
    const first = ['ann', 'signin.password', 'done', '10.0.0.1', 5]
    t.deepEqual(await rows(), [first])
    for (let n = 0; n < 3; n++) record.succeeded('ann', '10.0.0.1', 'password')
    pass(3_500_000)
    await record.flush()
    t.deepEqual(await rows(), [first])
    pass(100_000)
    await record.flush()
    t.deepEqual(await rows(), [first, ['ann', 'signin.password', 'done', '10.0.0.1', 3]])
  }))

test('R34: failed sign-ins aggregate per minute, for each address', (t) =>
  withRecord(async ({ record, rows, pass }) => {
    const ann = { name: 'ann', isKnown: true }
    for (let n = 0; n < 4; n++) record.failed(ann, '10.0.0.1', 'password')
    record.failed(ann, '10.0.0.2', 'password')
    await record.flush()
    for (let n = 0; n < 7; n++) record.failed(ann, '10.0.0.1', 'password')
    await record.flush()
    t.is((await rows()).length, 2)
    pass(60_000)
    await record.flush()
    t.deepEqual(await rows(), [
      ['ann', 'signin.password', 'failed', '10.0.0.1', 4],
      ['ann', 'signin.password', 'failed', '10.0.0.2', 1],
      ['ann', 'signin.password', 'failed', '10.0.0.1', 7],
    ])
  }))

test('R34: an unknown name is stored as an HMAC, the same for the same name', (t) =>
  withRecord(async ({ record, rows, database }) => {
    record.failed({ name: 'my-typed-password', isKnown: false }, '10.0.0.1', 'password')
    record.failed({ name: 'my-typed-password', isKnown: false }, '10.0.0.1', 'password')
    record.failed({ name: 'another', isKnown: false }, '10.0.0.1', 'password')
    await record.flush()
    t.deepEqual(
      (await rows()).map(([name, , , , count]) => [
        /^unknown\$[0-9a-f]{32}$/.test(`${name}`),
        count,
      ]),
      [
        [true, 2],
        [true, 1],
      ],
    )
    t.false(JSON.stringify(await database('audit')).includes('typed'))
  }))

test('R34: memory is bounded, and what cannot be told apart is counted', (t) =>
  withRecord(async ({ record, rows }) => {
    for (let n = 0; n < 100_000; n++) {
      record.failed({ name: `guess-${n}`, isKnown: false }, '10.0.0.1', 'password')
    }
    await record.flush()
    const written = await rows()
    t.is(written.length, 501)
    t.deepEqual(written.at(-1), ['warden$system', 'record.overflow', 'failed', null, 99_500])
  }))

test('R34: invented names leave the room of those that somebody has', (t) =>
  withRecord(async ({ record, rows }) => {
    for (let n = 0; n < 1000; n++) {
      record.failed({ name: `guess-${n}`, isKnown: false }, '10.0.0.1', 'password')
    }
    record.failed({ name: 'ann', isKnown: true }, '10.0.0.2', 'password')
    await record.flush()
    const ofAnn = (await rows()).filter(([name]) => name === 'ann')
    t.deepEqual(ofAnn, [['ann', 'signin.password', 'failed', '10.0.0.2', 1]])
  }))

test('what was counted is written at the end, and kept while the database fails', async (t) => {
  const world = await startAuditWorld()
  const { database } = world
  try {
    const row = {
      actorName: 'ann',
      action: 'signin.password',
      target: 'ann',
      outcome: 'done',
    } as const
    const rows = createCountedRows({
      database,
      most: 10,
      everyMs: 60_000,
      overflow: { ...row, actorName: 'others' },
      monotonicMs: () => 0,
    })
    rows.count(row)
    await rows.flush()
    rows.count(row)
    rows.count(row)
    await database.schema.renameTable('audit', 'away')
    await t.throwsAsync(rows.flush({ isLast: true }))
    await database.schema.renameTable('away', 'audit')
    await rows.flush({ isLast: true })
    t.deepEqual(await database('audit').orderBy('id').pluck('count'), [1, 2])
  } finally {
    await world.stop()
  }
})

import { rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { openAuditKey } from '../../src/audit/audit-key.ts'
import { findHead, takeChain } from '../../src/audit/chain-queries.ts'
import { checkpointAudit, sealAudit } from '../../src/audit/seal-audit.ts'
import { trimAudit } from '../../src/audit/trim-audit.ts'
import { type AuditWorld, fillAudit, startAuditWorld } from '../support/audit-world.ts'

const withWorld = async (rows: number, work: (world: AuditWorld) => Promise<void>) => {
  const world = await startAuditWorld()
  try {
    await fillAudit(world.database, rows)
    await world.seal()
    await work(world)
  } finally {
    await world.stop()
  }
}

const ANOTHER = '00000000-0000-4000-8000-000000000002'

test('R34: a record that nobody touched verifies, with every row in it', (t) =>
  withWorld(1200, async ({ verify }) => {
    t.deepEqual(await verify(), { from: 1, until: 1200, unsealed: 0, broken: undefined })
  }))

test('R34: the key stands in a file of its owner alone, and not in the database', (t) =>
  withWorld(0, async ({ keyPath, key, database }) => {
    t.is((statSync(keyPath).mode & 0o777).toString(8), '600')
    const [row] = await database('audit_chain')
    t.false(JSON.stringify(row).includes(key.toString('hex')))
  }))

for (const [column, value] of [
  ['actor_name', 'mallory'],
  ['outcome', 'done'],
  ['time', new Date('2020-01-01T00:00:00Z')],
  ['count', 7],
  ['address', null],
  ['mac', '0'.repeat(64)],
] as const) {
  test(`R34: a row whose ${column} was changed is named`, (t) =>
    withWorld(60, async ({ database, verify }) => {
      await database('audit')
        .where({ seal: 51 })
        .update({ [column]: value })
      const { broken } = await verify()
      t.is(broken?.seal, 51)
      t.is(broken?.reason, 'the row was changed, or put in by somebody without the key')
    }))
}

test('R34: a row that was removed from the middle is named', (t) =>
  withWorld(60, async ({ database, verify }) => {
    await database('audit').where({ seal: 20 }).delete()
    t.deepEqual((await verify()).broken, { seal: 20, reason: 'the row is missing' })
  }))

test('R34: numbers that were moved up over a removed row do not hide it', (t) =>
  withWorld(60, async ({ database, verify }) => {
    await database('audit').where({ seal: 20 }).delete()
    await database.raw('UPDATE audit SET seal = seal - 1 WHERE seal > 20 ORDER BY seal')
    t.is((await verify()).broken?.seal, 20)
  }))

test('R34: rows that were removed from the end are missed', (t) =>
  withWorld(60, async ({ database, verify }) => {
    await database('audit').where('seal', '>', 50).delete()
    t.deepEqual((await verify()).broken, { seal: 51, reason: 'the row is missing' })
  }))

test('R34: an end that was moved back to hide removed rows is seen', (t) =>
  withWorld(60, async ({ database, verify }) => {
    await database('audit').where('seal', '>', 50).delete()
    const { mac } = await database('audit').where({ seal: 50 }).first('mac')
    await database('audit_chain').update({ seal: 50, mac })
    t.deepEqual((await verify()).broken, { seal: 50, reason: 'the end of the chain was changed' })
  }))

test('R34: an end that was put back as it once was is seen by a checkpoint after it', (t) =>
  withWorld(60, async (world) => {
    const { database, verify, seal } = world
    const [old] = await database('audit_chain')
    await fillAudit(database, 20)
    await seal()
    const checkpoint = await checkpointAudit(world)
    t.is(checkpoint?.seal, 80)
    await database('audit').where('seal', '>', 60).delete()
    const { seal: end, mac, proof } = old
    await database('audit_chain').update({ seal: end, mac, proof })
    t.is((await verify()).broken?.seal, 61)
    // Whoever owns the database removes that one too; the one in the log is out of reach.
    await database('audit_checkpoints').delete()
    t.is((await verify()).broken, undefined)
    t.is((await verify(checkpoint)).broken?.seal, 61)
  }))

test('R34: a row that was put in with a number is seen', (t) =>
  withWorld(60, async ({ database, verify }) => {
    const { id, sequence, replica, ...row } = await database('audit').where({ seal: 60 }).first()
    await database('audit').insert({ ...row, seal: 61 })
    const { broken } = await verify()
    t.is(broken?.seal, 61)
    t.is(broken?.reason, 'the row was put in after the end of the chain')
  }))

test('R34: a forged cut does not hide removed rows', (t) =>
  withWorld(60, async ({ database, verify }) => {
    const { mac } = await database('audit').where({ seal: 30 }).first('mac')
    const forged = { kind: 'cut', seal: 30, mac, proof: '0'.repeat(64), created_at: new Date() }
    await database('audit_checkpoints').insert(forged)
    await database('audit').where('seal', '<=', 30).delete()
    t.regex((await verify()).broken?.reason ?? '', /the checkpoint at row 30/)
  }))

test('R34: nothing is sealed over an end that was changed', (t) =>
  withWorld(10, async (world) => {
    await world.database('audit_chain').update({ seal: 5 })
    await fillAudit(world.database, 1)
    await t.throwsAsync(sealAudit(world), { name: 'AuditChainError' })
  }))

test('R34: two sealers at once never give a number twice', async (t) => {
  const world = await startAuditWorld()
  try {
    const { database, key } = world
    await fillAudit(database, 3000)
    const work = async (holder: string): Promise<void> => {
      for (let round = 0; round < 60; round++) {
        await takeChain(database, holder)
        // As after a pause in which the other one's term begins.
        if (round % 3 === 0) await database('audit_chain').update({ expires_at: new Date(0) })
        await sealAudit({ database, key, holder })
      }
    }
    await Promise.all([work(world.holder), work(ANOTHER)])
    await database('audit_chain').update({ expires_at: new Date(0) })
    await world.seal()
    const [row] = await database('audit')
      .countDistinct({ distinct: 'seal' })
      .max({ most: 'seal' })
      .count({ all: '*' })
    t.deepEqual({ ...row }, { distinct: 3000, most: 3000, all: 3000 })
    t.is((await world.verify()).broken, undefined)
  } finally {
    await world.stop()
  }
})

test('R34: who lost the chain seals nothing', (t) =>
  withWorld(10, async (world) => {
    const { database } = world
    await database('audit_chain').update({ expires_at: new Date(0) })
    t.true(await takeChain(database, ANOTHER))
    await fillAudit(database, 5)
    t.is(await sealAudit(world), 0)
    t.is((await findHead(database))?.seal, 10)
  }))

test('R34: old rows go in small steps', (t) =>
  withWorld(1200, async (world) => {
    const input = { days: 1, isForwarded: false }
    const steps: number[] = []
    for (let step = 0; step < 4; step++) {
      steps.push(await trimAudit(world, input))
      t.is((await world.verify()).broken, undefined)
    }
    t.deepEqual(steps, [500, 500, 200, 0])
  }))

test('rows that are not sealed yet stay, however old', (t) =>
  withWorld(0, async (world) => {
    await fillAudit(world.database, 5)
    t.is(await trimAudit(world, { days: 1, isForwarded: false }), 0)
    t.is((await world.verify()).unsealed, 5)
  }))

test('R34: retention keeps the record verifying, and goes on with new rows', (t) =>
  withWorld(700, async (world) => {
    const { database, verify, seal } = world
    const input = { days: 1, isForwarded: false }
    await database('audit').insert({
      time: new Date(Date.now() + 3_600_000),
      actor_name: 'ann',
      action: 'tag.delete',
      target: 'acme/app:1',
      outcome: 'done',
    })
    await fillAudit(database, 3)
    await seal()
    while ((await trimAudit(world, input)) > 0);
    // The old rows behind the young one stay with it: only the beginning of a chain can go.
    t.deepEqual(await verify(), { from: 701, until: 704, unsealed: 0, broken: undefined })
    t.is((await database('audit_checkpoints').where({ kind: 'cut' })).length, 1)
    await fillAudit(database, 2)
    t.is(await trimAudit(world, input), 0)
    await seal()
    t.deepEqual(await verify(), { from: 701, until: 706, unsealed: 0, broken: undefined })
  }))

test('R34: a changed row is not removed by its age', (t) =>
  withWorld(10, async (world) => {
    await world.database('audit').where({ seal: 4 }).update({ actor_name: 'mallory' })
    const input = { days: 1, isForwarded: false }
    await t.throwsAsync(trimAudit(world, input), { name: 'AuditChainError' })
    t.is((await world.verify()).broken?.seal, 4)
  }))

test('rows that are still to be forwarded stay, however old', (t) =>
  withWorld(10, async (world) => {
    const input = { days: 1, isForwarded: true }
    t.is(await trimAudit(world, input), 0)
    await world.database('audit_chain').update({ forwarded: 4 })
    t.is(await trimAudit(world, input), 4)
  }))

test('R34: a process with another key, or none, does not seal', (t) =>
  withWorld(1, async ({ database, keyPath }) => {
    const path = join(keyPath, '..', 'other.key')
    const none = openAuditKey({ database, path })
    await t.throwsAsync(none, { name: 'AuditKeyError', message: /is not there; copy the file/ })
    writeFileSync(path, 'ab'.repeat(32))
    await t.throwsAsync(openAuditKey({ database, path }), { message: /is another one/ })
    rmSync(path)
  }))

test('a checkpoint is made at once, then when there is more to tell', (t) =>
  withWorld(10, async (world) => {
    t.is((await checkpointAudit(world))?.seal, 10)
    t.is(await checkpointAudit(world), undefined)
    await fillAudit(world.database, 5)
    await world.seal()
    t.is(await checkpointAudit(world), undefined)
    await world.database('audit_checkpoints').update({ created_at: new Date(0) })
    t.is((await checkpointAudit(world))?.seal, 15)
  }))

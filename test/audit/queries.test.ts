import test from 'ava'
import {
  findChainKeyId,
  findHead,
  takeChain,
  updateForwarded,
} from '../../src/audit/chain-queries.ts'
import { findLastCheckpoint, listCheckpoints } from '../../src/audit/checkpoint-queries.ts'
import { readAuditPage, walkAudit } from '../../src/audit/list-audit.ts'
import { checkpointAudit, sealAudit } from '../../src/audit/seal-audit.ts'
import { countUnsealed, findLastSeal, listSealed } from '../../src/audit/seal-queries.ts'
import { trimAudit } from '../../src/audit/trim-audit.ts'
import type { AuditFilter, AuditPosition } from '../../src/audit/types.ts'
import { type AuditWorld, fillAudit, startAuditWorld } from '../support/audit-world.ts'
import { explain, slowSteps } from '../support/explain.ts'

let world: AuditWorld

test.before(async () => {
  world = await startAuditWorld()
  await fillAudit(world.database, 20_000)
  await world.seal()
  await fillAudit(world.database, 300)
  await checkpointAudit(world)
  await world.database.raw('ANALYZE TABLE audit')
})
test.after.always(() => world.stop())

const FILTERS = {
  actor: 'user-3',
  action: 'tag.delete',
  project: 'project-2',
  target: 'project-2/app:77',
  targetPrefix: 'project-2/',
  outcome: 'denied',
  since: new Date('2026-01-01T01:00:00Z'),
  until: new Date('2026-01-01T04:00:00Z'),
} as const satisfies AuditFilter

const NAMES = Object.keys(FILTERS) as readonly (keyof AuditFilter)[]

const SUBSETS: readonly AuditFilter[] = Array.from({ length: 2 ** NAMES.length }, (_, bits) =>
  Object.fromEntries(
    NAMES.filter((_name, bit) => bits & (2 ** bit)).map((name) => [name, FILTERS[name]]),
  ),
)

const BEFORE: AuditPosition = { time: new Date('2026-01-01T05:00:00Z'), id: 18_001 }

test.serial('every combination of filters is served by an index, without sorting', async (t) => {
  t.is(SUBSETS.length, 256)
  for (const filter of SUBSETS) {
    for (const before of [undefined, BEFORE]) {
      const read = () => readAuditPage(world.database, { filter, before, most: 50 })
      const steps = await explain(world.database, read)
      t.true(steps.length > 0)
      t.deepEqual(slowSteps(steps), [])
    }
  }
})

test.serial('every other query uses an index', async (t) => {
  const { database, holder } = world
  const steps = await explain(database, async () => {
    await findChainKeyId(database)
    await findHead(database)
    await takeChain(database, holder)
    await updateForwarded(database, 1, holder)
    await findLastCheckpoint(database, 'cut')
    await listCheckpoints(database, { after: 5, until: 30_000 })
    await countUnsealed(database)
    await findLastSeal(database)
    await listSealed(database, { after: 700, most: 500 })
    await checkpointAudit(world)
    await sealAudit(world)
    await trimAudit(world, { days: 100, isForwarded: false })
  })
  t.true(steps.length > 15)
  t.deepEqual(slowSteps(steps), [])
})

test.serial('explain finds a query without an index', async (t) => {
  const { database } = world
  const steps = await explain(database, async () => {
    await database('audit').where({ user_agent: 'none' }).select('id')
    await database('audit').where({ actor_name: 'user-3' }).orderBy('address').select('id')
  })
  t.is(slowSteps(steps).length, 2)
})

test.serial('pages hold exactly the rows that fit, whatever the window', async (t) => {
  const filter: AuditFilter = {
    action: 'member.set',
    outcome: 'denied',
    targetPrefix: 'project-0/',
  }
  const expected: { readonly id: number }[] = await world
    .database('audit')
    .where({ action: 'member.set', outcome: 'denied' })
    .where('target', 'like', 'project-0/%')
    .orderBy([
      { column: 'time', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .select('id')
  for (const window of [7, 100, 5000]) {
    const ids: number[] = []
    let before: AuditPosition | undefined
    do {
      const page = await readAuditPage(world.database, { filter, before, most: 20, window })
      ids.push(...page.items.map(({ id }) => id))
      before = page.next
    } while (before !== undefined)
    t.deepEqual(
      ids,
      expected.map(({ id }) => id),
    )
  }
  const other = { ...filter, action: 'tag.delete' }
  const found = await readAuditPage(world.database, { filter: other, before: undefined, most: 1 })
  t.is(found.items[0]?.action, 'tag.delete')
})

test.serial('signs that SQL gives a meaning are letters in a prefix', async (t) => {
  const count = async (targetPrefix: string): Promise<number> =>
    (await readAuditPage(world.database, { filter: { targetPrefix }, before: undefined, most: 5 }))
      .items.length
  t.deepEqual([await count('project_1'), await count('%'), await count('project-1')], [0, 0, 5])
})

test.serial('a walk over growing rows sees each that was there once', async (t) => {
  const filter = { actor: 'user-1' }
  const row = await world
    .database('audit')
    .where({ actor_name: 'user-1' })
    .count({ n: '*' })
    .first()
  const seen = new Map<number, number>()
  for await (const rows of walkAudit(world.database, filter)) {
    for (const { id } of rows) seen.set(id, (seen.get(id) ?? 0) + 1)
    await world.database('audit').insert({
      time: world.database.raw('UTC_TIMESTAMP(3)'),
      actor_name: 'user-1',
      action: 'tag.delete',
      target: 'new',
      outcome: 'done',
    })
  }
  t.is(seen.size, Number(row?.n))
  t.deepEqual(new Set(seen.values()), new Set([1]))
})

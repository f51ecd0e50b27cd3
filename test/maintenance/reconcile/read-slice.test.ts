import test from 'ava'
import { markDirty } from '../../../src/images/dirty-queries.ts'
import { readSlice } from '../../../src/maintenance/reconcile/read-slice.ts'
import { digestOf, openIndexDatabase, scriptRegistry } from '../../support/index-database.ts'
import { waitFor } from '../../support/wait-for.ts'

const index = await openIndexDatabase()
test.after.always(() => index.stop())

const log = { info: () => undefined, warn: () => undefined }
const repository = 'locked/app'

/** Waits until a statement on the marks waits for a lock. */
const untilItWaits = () =>
  waitFor(async () => {
    const [[row]] = await index.database.raw(
      `SELECT COUNT(*) AS count FROM information_schema.processlist
        WHERE db = DATABASE() AND time_ms > 100 AND info LIKE 'insert into \`dirty_references\`%'`,
    )
    return row.count > 0 || undefined
  })

const listMarks = (
  database: typeof index.database,
): Promise<readonly { readonly reference: string; readonly marks: number }[]> =>
  database('dirty_references')
    .where({ repository })
    .orderBy('reference')
    .select('reference', 'marks')

test('marks that meet those of events in a deadlock are made again', async (t) => {
  const deps = scriptRegistry(index.database)
  for (const tag of ['a', 'b']) deps.script.tags.set(`${repository}:${tag}`, digestOf(1))
  // What passes is to be looked at again: it is marked and nothing else.
  const passing = { ...deps, log, findPassing: async () => new Set([digestOf(1)]) }
  const reading = await index.database.transaction(async (events) => {
    // The server ends the one that has written less.
    const many = Array.from({ length: 50 }, (_, n) => ({ repository: 'other', reference: `${n}` }))
    await markDirty(events, many)
    await markDirty(events, [{ repository, reference: 'b' }])
    const read = readSlice(passing, { names: [repository], check: () => undefined })
    read.catch(() => undefined)
    await untilItWaits()
    await markDirty(events, [{ repository, reference: 'a' }])
    return { read, before: await listMarks(events) }
  })
  const { counts, failures } = await reading.read
  t.deepEqual(failures, [])
  t.like(counts, { tags: 2, failures: 0 })
  t.deepEqual(
    reading.before.map(({ reference }) => reference),
    ['a', 'b'],
  )
  t.deepEqual(
    await listMarks(index.database),
    reading.before.map(({ reference, marks }) => ({ reference, marks: marks + 1 })),
  )
})

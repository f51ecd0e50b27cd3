import test from 'ava'
import { createEventWriter } from '../../src/notifications/write-events.ts'
import type { RegistryEvent } from '../../src/protocol/event.ts'
import { openIndexDatabase } from '../support/index-database.ts'
import { AT, registryEvent } from '../support/registry-event.ts'

let index: Awaited<ReturnType<typeof openIndexDatabase>>

test.before(async () => {
  index = await openIndexDatabase()
})
test.after.always(() => index?.stop())

const event = (id: string): RegistryEvent => registryEvent({ id })

const kept = (prefix: string): Promise<readonly string[]> =>
  index
    .database('events')
    .where('event_id', 'like', `${prefix}-%`)
    .orderBy('event_id')
    .pluck('event_id')

async function countInserts(work: () => Promise<unknown>): Promise<number> {
  let inserts = 0
  const onQuery = ({ sql }: { readonly sql: string }): void => {
    if (/^insert/i.test(sql)) inserts++
  }
  index.database.on('query', onQuery)
  await work()
  index.database.removeListener('query', onQuery)
  return inserts
}

test.serial('requests that come while one is written share the next statement', async (t) => {
  const write = createEventWriter({ database: index.database, now: () => AT })
  const ids = ['shared-1', 'shared-2', 'shared-3', 'shared-4']
  const inserts = await countInserts(() => Promise.all(ids.map((id) => write([event(id)]))))
  t.is(inserts, 2)
  t.deepEqual(await kept('shared'), ids)
})

/** What MariaDB takes at most in one statement. */
const PACKET_BYTES = 16 * 1024 * 1024

test.serial('an event that no table takes is refused alone', async (t) => {
  const write = createEventWriter({ database: index.database, now: () => AT })
  const first = write([event('alone-1')])
  const [bad, good] = [registryEvent({ actor: 'x'.repeat(PACKET_BYTES) }), event('alone-3')]
  const outcomes = await Promise.allSettled([first, write([bad]), write([good])])
  t.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  t.deepEqual(await kept('alone'), ['alone-1', 'alone-3'])
})

test.serial(
  'when the database refuses, each request hears of it, and the next ones are written',
  async (t) => {
    const write = createEventWriter({ database: index.database, now: () => AT })
    await index.database.schema.renameTable('events', 'events_away')
    const outcomes = await Promise.allSettled([write([event('away-1')]), write([event('away-2')])])
    await index.database.schema.renameTable('events_away', 'events')
    t.deepEqual(
      outcomes.map(({ status }) => status),
      ['rejected', 'rejected'],
    )
    await write([event('away-3')])
    t.deepEqual(await kept('away'), ['away-3'])
  },
)

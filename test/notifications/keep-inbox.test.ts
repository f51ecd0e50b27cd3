import test from 'ava'
import { trimInbox } from '../../src/notifications/keep-inbox.ts'
import { openIndexDatabase } from '../support/index-database.ts'

const { database, stop } = await openIndexDatabase()
test.after.always(stop)

const DAY_MS = 86_400_000

const fill = (from: number, count: number, days: number) =>
  database.batchInsert(
    'unreadable_events',
    Array.from({ length: count }, (_, n) => ({
      id: from + n,
      received_at: new Date(Date.now() - days * DAY_MS),
      reason: 'none',
      body: '',
    })),
    500,
  )

const readLeft = () =>
  database('unreadable_events').count({ count: '*' }).min({ first: 'id' }).first()

test.serial('what nobody could read is kept for 30 days', async (t) => {
  await fill(1, 10, 31)
  await fill(11, 10, 29)
  await trimInbox({ database, isLeader: async () => true })
  t.deepEqual({ ...(await readLeft()) }, { count: 10, first: 11 })
})

test.serial('of what nobody could read the last 10,000 are kept', async (t) => {
  await fill(100, 15_000, 0)
  await trimInbox({ database, isLeader: async () => false })
  t.deepEqual({ ...(await readLeft()) }, { count: 15_010, first: 11 })
  await trimInbox({ database, isLeader: async () => true })
  t.deepEqual({ ...(await readLeft()) }, { count: 10_000, first: 5100 })
})

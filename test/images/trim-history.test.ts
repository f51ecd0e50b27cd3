import test from 'ava'
import { trimHistory } from '../../src/images/trim-history.ts'
import { openIndexDatabase } from '../support/index-database.ts'

const { database, stop } = await openIndexDatabase()
test.after.always(stop)

const DAY_MS = 86_400_000
const daysAgo = (days: number): Date => new Date(Date.now() - days * DAY_MS)

const entries = (tag: string, count: number, time: (n: number) => Date) =>
  Array.from({ length: count }, (_, n) => ({
    repository_id: 1,
    tag,
    ticket: n + 1,
    digest: 'd',
    time: time(n),
  }))

test('history is kept for 366 days, and of each tag for its last 1,000 moves', async (t) => {
  await database.batchInsert(
    'tag_history',
    [
      ...entries('old', 2500, () => daysAgo(367)),
      ...entries('calm', 3, (n) => daysAgo([400, 365, 1][n] ?? 0)),
      ...entries('restless', 3500, (n) => new Date(Date.now() - (3500 - n) * 1000)),
      ...entries('just-enough', 1000, (n) => new Date(Date.now() - (1000 - n) * 1000)),
    ],
    500,
  )
  await trimHistory(database)
  const left = await database('tag_history')
    .groupBy('tag')
    .orderBy('tag')
    .select('tag')
    .count({ count: '*' })
    .min({ first: 'ticket' })
  t.deepEqual(left.map(Object.values), [
    ['calm', 2, 2],
    ['just-enough', 1000, 1],
    ['restless', 1000, 2501],
  ])
})

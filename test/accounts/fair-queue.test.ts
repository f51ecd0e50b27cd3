import { setImmediate as settle } from 'node:timers/promises'
import test from 'ava'
import { createFairQueue } from '../../src/accounts/fair-queue.ts'

type Line = 'familiar' | 'strange'

/** A queue whose work ends when the test says so. */
function createBench(concurrency: number, places: number) {
  const limits = { places, placesPerLane: 4 }
  const queue = createFairQueue<Line>({
    concurrency,
    lines: { familiar: limits, strange: limits },
  })
  const started: string[] = []
  const ends: (() => void)[] = []
  const refused: string[] = []
  const ask = (line: Line, lane: string, name: string): void => {
    const work = (): Promise<void> => {
      started.push(name)
      return new Promise((end) => ends.push(end))
    }
    queue.run({ line, lane }, work).catch(() => refused.push(name))
  }
  /** Ends the work that has run longest, one piece after the other. */
  const finish = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      ends.shift()?.()
      await settle()
    }
  }
  return { queue, ask, finish, started, refused }
}

test('R17: no more runs at once than was set', async (t) => {
  const { ask, finish, started } = createBench(2, 10)
  for (const name of ['1', '2', '3', '4']) ask('strange', 'a', name)
  t.deepEqual(started, ['1', '2'])
  await finish(1)
  t.deepEqual(started, ['1', '2', '3'])
})

test('R17: the fifth that waits in a lane is refused, and another lane has its places', async (t) => {
  const { ask, started, refused } = createBench(1, 10)
  for (const name of ['running', '1', '2', '3', '4', 'refused']) ask('strange', 'a', name)
  ask('strange', 'b', 'welcome')
  await settle()
  t.deepEqual(started, ['running'])
  t.deepEqual(refused, ['refused'])
})

test('R17: lanes take turns, whoever filled theirs first', async (t) => {
  const { ask, finish, started } = createBench(1, 10)
  for (const name of ['a0', 'a1', 'a2', 'a3', 'a4']) ask('strange', 'a', name)
  ask('strange', 'b', 'b1')
  ask('strange', 'b', 'b2')
  ask('strange', 'c', 'c1')
  await finish(8)
  t.deepEqual(started, ['a0', 'a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4'])
})

test('R17: a full line takes no place from another', async (t) => {
  const { ask, finish, started, refused } = createBench(1, 3)
  for (const lane of ['a', 'b', 'c', 'd', 'e']) ask('strange', lane, lane)
  ask('familiar', 'me', 'me')
  await finish(2)
  t.deepEqual(refused, ['e'])
  t.deepEqual(started, ['a', 'me', 'b'])
})

test('R17: a line that waits gets every second turn, and starves no other', async (t) => {
  const { ask, finish, started } = createBench(1, 10)
  ask('strange', 's', 'running')
  for (const name of ['s1', 's2', 's3']) ask('strange', 's', name)
  for (const name of ['f1', 'f2', 'f3']) ask('familiar', 'f', name)
  await finish(7)
  t.deepEqual(started, ['running', 'f1', 's1', 'f2', 's2', 'f3', 's3'])
})

test('R17: no slot stays empty while anybody waits', (t) => {
  const { ask, started } = createBench(4, 10)
  for (const name of ['1', '2', '3', '4']) ask('strange', 'a', name)
  t.deepEqual(started, ['1', '2', '3', '4'])
})

test('R17: who is refused is told when to come back', async (t) => {
  const { queue, ask } = createBench(1, 1)
  ask('strange', 'a', 'running')
  ask('strange', 'a', 'waiting')
  const refusal = queue.run({ line: 'strange', lane: 'b' }, async () => 'never')
  await t.throwsAsync(refusal, { name: 'AppError', code: 'BUSY' })
  await t.throwsAsync(refusal, { message: /try again/ })
})

test('work that fails fails its own caller and makes room for the next', async (t) => {
  const { queue } = createBench(1, 10)
  const place = { line: 'strange', lane: 'a' } as const
  const failing = queue.run(place, () => Promise.reject(new Error('out of memory')))
  const throwing = queue.run(place, () => {
    throw new Error('no such hash')
  })
  const next = queue.run(place, async () => 'done')
  await t.throwsAsync(failing, { message: 'out of memory' })
  await t.throwsAsync(throwing, { message: 'no such hash' })
  t.is(await next, 'done')
})

test('places are free again once their work has begun', async (t) => {
  const { ask, finish, refused } = createBench(1, 2)
  for (const name of ['0', '1', '2']) ask('strange', 'a', name)
  await finish(3)
  for (const name of ['3', '4', '5']) ask('strange', 'a', name)
  await settle()
  t.deepEqual(refused, [])
})

test('a queue tells what runs, what waits and what it refused, line by line', async (t) => {
  const { queue, ask, finish } = createBench(1, 10)
  for (const name of ['running', '1', '2', '3', '4', 'refused']) ask('strange', 'a', name)
  ask('familiar', 'b', '5')
  await settle()
  const refused = { familiar: 0, strange: 1 }
  t.deepEqual(queue.stats(), { running: 1, waiting: { familiar: 1, strange: 4 }, refused })
  await finish(6)
  t.deepEqual(queue.stats(), { running: 0, waiting: { familiar: 0, strange: 0 }, refused })
})

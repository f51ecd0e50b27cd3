import test from 'ava'
import { listAhead } from '../../../src/maintenance/reconcile/list-ahead.ts'

/** Work that ends when it is told to. */
function startWork() {
  const begun: string[] = []
  const ended: string[] = []
  const ends = new Map<string, () => void>()
  const work = async (item: string): Promise<string> => {
    begun.push(item)
    await new Promise<void>((resolve) => void ends.set(item, resolve))
    ended.push(item)
    return item.toUpperCase()
  }
  return { begun, ended, work, end: (item: string): void => ends.get(item)?.() }
}

const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('so many are begun ahead of who takes them, and no more', async (t) => {
  const { begun, work, end } = startWork()
  const results = listAhead(['a', 'b', 'c', 'd'], 2, work)
  const first = results.next()
  await later()
  t.deepEqual(begun, ['a', 'b'])
  end('b')
  await later()
  t.deepEqual(begun, ['a', 'b'])
  end('a')
  t.deepEqual(await first, { value: 'A', done: false })
  void results.next()
  await later()
  t.deepEqual(begun, ['a', 'b', 'c'])
})

test('results come in the order of the items, whichever ends first', async (t) => {
  const { work, end } = startWork()
  const results: string[] = []
  const taking = (async () => {
    for await (const result of listAhead(['a', 'b', 'c'], 3, work)) results.push(result)
  })()
  await later()
  for (const item of ['c', 'b', 'a']) end(item)
  await taking
  t.deepEqual(results, ['A', 'B', 'C'])
})

test('who takes no more waits for what was begun, and begins nothing', async (t) => {
  const { begun, ended, work, end } = startWork()
  const results = listAhead(['a', 'b', 'c', 'd'], 2, work)
  const first = results.next()
  await later()
  end('a')
  await first
  const left = results.return(undefined).then(() => [...ended])
  await later()
  end('b')
  t.deepEqual(await left, ['a', 'b'])
  t.deepEqual(begun, ['a', 'b'])
})

test('items that fail to come end it when what was begun has ended', async (t) => {
  const { ended, work, end } = startWork()
  async function* failing(): AsyncGenerator<string> {
    yield 'a'
    throw new Error('no more can be had')
  }
  const failed = listAhead(failing(), 2, work)
    .next()
    .catch((error: Error) => `${error.message} after ${ended}`)
  await later()
  end('a')
  t.is(await failed, 'no more can be had after a')
})

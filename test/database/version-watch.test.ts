import test from 'ava'
import type { Change, ChangeVersion, VersionNews } from '../../src/database/change-version.ts'
import { createVersionWatch } from '../../src/database/version-watch.ts'
import { createVersionedCache, type Versioned } from '../../src/database/versioned-cache.ts'

const at = (counter: number, epoch = 'e'): ChangeVersion => ({ epoch, counter })

/** A database whose version, answers and clock are in the hand of the test. */
const createWorld = () => {
  const world = {
    ms: 0,
    wallMs: 0,
    news: { version: at(1), changes: undefined } as VersionNews,
    isAway: false,
    looks: 0,
    /** Happens in the middle of every look. */
    inLook: (): void => undefined,
  }
  const watch = createVersionWatch({
    readNews: async () => {
      world.looks++
      world.inLook()
      if (world.isAway) throw new Error('away')
      return world.news
    },
    graceSeconds: 10,
    monotonicMs: () => world.ms,
    now: () => new Date(world.wallMs),
  })
  const pass = (ms: number): void => {
    world.ms += ms
    world.wallMs += ms
  }
  const change = (version: ChangeVersion, changes?: readonly Change[]): Promise<void> => {
    world.news = { version, changes }
    return watch.lookAgain()
  }
  return { world, watch, pass, change }
}

interface Row {
  readonly id: number
  readonly text: string
}

const createRows = (watch: ReturnType<typeof createWorld>['watch']) => {
  const rows = new Map<string, Versioned<Row>>()
  const state = { loads: 0 }
  const cache = createVersionedCache<Row>({
    watch,
    most: 10,
    load: async (key) => {
      state.loads++
      return rows.get(key) ?? { version: watch.version() ?? at(0), value: undefined }
    },
    concerns: ({ kind, id }, row) => kind === 'user' && id === row.id,
  })
  return { rows, cache, state }
}

test('R5: a process that slept in the middle of a look, which then failed, looks again before it goes on', async (t) => {
  const { world, watch, pass } = createWorld()
  await watch.settle()
  pass(1001)
  world.isAway = true
  // It sleeps, and its deadline has passed when it wakes up; the database was there all along.
  world.inLook = () => pass(25_000)
  await watch.lookAgain()
  world.inLook = () => undefined
  world.isAway = false
  world.news = { version: at(2), changes: undefined }
  t.is(await watch.settle(), 'fresh')
  t.deepEqual(watch.version(), at(2))
})

test('R6: a version is fresh for a second from the start of its look, then it is looked for again', async (t) => {
  const { world, watch, pass } = createWorld()
  t.is(await watch.settle(), 'fresh')
  pass(1000)
  t.is(watch.freshness(), 'fresh')
  pass(1)
  t.is(watch.freshness(), 'grace')
  t.is(await watch.settle(), 'fresh')
  t.is(world.looks, 2)
})

test('R6: with the database away there is a grace, and it ends', async (t) => {
  const { world, watch, pass } = createWorld()
  await watch.settle()
  world.isAway = true
  pass(1500)
  t.is(await watch.settle(), 'grace')
  pass(9500)
  t.is(watch.freshness(), 'grace')
  pass(1)
  t.is(watch.freshness(), 'closed')
})

test('R6: who comes while the database is known to be away is told at once', async (t) => {
  const { world, watch, pass } = createWorld()
  await watch.settle()
  world.isAway = true
  pass(1500)
  await watch.settle()
  const { looks } = world
  await watch.settle()
  t.is(world.looks, looks)
})

test('R6: a wall clock that jumps makes the version old', async (t) => {
  const { world, watch } = createWorld()
  await watch.settle()
  world.wallMs += 5000
  t.is(watch.freshness(), 'grace')
  world.wallMs -= 10_000
  t.is(watch.freshness(), 'grace')
})

test('a process that never reached the database serves nothing', async (t) => {
  const { world, watch } = createWorld()
  world.isAway = true
  t.is(await watch.settle(), 'closed')
})

test('R5: a row is kept until a change that concerns it', async (t) => {
  const { watch, change } = createWorld()
  const { rows, cache, state } = createRows(watch)
  rows.set('a', { version: at(1), value: { id: 1, text: 'one' } })
  rows.set('b', { version: at(1), value: { id: 2, text: 'two' } })
  await watch.settle()
  await cache.read('a')
  await cache.read('b')
  await cache.read('a')
  t.is(state.loads, 2)
  rows.set('a', { version: at(2), value: { id: 1, text: 'changed' } })
  await change(at(2), [{ kind: 'user', id: 1 }])
  t.deepEqual(await cache.read('a'), { id: 1, text: 'changed' })
  t.deepEqual(await cache.read('b'), { id: 2, text: 'two' })
  t.is(state.loads, 3)
})

for (const [what, version] of [
  ['a gap in the changes', at(5)],
  ['another epoch', at(1, 'restored')],
] as const) {
  test(`R5: ${what} drops every row`, async (t) => {
    const { watch, change } = createWorld()
    const { rows, cache, state } = createRows(watch)
    rows.set('a', { version: at(1), value: { id: 1, text: 'one' } })
    await watch.settle()
    await cache.read('a')
    rows.set('a', { version, value: { id: 1, text: 'changed' } })
    await change(version)
    t.deepEqual(await cache.read('a'), { id: 1, text: 'changed' })
    t.is(state.loads, 2)
  })
}

test('R5: a row read before the newest change is read again and never kept', async (t) => {
  const { watch, change } = createWorld()
  const { rows, cache, state } = createRows(watch)
  await watch.settle()
  await change(at(2), [{ kind: 'user', id: 1 }])
  rows.set('a', { version: at(1), value: { id: 1, text: 'old' } })
  await cache.read('a')
  t.is(state.loads, 6)
  rows.set('a', { version: at(2), value: { id: 1, text: 'new' } })
  t.deepEqual(await cache.read('a'), { id: 1, text: 'new' })
})

test('R5: what is not there is asked for every time', async (t) => {
  const { watch } = createWorld()
  const { rows, cache } = createRows(watch)
  await watch.settle()
  t.is(await cache.read('late'), undefined)
  rows.set('late', { version: at(1), value: { id: 9, text: 'here' } })
  t.deepEqual(await cache.read('late'), { id: 9, text: 'here' })
})

test('equal reads at one time are one read', async (t) => {
  const { watch } = createWorld()
  const { rows, cache, state } = createRows(watch)
  rows.set('a', { version: at(1), value: { id: 1, text: 'one' } })
  await watch.settle()
  await Promise.all([cache.read('a'), cache.read('a'), cache.read('a')])
  t.is(state.loads, 1)
})

test('in the grace the known are served and the unknown refused', async (t) => {
  const { world, watch, pass } = createWorld()
  const { rows, cache } = createRows(watch)
  rows.set('a', { version: at(1), value: { id: 1, text: 'one' } })
  await watch.settle()
  await cache.read('a')
  world.isAway = true
  pass(2000)
  t.deepEqual(await cache.read('a'), { id: 1, text: 'one' })
  await t.throwsAsync(cache.read('b'), { code: 'UNAVAILABLE' })
  pass(20_000)
  await t.throwsAsync(cache.read('a'), { code: 'UNAVAILABLE' })
})

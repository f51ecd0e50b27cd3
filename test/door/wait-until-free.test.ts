import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { startStopwatch } from '../../src/door/stopwatch.ts'
import { waitUntilFree } from '../../src/door/wait-until-free.ts'
import type { Hold } from '../../src/holds/types.ts'
import { createUnderWay } from '../../src/holds/under-way.ts'

const HOLD: Hold = {
  epoch: 1,
  target: { repository: 'acme/app', tag: 'v1' },
  kind: 'removal',
  holder: 'h',
  reason: 'the tag v1 of acme/app is being deleted',
  takenAt: new Date(),
  expiresAt: new Date(),
  deadline: undefined,
}
const clocks = { now: () => new Date(), monotonicMs: () => performance.now() }
// The look is handed over; nothing else asks the database.
const underWay = createUnderWay()
const deps = { ...clocks, database: undefined as never, underWay, longestWaitMs: 600 }
const nobodyLeaves = new AbortController().signal

test('a hold that ends is waited out', async (t) => {
  let looks = 0
  const look = async () => (++looks < 3 ? HOLD : undefined)
  const free = await waitUntilFree(deps, look, nobodyLeaves)
  t.true(free.sinceLook() < 400)
  free.end()
  t.is(looks, 3)
})

test('a hold that does not end is told after the longest wait', async (t) => {
  const startedAtMs = performance.now()
  await t.throwsAsync(
    waitUntilFree(deps, async () => HOLD, nobodyLeaves),
    {
      code: 'DENIED',
      message: 'the tag v1 of acme/app is being deleted; try again in a minute',
    },
  )
  t.true(performance.now() - startedAtMs >= 600)
})

test('read-only is told at once: it does not end by itself', async (t) => {
  let looks = 0
  const look = async () => {
    looks++
    return { ...HOLD, kind: 'read-only' as const, reason: 'we move' }
  }
  await t.throwsAsync(waitUntilFree(deps, look, nobodyLeaves), {
    code: 'DENIED',
    message: 'the registry is read-only: we move',
  })
  t.is(looks, 1)
})

test('R25: a database that does not answer means held', async (t) => {
  const look = async (): Promise<never> => {
    throw new Error('ECONNREFUSED')
  }
  await t.throwsAsync(waitUntilFree(deps, look, nobodyLeaves), {
    code: 'DENIED',
    message:
      /^the database of the token service does not answer, so no manifest can be written now/,
  })
})

test('who leaves is waited for no longer', async (t) => {
  const leaving = new AbortController()
  const waiting = waitUntilFree(
    { ...deps, longestWaitMs: 60_000 },
    async () => HOLD,
    leaving.signal,
  )
  leaving.abort()
  await t.throwsAsync(waiting, { message: 'the client left before its turn' })
})

test('time is counted from before the look, by whichever clock says more', async (t) => {
  let [monotonicMs, wallMs] = [1000, 50_000]
  const both = { now: () => new Date(wallMs), monotonicMs: () => monotonicMs }
  const slowLook = async () => {
    monotonicMs += 4000
    return undefined
  }
  const { sinceLook, end } = await waitUntilFree({ ...deps, ...both }, slowLook, nobodyLeaves)
  end()
  t.is(sinceLook(), 4000)
  const elapsed = startStopwatch(both)
  wallMs += 60_000
  t.is(elapsed(), 60_000)
  wallMs -= 120_000
  monotonicMs += 7000
  t.is(elapsed(), 7000)
})

test('who takes a hold waits for what was let through before, and for no write that waits', async (t) => {
  const own = createUnderWay()
  const asking = { ...deps, underWay: own, longestWaitMs: 60_000 }
  const free = await waitUntilFree(asking, async () => undefined, nobodyLeaves)
  const leaving = new AbortController()
  const held = waitUntilFree(asking, async () => HOLD, leaving.signal)
  let isOver = false
  const ended = own.ended().then(() => {
    isOver = true
  })
  await sleep(100)
  t.false(isOver)
  free.end()
  await ended
  leaving.abort()
  await t.throwsAsync(held)
  t.is(own.count(), 0)
})

import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import test from 'ava'
import { createFingerprint } from '../../src/signin/proven-cache.ts'
import { createAnswerCache } from '../../src/token/answer-cache.ts'

const START = Date.parse('2026-03-01T12:00:00Z')
const LIFE_SECONDS = 300

/** A cache whose two clocks stand still until they are moved, and a version that can be raised. */
function makeCache() {
  const clocks = { ms: 5000, wallMs: START }
  const state = { counter: 1, leaf: 'leaf 1', freshness: 'fresh' as 'fresh' | 'grace' }
  const answers = createAnswerCache({
    watch: {
      version: () => ({ epoch: 'e', counter: state.counter }),
      freshness: () => state.freshness,
      settle: async () => state.freshness,
      lookAgain: async () => undefined,
      onChange: () => undefined,
      start: () => async () => undefined,
      stats: () => ({ ageSeconds: 0, polls: { ok: 0, failed: 0 } }),
    },
    most: 10,
    fingerprint: createFingerprint(),
    leafFingerprint: () => state.leaf,
    monotonicMs: () => clocks.ms,
    now: () => new Date(clocks.wallMs),
  })
  const ask = () => {
    const request = new IncomingMessage(new Socket())
    request.url = '/auth/token?service=registry-warden'
    request.headers.authorization = 'Basic YTpi'
    const { issued: found, asked } = answers.find(request)
    if (asked !== undefined) answers.remember(request, asked)
    return { request, found, asked }
  }
  const keepFor = (request: IncomingMessage, until?: Date): void =>
    answers.keep(request, { token: 'a.b.c', expiresInSeconds: LIFE_SECONDS }, until)
  const keep = (until?: Date): void => keepFor(ask().request, until)
  /** As for an answer from memory. */
  const keepAsked = (): void => {
    const { asked } = ask()
    if (asked) answers.keepAsked(asked, { token: 'a.b.c', expiresInSeconds: LIFE_SECONDS })
  }
  const passSeconds = (seconds: number): void => {
    clocks.ms += seconds * 1000
    clocks.wallMs += seconds * 1000
  }
  return { answers, clocks, state, ask, keep, keepAsked, keepFor, passSeconds }
}

test('an answer is repeated for a tenth of its life, and says how long it lives on', (t) => {
  const { ask, keep, passSeconds } = makeCache()
  keep()
  passSeconds(29)
  t.deepEqual(ask().found, { token: 'a.b.c', expiresInSeconds: 271 })
  passSeconds(1)
  t.is(ask().found, undefined)
})

test('an answer from memory is kept when it is asked for a second time', (t) => {
  const { ask, keepAsked, answers } = makeCache()
  keepAsked()
  t.is(ask().found, undefined)
  t.is(answers.stats().entries, 0)
  keepAsked()
  t.is(ask().found?.token, 'a.b.c')
})

test('R3: an answer is not repeated beyond the end of a right in it', (t) => {
  const { ask, keep, passSeconds } = makeCache()
  keep(new Date(START + 10_000))
  passSeconds(9)
  t.is(ask().found?.token, 'a.b.c')
  passSeconds(1)
  t.is(ask().found, undefined)
})

test('R3: an answer whose right has ended already is not repeated at all', (t) => {
  const { ask, keep } = makeCache()
  keep(new Date(START - 1))
  t.is(ask().found, undefined)
})

test('R3: a right that ended while the machine slept ends the answer', (t) => {
  const { ask, keep, clocks } = makeCache()
  keep(new Date(START + 10_000))
  clocks.wallMs += 10_000
  t.is(ask().found, undefined)
})

test('an answer from before the clock was set back is not repeated', (t) => {
  const { ask, keep, clocks } = makeCache()
  keep()
  clocks.wallMs -= 3_600_000
  t.is(ask().found, undefined)
})

test('R5: a change, a renewed leaf and a database that is away each end all repetition', (t) => {
  for (const change of [{ counter: 2 }, { leaf: 'leaf 2' }, { freshness: 'grace' }] as const) {
    const { ask, keep, state } = makeCache()
    keep()
    t.is(ask().found?.token, 'a.b.c')
    Object.assign(state, change)
    t.is(ask().found, undefined)
  }
})

test('R5: an answer that was begun before a change is not kept after it', (t) => {
  const { ask, state, keepFor } = makeCache()
  const before = ask()
  state.counter = 2
  keepFor(before.request)
  t.is(ask().found, undefined)
  const after = ask()
  keepFor(after.request)
  t.is(ask().found?.token, 'a.b.c')
})

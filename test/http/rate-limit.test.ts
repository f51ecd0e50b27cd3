import test from 'ava'
import type { Caller } from '../../src/http/caller.ts'
import { createRateLimit } from '../../src/http/rate-limit.ts'

const callerFrom = (address: string, user?: { id: number; username: string }): Caller => ({
  subject: user ? { kind: 'user', ...user, systemRole: undefined } : { kind: 'anonymous' },
  origin: { address, userAgent: undefined, requestId: 'r' },
})

const ALICE = callerFrom('10.0.0.1', { id: 1, username: 'alice' })

function createLimit(perMinute: number) {
  const clock = { ms: 0 }
  const limit = createRateLimit({
    perMinute,
    networkOf: (address) => address.replace(/\d+$/, '0'),
    monotonicMs: () => clock.ms,
  })
  return { clock, limit }
}

test('a caller has so many requests a minute, and is told what is left', (t) => {
  const { clock, limit } = createLimit(3)
  t.deepEqual(limit(ALICE).headers, {
    'RateLimit-Policy': '"api";q=3;w=60',
    RateLimit: '"api";r=2;t=60',
    'RateLimit-Limit': '3',
    'RateLimit-Remaining': '2',
    'RateLimit-Reset': '60',
  })
  clock.ms = 10_500
  t.is(limit(ALICE).headers.RateLimit, '"api";r=1;t=50')
  t.is(limit(ALICE).retryAfterSeconds, undefined)
  t.is(limit(ALICE).retryAfterSeconds, 50)
  t.is(limit(ALICE).headers['RateLimit-Remaining'], '0')
  clock.ms = 60_000
  t.is(limit(ALICE).headers.RateLimit, '"api";r=2;t=60')
})

test('callers are counted apart; who is anonymous shares with the own network', (t) => {
  const { limit } = createLimit(1)
  t.is(limit(ALICE).retryAfterSeconds, undefined)
  t.is(limit(callerFrom('10.0.0.2', { id: 2, username: 'bob' })).retryAfterSeconds, undefined)
  t.is(limit(callerFrom('10.0.0.1', { id: 3, username: 'alice' })).retryAfterSeconds, undefined)
  t.is(limit(callerFrom('10.0.0.1')).retryAfterSeconds, undefined)
  t.is(limit(callerFrom('10.0.0.9')).retryAfterSeconds, 60)
  t.is(limit(callerFrom('10.0.1.9')).retryAfterSeconds, undefined)
  t.is(limit({ ...ALICE, origin: callerFrom('10.9.9.9').origin }).retryAfterSeconds, 60)
})

test('the access tokens of one user share the rate of that user', (t) => {
  const { limit } = createLimit(1)
  const withToken = (id: number): Caller => ({
    ...ALICE,
    subject: {
      kind: 'user',
      id: 1,
      username: 'alice',
      systemRole: undefined,
      credential: { kind: 'accessToken', id, permissions: undefined, expiresAt: undefined },
    },
  })
  t.is(limit(withToken(1)).retryAfterSeconds, undefined)
  t.is(limit(withToken(2)).retryAfterSeconds, 60)
  t.is(limit(ALICE).retryAfterSeconds, 60)
})

test('a rate of 0 counts nothing', (t) => {
  const { limit } = createLimit(0)
  for (let round = 0; round < 100; round++) {
    t.deepEqual(limit(ALICE), { headers: {}, retryAfterSeconds: undefined })
  }
})

import test from 'ava'
import { countNow, networkCountNow, readWaits, throttled } from '../../src/signin/throttle-rules.ts'

const NOW = new Date('2030-01-01T12:00:00Z')
const ago = (seconds: number): Date => new Date(NOW.getTime() - seconds * 1000)
const settings = { freeFailures: 5 }

for (const [count, secondsAgo, wait] of [
  [4, 0, 0],
  [5, 0, 1],
  [6, 0, 2],
  [10, 0, 32],
  [10, 30, 2],
  [10, 32, 0],
  [14, 0, 512],
  [15, 0, 900],
  [5000, 0, 900],
  [5000, 900, 0],
  [15, -7200, 900],
] as const) {
  test(`R17: ${count} failures, the last ${secondsAgo} s ago, leave ${wait} s to wait`, (t) => {
    const account = { count, failedAt: ago(secondsAgo) }
    t.is(readWaits({ account, network: undefined }, settings, NOW).account, wait)
  })
}

test('R17: a network has ten times the free failures of one account', (t) => {
  const at = (count: number) =>
    readWaits({ account: undefined, network: { count, failedAt: NOW } }, settings, NOW).network
  t.deepEqual([at(49.9), at(50), at(51.5), at(53)], [0, 1, 2, 8])
})

test('R17: an account forgets all at once after half an hour, a network one a minute as well', (t) => {
  const failures = (secondsAgo: number) => ({ count: 20, failedAt: ago(secondsAgo) })
  t.deepEqual([countNow(failures(1799), NOW), countNow(failures(1800), NOW)], [20, 0])
  t.deepEqual(
    [90, 1260, 1800].map((seconds) => networkCountNow(failures(seconds), NOW)),
    [18.5, 0, 0],
  )
})

test('R17: the refusal says for whom and for how long, in whole seconds', (t) => {
  const error = throttled('ann', 7.2)
  t.is(error.message, 'too many wrong passwords for ann from this network; try again in 8 seconds')
  t.is(error.retryAfterSeconds, 8)
  t.is(throttled(undefined, 0).retryAfterSeconds, 1)
})

import type { IncomingMessage } from 'node:http'
import test from 'ava'
import { createClientCensus } from '../../src/http/client-census.ts'

const MINUTE_MS = 60_000

/** A census whose clock is moved by hand; `see` is one request. */
function createTestCensus() {
  let nowMs = 0
  let address = ''
  const readOrigin = () => ({ address, userAgent: undefined, requestId: 'r' })
  const census = createClientCensus(readOrigin, () => nowMs)
  return {
    read: census.readCensus,
    pass: (minutes: number): void => {
      nowMs += minutes * MINUTE_MS
    },
    see: (from: string, url = '/auth/token?service=x'): void => {
      address = from
      census.readOrigin({ url } as IncomingMessage)
    },
  }
}

test('requests and different addresses are counted', (t) => {
  const { see, read } = createTestCensus()
  for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.1', '::1']) see(address)
  t.deepEqual(read(), { minutes: 30, requests: 4, addresses: 3, impossible: 0 })
})

test('probes of balancers are no clients', (t) => {
  const { see, read } = createTestCensus()
  for (const url of ['/healthz', '/readyz', '/readyz?x']) see('10.0.0.1', url)
  see('10.0.0.1', '/readyzz')
  t.is(read().requests, 1)
})

test('R14: an address that nobody can have is counted every time', (t) => {
  const { see, read } = createTestCensus()
  for (const address of ['203.0.113.7', '203.0.113.7', '2001:db8::1', '8.8.8.8', 'nonsense']) {
    see(address)
  }
  t.is(read().impossible, 3)
})

test('clients are forgotten after half an hour at most, and a quarter at least', (t) => {
  const { see, read, pass } = createTestCensus()
  see('10.0.0.1')
  pass(15)
  see('10.0.0.2')
  t.is(read().addresses, 2)
  pass(15)
  t.deepEqual(read(), { minutes: 30, requests: 1, addresses: 1, impossible: 0 })
  pass(31)
  t.is(read().requests, 0)
})

test('no more than a thousand addresses are remembered', (t) => {
  const { see, read } = createTestCensus()
  for (let n = 0; n < 1500; n++) see(`10.0.${n >> 8}.${n & 255}`)
  t.deepEqual([read().addresses, read().requests], [1000, 1500])
})

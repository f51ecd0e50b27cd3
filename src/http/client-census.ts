import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import type { Origin } from './caller.ts'

const PERIOD_MINUTES = 15
const MOST_ADDRESSES = 1000
/** A balancer or an engine asks these from an address of its own, and is no client. */
const PROBES = /^\/(?:healthz|readyz)(?:\?|$)/

/** Networks for documents (RFC 5737, RFC 3849): no client comes from there, so one was made up. */
const documentation = new BlockList()
documentation.addSubnet('192.0.2.0', 24, 'ipv4')
documentation.addSubnet('198.51.100.0', 24, 'ipv4')
documentation.addSubnet('203.0.113.0', 24, 'ipv4')
documentation.addSubnet('2001:db8::', 32, 'ipv6')

/** What is known of the clients of the last quarter to half hour. No address leaves the process. */
export interface Census {
  readonly minutes: number
  readonly requests: number
  /** Different addresses; 1000 stands for 1000 or more. */
  readonly addresses: number
  /** Requests with an address that nobody can have: a header of a client was believed. */
  readonly impossible: number
}

export interface ClientCensus {
  /** Reads where a request comes from, and counts it. Once for each request. */
  readonly readOrigin: (request: IncomingMessage) => Origin
  readonly readCensus: () => Census
}

interface Period {
  readonly startedAtMs: number
  /** Whether each is an impossible one: found out once, since this is done for every request. */
  readonly addresses: Map<string, boolean>
  requests: number
  impossible: number
}

const startPeriod = (startedAtMs: number): Period => ({
  startedAtMs,
  addresses: new Map(),
  requests: 0,
  impossible: 0,
})

const isImpossible = (address: string): boolean => {
  const family = isIP(address)
  return family !== 0 && documentation.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

/**
 * Counts from how many addresses clients come: where all seem to be one, the proxy does not say who
 * they are or is not believed (R14), and whatever goes by address takes them for one. The present
 * period and the one before it are kept, so the memory is bounded and old clients are forgotten.
 */
export function createClientCensus(
  readOrigin: (request: IncomingMessage) => Origin,
  monotonicMs: () => number = () => performance.now(),
): ClientCensus {
  const periodMs = PERIOD_MINUTES * 60_000
  let present = startPeriod(monotonicMs())
  let before = startPeriod(present.startedAtMs - periodMs)
  const turn = (): void => {
    const nowMs = monotonicMs()
    const ageMs = nowMs - present.startedAtMs
    if (ageMs < periodMs) return
    before = ageMs < 2 * periodMs ? present : startPeriod(nowMs - periodMs)
    present = startPeriod(nowMs)
  }
  const count = (address: string): void => {
    turn()
    const wrong = present.addresses.get(address) ?? isImpossible(address)
    if (present.addresses.size < MOST_ADDRESSES) present.addresses.set(address, wrong)
    present.requests += 1
    if (wrong) present.impossible += 1
  }
  return {
    readOrigin: (request) => {
      const origin = readOrigin(request)
      if (!PROBES.test(request.url ?? '')) count(origin.address)
      return origin
    },
    readCensus: () => {
      turn()
      const addresses = new Set([...before.addresses.keys(), ...present.addresses.keys()])
      return {
        minutes: 2 * PERIOD_MINUTES,
        requests: before.requests + present.requests,
        addresses: Math.min(addresses.size, MOST_ADDRESSES),
        impossible: before.impossible + present.impossible,
      }
    },
  }
}

import type { Registry } from 'prom-client'
import type { ErrorCode } from '../errors.ts'
import { createDurations, type Observe } from './durations.ts'
import type { Listener } from './names.ts'
import type { Readings } from './readings.ts'

/** A request without a route, of which anybody may invent as many as they like. */
const UNROUTED = 'none'
const METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
])

/** What of a request is counted. */
export interface CountedRequest {
  readonly method: string
  /** The declared path; undefined when no route took it. */
  readonly route: string | undefined
  readonly status: number
}

export interface AnsweredRequest extends CountedRequest {
  readonly seconds: number
  /** Undefined when it was not refused and did not fail. */
  readonly code: ErrorCode | undefined
}

/** Counts the requests of one listener. */
export interface RequestCounter {
  readonly count: (request: AnsweredRequest) => void
  /** For answers that are given often: looks up once what is then counted. */
  readonly prepare: (request: CountedRequest) => Observe
}

interface Series {
  readonly labels: Readonly<Record<'listener' | 'method' | 'route' | 'status', string>>
  readonly observe: Observe
  value: number
}

interface Errors {
  readonly labels: Readonly<Record<'listener' | 'route' | 'code', string>>
  value: number
}

function getOrMake<T>(all: Map<string, T>, key: string, make: () => T): T {
  const known = all.get(key)
  if (known !== undefined) return known
  const made = make()
  all.set(key, made)
  return made
}

/** Makes the counters of requests, one for each listener. */
export function createRequestCounters(
  registry: Registry,
  { read }: Readings,
): (listener: Listener) => RequestCounter {
  const createDuration = createDurations(registry, 'warden_http_request_duration_seconds')
  const durations = new Map<string, Observe>()
  const requests = new Map<string, Series>()
  const errors = new Map<string, Errors>()
  read('warden_http_requests_total', () => [...requests.values()])
  read('warden_http_errors_total', () => [...errors.values()])
  return (listener) => {
    const find = ({ method: asked, route = UNROUTED, status }: CountedRequest): Series => {
      const method = METHODS.has(asked) ? asked : 'other'
      return getOrMake(requests, `${listener} ${method} ${status} ${route}`, () => {
        // Shared by all statuses.
        const observe = getOrMake(durations, `${listener} ${method} ${route}`, () =>
          createDuration({ listener, method, route }),
        )
        return { labels: { listener, method, route, status: String(status) }, observe, value: 0 }
      })
    }
    const add = (series: Series, seconds: number): void => {
      series.value++
      series.observe(seconds)
    }
    const fail = (code: ErrorCode, route = UNROUTED): void => {
      const labels = { listener, route, code }
      getOrMake(errors, `${listener} ${code} ${route}`, () => ({ labels, value: 0 })).value++
    }
    return {
      prepare: (request) => {
        const series = find(request)
        return (seconds) => add(series, seconds)
      },
      count: (request) => {
        add(find(request), request.seconds)
        if (request.code !== undefined) fail(request.code, request.route)
      },
    }
  }
}

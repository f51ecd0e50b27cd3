import { z } from 'zod'
import type { ClientCensus } from '../http/client-census.ts'
import { defineRoute, type Route } from '../http/route.ts'
import type { Metrics } from '../metrics/create-metrics.ts'
import { type Readiness, type ReadinessDeps, readReadiness } from './readiness.ts'

const statusSchema = z.object({ status: z.string() })

const healthRoute = (): Route =>
  defineRoute({
    method: 'get',
    path: '/healthz',
    summary: 'Whether the process lives',
    open: true,
    answers: { 200: { description: 'It lives', schema: statusSchema } },
    handle: async () => ({ status: 200, body: { status: 'ok' } }),
  })

const readyRoute = (deps: ReadinessDeps, present: (readiness: Readiness) => object): Route =>
  defineRoute({
    method: 'get',
    path: '/readyz',
    summary: 'Whether requests can be served',
    open: true,
    answers: {
      200: { description: 'They can; degraded where some cannot', schema: statusSchema },
      503: { description: 'They cannot', schema: statusSchema },
    },
    handle: async () => {
      const readiness = await readReadiness(deps)
      return { status: readiness.status === 'unavailable' ? 503 : 200, body: present(readiness) }
    },
  })

const metricsRoute = (metrics: Metrics): Route =>
  defineRoute({
    method: 'get',
    path: '/metrics',
    summary: 'What the process counts, for Prometheus',
    open: true,
    answers: { 200: { description: 'Its text format, version 0.0.4', schema: z.string() } },
    handle: async () => {
      const { contentType, text } = await metrics.expose()
      return { status: 200, body: text, headers: { 'Content-Type': contentType } }
    },
  })

/** For everybody: the status alone, since reasons name inner addresses. */
export const createPublicHealthRoutes = (deps: ReadinessDeps): readonly Route[] => [
  healthRoute(),
  readyRoute(deps, ({ status }) => ({ status })),
]

/**
 * All of the private listener: health with reasons and how many clients there were, metrics, the
 * intake of notifications, the orders of a collector, and the door.
 */
export const createPrivateRoutes = (
  deps: ReadinessDeps &
    Pick<ClientCensus, 'readCensus'> & {
      readonly metrics: Metrics
      readonly notifications: { readonly routes: readonly Route[] }
      readonly collector: { readonly routes: readonly Route[] }
      readonly door: { readonly routes: readonly Route[] }
    },
): readonly Route[] => [
  healthRoute(),
  readyRoute(deps, (readiness) => ({ ...readiness, clients: deps.readCensus() })),
  metricsRoute(deps.metrics),
  ...deps.notifications.routes,
  ...deps.collector.routes,
  ...deps.door.routes,
]

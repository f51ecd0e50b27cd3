import { z } from 'zod'
import type { ClientCensus } from '../http/client-census.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { type Readiness, type ReadinessDeps, readReadiness } from './readiness.ts'

const statusSchema = z.object({ status: z.string() })

const createHealthRoute = (): Route =>
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

/** For everybody: the status alone, since reasons name inner addresses. */
export const createPublicHealthRoutes = (deps: ReadinessDeps): readonly Route[] => [
  createHealthRoute(),
  readyRoute(deps, ({ status }) => ({ status })),
]

/** For monitoring and the doctor: with the reason for each part, and how many clients there were. */
export const createPrivateHealthRoutes = (
  deps: ReadinessDeps & Pick<ClientCensus, 'readCensus'>,
): readonly Route[] => [
  createHealthRoute(),
  readyRoute(deps, (readiness) => ({ ...readiness, clients: deps.readCensus() })),
]

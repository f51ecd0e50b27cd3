import type { IncomingMessage, RequestListener } from 'node:http'
import Router from '@koa/router'
import Koa, { type Middleware } from 'koa'
import type { RequestCounter } from '../metrics/requests.ts'
import type { Origin } from './caller.ts'
import { countMiddleware } from './count-requests.ts'
import {
  accessLogMiddleware,
  errorMiddleware,
  headersMiddleware,
  type Log,
  originMiddleware,
} from './middleware.ts'
import { mountRoutes, type ProofOfCallers } from './mount-routes.ts'
import type { ReadOnce } from './once.ts'
import type { RateLimit } from './rate-limit.ts'
import type { Route } from './route.ts'

export interface ListenerDeps {
  readonly log: Log
  readonly counter: RequestCounter
  readonly readOrigin: (request: IncomingMessage) => Origin
  /** Makes AppErrors of what lower rooms throw, such as a lost database. */
  readonly translate: (error: unknown) => unknown
  /** Whether a path is one of the admin API. */
  readonly isOfApi: (path: string) => boolean
  /** Called after every change by the API, before its answer goes. */
  readonly afterChange: () => Promise<void>
  /** How callers of the API, and of all other routes, prove themselves. */
  readonly api: ProofOfCallers
  readonly realm: ProofOfCallers
  readonly readOnce: ReadOnce
  readonly rateLimit: RateLimit
  /** Answers about pages of other origins; undefined: nothing does. */
  readonly cors?: Middleware | undefined
  readonly routes: readonly Route[]
}

/** Puts the routes of one listener behind what every request goes through. */
export function createKoaListener(deps: ListenerDeps): RequestListener {
  const { log, isOfApi, routes, readOnce, rateLimit } = deps
  const koa = new Koa()
  const router = new Router({ sensitive: true, strict: true })
  for (const route of routes) {
    const proof = isOfApi(route.path) ? deps.api : deps.realm
    mountRoutes(router, [route], { ...proof, readOnce, rateLimit })
  }
  koa.use(originMiddleware(deps.readOrigin))
  koa.use(accessLogMiddleware(log))
  koa.use(countMiddleware(deps.counter))
  koa.use(headersMiddleware())
  if (deps.cors !== undefined) koa.use(deps.cors)
  koa.use(errorMiddleware(log, deps.translate))
  koa.use(async function ownWritesFirst(ctx, next) {
    await next()
    // A token by form is a POST too, and changes nothing.
    const isChange = isOfApi(ctx.path) && !['GET', 'HEAD'].includes(ctx.method)
    if (isChange && ctx.status < 300) await deps.afterChange()
  })
  koa.use(router.routes())
  koa.use(router.allowedMethods())
  koa.on('error', (error: NodeJS.ErrnoException) => {
    // Whoever breaks a connection or the protocol does it as often as they like.
    const isTheirs = /^(?:HPE_|ECONNRESET|EPIPE|ERR_STREAM)/.test(error.code ?? '')
    log[isTheirs ? 'debug' : 'error']({ error }, 'answer could not be sent')
  })
  return koa.callback()
}

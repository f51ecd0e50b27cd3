import type { IncomingMessage, RequestListener } from 'node:http'
import Router from '@koa/router'
import Koa from 'koa'
import type { Origin } from './caller.ts'
import {
  accessLogMiddleware,
  errorMiddleware,
  headersMiddleware,
  type Log,
  originMiddleware,
} from './middleware.ts'
import { type MountRoutesDeps, mountRoutes } from './mount-routes.ts'
import type { Route } from './route.ts'

export interface ListenerDeps extends MountRoutesDeps {
  readonly log: Log
  readonly readOrigin: (request: IncomingMessage) => Origin
  /** Makes AppErrors of what lower rooms throw. */
  readonly translateError: (error: unknown) => unknown
  /** Done after a change by the API, before it is answered. */
  readonly afterChange: () => Promise<void>
}

const API = /^\/api\//
const READS: ReadonlySet<string> = new Set(['GET', 'HEAD'])

/** Puts declared routes behind what every request goes through. */
export function createListener(deps: ListenerDeps, routes: readonly Route[]): RequestListener {
  const { log } = deps
  const koa = new Koa()
  const router = new Router({ sensitive: true, strict: true })
  mountRoutes(router, routes, deps)
  koa.use(originMiddleware(deps.readOrigin))
  koa.use(accessLogMiddleware(log))
  koa.use(headersMiddleware())
  koa.use(errorMiddleware(log, deps.translateError))
  koa.use(async function ownWritesFirst(ctx, next) {
    await next()
    // A token by form is a POST too, and changes nothing.
    const isChange = API.test(ctx.path) && !READS.has(ctx.method)
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

import type { Middleware } from 'koa'
import type { RequestCounter } from '../metrics/requests.ts'

/** Counts every request by the route that took it, which `mountRoutes` notes down, and by its error. */
export function countMiddleware({ count }: RequestCounter): Middleware {
  return async function countRequest(ctx, next) {
    const startedAtMs = performance.now()
    try {
      await next()
    } finally {
      count({
        method: ctx.method,
        route: ctx.state.route,
        status: ctx.status,
        seconds: (performance.now() - startedAtMs) / 1000,
        code: ctx.state.errorCode,
      })
    }
  }
}

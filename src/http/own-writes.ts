import type { Middleware } from 'koa'

/**
 * Who has changed something sees it in the very next answer of this process. A token by form is a
 * POST too, but not below the API's path, and changes nothing.
 */
export const ownWritesMiddleware = (api: string, lookAgain: () => Promise<void>): Middleware =>
  async function ownWrites(ctx, next) {
    await next()
    const isChange = ctx.path.startsWith(`${api}/`) && !['GET', 'HEAD'].includes(ctx.method)
    if (isChange && ctx.status < 300) await lookAgain()
  }

import cors from '@koa/cors'
import type { Middleware } from 'koa'
import type { CorsConfig } from '../config/cors-variables.ts'
import { ON_BEHALF_OF } from './acting.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/** What pages may send beside what every page may. */
const REQUEST_HEADERS = [
  'authorization',
  'content-type',
  'if-match',
  'if-none-match',
  'idempotency-key',
  'x-request-id',
  ON_BEHALF_OF,
]

/** What pages may read beside what every page may. */
const ANSWER_HEADERS = [
  'etag',
  'link',
  'location',
  'retry-after',
  'x-request-id',
  'idempotent-replayed',
  'ratelimit',
  'ratelimit-policy',
  'ratelimit-limit',
  'ratelimit-remaining',
  'ratelimit-reset',
]

/**
 * Lets pages of the listed origins call the API in a browser (R19): exact origins, no cookies, and
 * nothing for anybody else. It stands before whatever answers, so that refusals can be read, too; a
 * preflight of a listed origin ends here, and asks nothing of anything.
 *
 * @returns undefined where no origin is listed: nothing is answered about origins then
 */
export function createCors(
  { origins, maxAgeSeconds }: CorsConfig,
  isOfApi: (path: string) => boolean,
): Middleware | undefined {
  if (origins.length === 0) return undefined
  const allowed = new Set(origins)
  const answer = cors({
    origin: ({ headers: { origin = '' } }) => (allowed.has(origin) ? origin : ''),
    allowMethods: METHODS,
    allowHeaders: REQUEST_HEADERS,
    exposeHeaders: ANSWER_HEADERS,
    // As a text: a 0 would be left out, and mean five seconds.
    maxAge: String(maxAgeSeconds),
  })
  return async function corsOfApi(ctx, next) {
    await (isOfApi(ctx.path) ? answer(ctx, next) : next())
  }
}

import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Context, Middleware } from 'koa'
import { AppError } from '../errors.ts'
import { ANSWER_HEADERS } from './answer-headers.ts'
import type { Origin } from './caller.ts'
import type { ReadClientAddress } from './client-address.ts'
import { describeError } from './describe-error.ts'
import { presentProblem, presentRegistryError } from './problem.ts'

const REQUEST_ID = /^[\w.-]{1,64}$/
const USER_AGENT_LENGTH = 255
const REGISTRY_PATHS = /^\/(?:auth|v2)(?:\/|$)/

/** What the log takes; fields first, as pino has it. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** Origin of the request, put there by `originMiddleware`. */
export const originOf = (ctx: Context): Origin => ctx.state.origin

const headerText = (value: string | readonly string[] | undefined): string =>
  typeof value === 'string' ? value : (value?.join(', ') ?? '')

/** Makes the function that tells where a request comes from. */
export function createOriginReader(
  readClientAddress: ReadClientAddress,
): (request: IncomingMessage) => Origin {
  return ({ headers, socket }) => {
    const given = headerText(headers['x-request-id'])
    return {
      address: readClientAddress(socket.remoteAddress, headerText(headers['x-forwarded-for'])),
      userAgent: headers['user-agent']?.slice(0, USER_AGENT_LENGTH) || undefined,
      requestId: REQUEST_ID.test(given) ? given : randomUUID(),
    }
  }
}

export function originMiddleware(readOrigin: (request: IncomingMessage) => Origin): Middleware {
  return async function origin(ctx, next) {
    const found = readOrigin(ctx.req)
    ctx.state.origin = found
    ctx.set('X-Request-Id', found.requestId)
    await next()
  }
}

/** One line a request. The query is left out, because people put secrets there. */
export function accessLogMiddleware(log: Log): Middleware {
  return async function accessLog(ctx, next) {
    const startedAtMs = performance.now()
    try {
      await next()
    } finally {
      log.info(
        {
          requestId: originOf(ctx).requestId,
          method: ctx.method,
          path: ctx.path,
          status: ctx.status,
          ms: Math.round((performance.now() - startedAtMs) * 10) / 10,
          address: originOf(ctx).address,
          subject: ctx.state.subjectName,
          onBehalfOf: ctx.state.onBehalfOf,
        },
        'request',
      )
    }
  }
}

/** Sets what every answer carries. */
export function headersMiddleware(): Middleware {
  return async function headers(ctx, next) {
    ctx.set(ANSWER_HEADERS)
    await next()
  }
}

/** Gives every thrown value its place in the table of codes; what has none is a bug. */
function classify(error: unknown, translate: (error: unknown) => unknown): AppError {
  const known = translate(error)
  if (known instanceof AppError) return known
  const status = (error as { status?: unknown } | null)?.status
  if (status === 413) {
    return new AppError('BODY_TOO_LARGE', { detail: 'the body is larger than this route takes' })
  }
  if (typeof status === 'number' && status >= 400 && status < 500) {
    // The parser's own words would repeat a piece of the body.
    return new AppError('REQUEST_INVALID', {
      detail: 'the body cannot be read: it is not what its Content-Type says',
    })
  }
  return new AppError('INTERNAL', {
    detail: 'the service failed; its log has the reason under the request id',
    cause: error,
  })
}

const challenge = (path: string): string =>
  REGISTRY_PATHS.test(path) ? 'Basic realm="registry-warden"' : 'Bearer realm="registry-warden"'

function answerError(ctx: Context, error: AppError): void {
  ctx.status = error.status
  ctx.state.errorCode = error.code
  if (error.status === 401) ctx.set('WWW-Authenticate', challenge(ctx.path))
  if (error.retryAfterSeconds !== undefined) ctx.set('Retry-After', String(error.retryAfterSeconds))
  if (REGISTRY_PATHS.test(ctx.path)) {
    ctx.body = presentRegistryError(error)
    return
  }
  ctx.body = presentProblem(error, { path: ctx.path, requestId: originOf(ctx).requestId })
  ctx.type = 'application/problem+json'
}

/** The router leaves a status without a body where no route takes the request. */
function refuseUnrouted(ctx: Context): void {
  if (ctx.status === 404 && ctx.body === undefined) {
    throw new AppError('ROUTE_UNKNOWN', {
      detail: `there is no route ${ctx.path}; /api/v1/docs lists those of the API`,
    })
  }
  if (ctx.status === 405 || ctx.status === 501) {
    throw new AppError('METHOD_NOT_ALLOWED', { detail: `${ctx.path} does not take ${ctx.method}` })
  }
}

/** One's own failures with all that is known; a part that is away in a line, since it is away for many. */
function logFailure(log: Log, error: AppError, requestId: string): void {
  const { status, code, cause, message } = error
  if (status < 500) return
  if (status < 503) log.error({ requestId, code, error: cause }, message)
  else log.warn({ requestId, code, reason: cause && describeError(cause).message }, message)
}

/**
 * Turns errors into answers: OCI form where registry clients read, problem+json elsewhere.
 *
 * @param translate makes AppErrors of what lower rooms throw, such as a lost database
 */
export function errorMiddleware(log: Log, translate: (error: unknown) => unknown): Middleware {
  return async function errors(ctx, next) {
    try {
      await next()
      refuseUnrouted(ctx)
    } catch (thrown) {
      const error = classify(thrown, translate)
      logFailure(log, error, originOf(ctx).requestId)
      answerError(ctx, error)
    }
  }
}

import type { Socket } from 'node:net'
import type Router from '@koa/router'
import type { Context } from 'koa'
import { koaBody } from 'koa-body'
import type { z } from 'zod'
import { issueText } from '../config/issue-text.ts'
import { AppError, type Fault } from '../errors.ts'
import { hasReservedSegment } from '../protocol/reference.ts'
import { ANONYMOUS, actorName, onBehalfOf, type Subject } from '../protocol/subject.ts'
import { type ActFor, readOnBehalfOf } from './acting.ts'
import type { Authenticate, Credentials } from './caller.ts'
import { readPrecondition, withEtag } from './etag.ts'
import { originOf } from './middleware.ts'
import type { ReadOnce } from './once.ts'
import { type Allowance, type RateLimit, requireAllowance } from './rate-limit.ts'
import type { Answer, BodyType, Route } from './route.ts'

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json(?: *;.*)?$/i
const FORM_TYPE = /^application\/x-www-form-urlencoded(?: *;.*)?$/i
const JSON_LIMIT = '256kb'
const FORM_LIMIT = '64kb'
/** As many as a query may have. */
const MOST_FIELDS = 1000

const readJson = koaBody({
  jsonTypes: ['json', 'application/*+json'],
  jsonLimit: JSON_LIMIT,
  text: false,
  urlencoded: false,
  multipart: false,
})

/** Names are taken as they are, and every value of a name that is repeated, as those of a query. */
const FLAT = { allowDots: false, depth: 0, arrayLimit: MOST_FIELDS, parameterLimit: MOST_FIELDS }

const readForm = koaBody({
  json: false,
  text: false,
  multipart: false,
  formLimit: FORM_LIMIT,
  queryString: FLAT,
})

const READERS = {
  json: { type: JSON_TYPE, name: 'application/json', read: readJson },
  form: { type: FORM_TYPE, name: 'application/x-www-form-urlencoded', read: readForm },
} as const

/** A body may have as many faults as it has bytes, and each is told twice. */
const MOST_FAULTS = 20
const FAULT_LENGTH = 400

const toFault = (issue: z.core.$ZodIssue): Fault => ({
  pointer: issue.path.join('/').slice(0, FAULT_LENGTH) || '(whole)',
  detail: issue.message.slice(0, FAULT_LENGTH),
})

/** @throws AppError REQUEST_INVALID (400) that names the first twenty faults */
function check<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const parsed = schema.safeParse(value, { error: issueText })
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.slice(0, MOST_FAULTS).map(toFault)
  const list = faults.map(({ pointer, detail }) => `${pointer}: ${detail}`).join('; ')
  throw new AppError('REQUEST_INVALID', { detail: `the ${where} is not valid: ${list}`, faults })
}

async function readBody(ctx: Context, bodyType: BodyType): Promise<unknown> {
  if (bodyType === 'raw') return undefined
  const encoding = ctx.get('content-encoding')
  if (encoding !== '' && encoding !== 'identity') {
    throw new AppError('MEDIA_TYPE_UNSUPPORTED', {
      detail: `the body is sent with Content-Encoding ${encoding}; send it plain`,
    })
  }
  const { type, name, read } = READERS[bodyType]
  // Asked for even without a body: a page of another origin cannot send JSON unasked (R19).
  if (!type.test(ctx.get('content-type'))) {
    throw new AppError('MEDIA_TYPE_UNSUPPORTED', {
      detail: `send this request with Content-Type: ${name}`,
    })
  }
  try {
    await read(ctx as unknown as Parameters<typeof read>[0], async () => undefined)
  } catch (error) {
    // Registry clients send forms, and go on after a 400 as they do after no other refusal.
    if (bodyType !== 'form' || (error as { status?: unknown }).status !== 413) throw error
    throw new AppError('REQUEST_INVALID', { detail: `the form is larger than ${FORM_LIMIT}` })
  }
  return ctx.request.body ?? {}
}

const takesBody = (ctx: Context): boolean => ['POST', 'PUT', 'PATCH'].includes(ctx.method)

/**
 * A name that holds a word of our own paths is taken only as one `%2F` segment: else nobody could
 * tell `acme/app/tags` the repository from the tags of `acme/app` (R18).
 */
function refuseAmbiguousName(ctx: Context, name: unknown): void {
  if (typeof name !== 'string' || !hasReservedSegment(name)) return
  const encoded = encodeURIComponent(name).toLowerCase()
  if (ctx.path.toLowerCase().split('/').includes(encoded)) return
  throw new AppError('NAME_INVALID', {
    detail: `the repository name ${name} holds a word of this API's own paths; write it as one segment, its slashes as %2F`,
  })
}

/** How requests of some routes prove themselves. */
export interface ProofOfCallers {
  readonly authenticate: Authenticate
  /** Reads the `Authorization` header. */
  readonly readCredentials: (header: string) => Credentials | undefined
  /** Undefined where nobody acts for others: who asks for it is refused. */
  readonly actFor?: ActFor | undefined
}

/** For the log. */
function noteSubject(ctx: Context, subject: Subject): void {
  ctx.state.subjectName = actorName(subject)
  ctx.state.onBehalfOf = onBehalfOf(subject)
}

async function proveSubject(
  ctx: Context,
  { authenticate, readCredentials, actFor }: ProofOfCallers,
): Promise<Subject> {
  const target = readOnBehalfOf(ctx.headers, actFor)
  const credentials = readCredentials(ctx.get('authorization'))
  const subject = await authenticate(credentials, originOf(ctx))
  noteSubject(ctx, subject)
  if (target === undefined || actFor === undefined) return subject
  const acting = await actFor(subject, target, originOf(ctx))
  noteSubject(ctx, acting)
  return acting
}

function send(ctx: Context, answer: Answer): void {
  ctx.set({ ...answer.headers })
  ctx.status = answer.status
  if (answer.body === undefined) ctx.body = null
  else ctx.body = answer.body
  ctx.status = answer.status
}

/** Path and query alone: a request's host is whatever its sender likes. */
function requestedUrl(ctx: Context): URL {
  const url = new URL('http://localhost')
  url.pathname = ctx.path
  url.search = ctx.querystring
  return url
}

/** What every request goes through beside that. */
export interface MountRoutesDeps extends ProofOfCallers {
  readonly readOnce: ReadOnce
  readonly rateLimit: RateLimit
}

const headerOf = (ctx: Context, name: string): string | undefined => {
  const value = ctx.headers[name]
  return typeof value === 'string' ? value : value?.join(', ')
}

function limit(ctx: Context, allowance: Allowance): void {
  ctx.set({ ...allowance.headers })
  requireAllowance(allowance)
}

/** Its end is seen a turn before the socket is closed. */
const hasHungUp = ({ destroyed, readableEnded }: Socket): boolean => destroyed || readableEnded

async function handle(route: Route, deps: MountRoutesDeps, ctx: Context): Promise<void> {
  const subject = route.open ? ANONYMOUS : await proveSubject(ctx, deps)
  const caller = { subject, origin: originOf(ctx), hasLeft: () => hasHungUp(ctx.req.socket) }
  if (route.limited) limit(ctx, deps.rateLimit(caller))
  if (subject.kind === 'anonymous' && !route.anonymous && !route.open) {
    throw new AppError('UNAUTHORIZED', { detail: 'this needs a user name and a password' })
  }
  refuseAmbiguousName(ctx, ctx.params.name)
  const params = check(route.params, { ...ctx.params }, 'path')
  const query = check(route.query, { ...ctx.query }, 'query')
  const json = takesBody(ctx) ? await readBody(ctx, route.bodyType) : undefined
  const body = route.body === undefined ? undefined : check(route.body, json, 'body')
  const input = { params, query, body, caller, url: requestedUrl(ctx), request: ctx.req }
  const precondition = readPrecondition(route, ctx.headers)
  const key = headerOf(ctx, 'idempotency-key')
  const once = deps.readOnce({ route, caller, path: ctx.path, key, body })
  send(ctx, withEtag(route, ctx.headers, await route.handle({ ...input, precondition, once })))
}

/** Puts declared routes on a router: who asks, then what is asked, then the operation. */
export function mountRoutes(router: Router, routes: readonly Route[], deps: MountRoutesDeps): void {
  for (const route of routes) {
    router[route.method](route.path, (ctx) => {
      ctx.state.route = route.path
      return handle(route, deps, ctx)
    })
  }
}

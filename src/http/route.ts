import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import type { Caller } from './caller.ts'
import type { Precondition } from './etag.ts'
import type { Once } from './once.ts'

/**
 * `form` is application/x-www-form-urlencoded: OAuth2 asks for it. `raw` is read by the handler, from
 * the request, whatever it is.
 */
export type BodyType = 'json' | 'form' | 'raw'

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'

/** What a handler gets: everything checked against the route's schemas. */
export interface RouteInput<P, Q, B> {
  readonly params: P
  readonly query: Q
  readonly body: B
  readonly caller: Caller
  /** Path and query as asked, for `Link`; its host means nothing. */
  readonly url: URL
  /** What `If-Match` asks; a conditional route hands it to its operation. */
  readonly precondition: Precondition
  /** What `Idempotency-Key` asks; an idempotent route does its operation through it. */
  readonly once: Once
  /** The request as it came, for who has to know the same one again. */
  readonly request: IncomingMessage
}

export interface Answer {
  readonly status: number
  /** Sent as JSON; a `Readable` is sent as it comes, with the Content-Type that `headers` name. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** One documented answer; an answer without a schema has no body. */
export interface AnswerDeclaration {
  readonly description: string
  readonly schema?: z.ZodType
  /** Media type of the body, or each that it may have; `application/json` by default. */
  readonly type?: string | readonly string[]
}

/** A field that is told once: never stored, and left out where an answer is repeated, so optional. */
export const secretText = z.string().meta({ 'x-secret': true }).optional()

/**
 * A route as data: its schemas check requests and are what the API's document is made of.
 * Paths are those of @koa/router: `:id`, and `*name` for a repository name with its slashes.
 */
export interface Route {
  readonly method: Method
  readonly path: string
  readonly summary: string
  /** Name of the operation in the API's document and client; made of method and path by default. */
  readonly operationId: string | undefined
  /** Whether a request without credentials is let through to the handler; it decides by rights. */
  readonly anonymous: boolean
  /** Whether credentials are not even looked at: who asks makes no difference. */
  readonly open: boolean
  /** Whether answers of 200 have an `ETag`; by default those of reads that are no lists. */
  readonly etag: boolean
  /** Whether the operation checks `precondition`; other changes refuse the headers. */
  readonly conditional: boolean
  /** Whether a POST takes `Idempotency-Key`, through `once`; others refuse it. */
  readonly idempotent: boolean
  /** Whether its requests count for the caller's rate; `app.ts` says so of the whole API. */
  readonly limited: boolean
  readonly params: z.ZodType
  readonly query: z.ZodType
  readonly body: z.ZodType | undefined
  readonly bodyType: BodyType
  readonly answers: Readonly<Record<number, AnswerDeclaration>>
  /** Statuses of refusals that do not follow from the rest of the route; for the document. */
  readonly refusals: readonly number[]
  readonly handle: (input: RouteInput<unknown, unknown, unknown>) => Promise<Answer>
}

interface RouteDeclaration<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  readonly method: Method
  readonly path: string
  readonly summary: string
  readonly operationId?: string
  readonly anonymous?: boolean
  readonly open?: boolean
  readonly etag?: boolean
  readonly conditional?: boolean
  readonly idempotent?: boolean
  readonly params?: P
  readonly query?: Q
  readonly body?: B
  readonly bodyType?: BodyType
  readonly answers: Readonly<Record<number, AnswerDeclaration>>
  readonly refusals?: readonly number[]
  readonly handle: (input: RouteInput<z.output<P>, z.output<Q>, z.output<B>>) => Promise<Answer>
}

/** A read of one thing: no list, and nothing that is the same for everybody or changes by itself. */
function isReadOfOne({
  method,
  open,
  answers,
}: Pick<
  RouteDeclaration<z.ZodType, z.ZodType, z.ZodType>,
  'method' | 'open' | 'answers'
>): boolean {
  const schema = answers[200]?.schema
  const isList = schema instanceof z.ZodObject && 'items' in schema.shape && 'next' in schema.shape
  return method === 'get' && open !== true && schema !== undefined && !isList
}

/** Declares a route; what its handler gets has the types of its schemas. */
export function defineRoute<
  P extends z.ZodType = z.ZodUndefined,
  Q extends z.ZodType = z.ZodUndefined,
  B extends z.ZodType = z.ZodUndefined,
>(declaration: RouteDeclaration<P, Q, B>): Route {
  const { handle } = declaration
  return {
    method: declaration.method,
    path: declaration.path,
    summary: declaration.summary,
    operationId: declaration.operationId,
    anonymous: declaration.anonymous ?? false,
    open: declaration.open ?? false,
    etag: declaration.etag ?? isReadOfOne(declaration),
    conditional: declaration.conditional ?? false,
    idempotent: declaration.idempotent ?? false,
    limited: false,
    params: declaration.params ?? z.strictObject({}),
    query: declaration.query ?? z.strictObject({}),
    body: declaration.body,
    bodyType: declaration.bodyType ?? 'json',
    answers: declaration.answers,
    refusals: declaration.refusals ?? [],
    // `mountRoutes` parses with exactly these schemas before it calls.
    handle: (input) => handle(input as RouteInput<z.output<P>, z.output<Q>, z.output<B>>),
  }
}

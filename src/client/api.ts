import { ANSWER_UNKNOWN, ApiError, NO_ANSWER, readProblem } from './api-error.ts'
import { OPERATIONS, type Operations, type Schemas } from './generated.ts'

export { ApiError, type Operations, type Schemas }

/** What the service is asked as; undefined asks as nobody. */
export type ClientCredentials =
  | { readonly username: string; readonly password: string }
  | { readonly token: string }

export interface ClientInput {
  /** Address of the service, such as `https://registry.example.com`. */
  readonly url: string
  readonly credentials?: ClientCredentials | undefined
  /** For tests and special networks; the platform's own by default. */
  readonly fetch?: typeof fetch
}

export type OperationName = keyof Operations

/** A part that is there only where the operation has it, and needed only where it needs it. */
type Part<Name extends string, T> = T extends undefined
  ? { readonly [K in Name]?: undefined }
  : Partial<T> extends T
    ? { readonly [K in Name]?: T }
    : { readonly [K in Name]: T }

export type CallInput<N extends OperationName> = Part<'params', Operations[N]['params']> &
  Part<'query', Operations[N]['query']> &
  Part<'body', Operations[N]['body']> & {
    /** The `etag` of an earlier answer: change it only while it is that. */
    readonly ifMatch?: string
    /** The same key with the same request does it once. */
    readonly idempotencyKey?: string
    readonly signal?: AbortSignal
  }

type Arguments<N extends OperationName> =
  Partial<CallInput<N>> extends CallInput<N> ? [input?: CallInput<N>] : [input: CallInput<N>]

export interface CallAnswer<T> {
  readonly status: number
  readonly etag: string | undefined
  readonly requestId: string | undefined
  readonly data: T
}

/** Operations that answer page by page. */
export type ListName = {
  [N in OperationName]: Operations[N]['answer'] extends { readonly next: string | null } ? N : never
}[OperationName]

type ItemOf<N extends ListName> = Operations[N]['answer'] extends {
  readonly items: ReadonlyArray<infer Item>
}
  ? Item
  : never

/** The whole API by the names of its operations. Every call fails with ApiError. */
export interface Client {
  readonly call: <N extends OperationName>(
    name: N,
    ...input: Arguments<N>
  ) => Promise<CallAnswer<Operations[N]['answer']>>
  /** The items of a list, page after page as they are asked for. */
  readonly list: <N extends ListName>(name: N, ...input: Arguments<N>) => AsyncGenerator<ItemOf<N>>
}

interface LooseInput {
  readonly params?: Readonly<Record<string, unknown>> | undefined
  readonly query?: Readonly<Record<string, unknown>> | undefined
  readonly body?: unknown
  readonly ifMatch?: string
  readonly idempotencyKey?: string
  readonly signal?: AbortSignal
}

/** A repository's name goes as one segment, whatever words it holds. */
const fillPath = (path: string, params: LooseInput['params']): string =>
  path.replace(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(String(params?.[name])))

function queryOf(query: LooseInput['query']): string {
  const given = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) given.append(name, String(value))
  }
  return given.size === 0 ? '' : `?${given}`
}

function base64(text: string): string {
  const bytes = new TextEncoder().encode(text)
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
}

function authorizationOf(credentials: ClientCredentials | undefined): Record<string, string> {
  if (credentials === undefined) return {}
  if ('token' in credentials) return { authorization: `Bearer ${credentials.token}` }
  const { username, password } = credentials
  return { authorization: `Basic ${base64(`${username}:${password}`)}` }
}

const headersOf = (
  { credentials }: ClientInput,
  method: string,
  { ifMatch, idempotencyKey }: LooseInput,
): Record<string, string> => ({
  accept: 'application/json',
  ...authorizationOf(credentials),
  ...(['POST', 'PUT', 'PATCH'].includes(method) && { 'content-type': 'application/json' }),
  ...(ifMatch !== undefined && { 'if-match': ifMatch }),
  ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
})

async function readData(response: Response): Promise<unknown> {
  const text = await response.text()
  // JSON lines are many values, not one.
  if (!/json\b/.test(response.headers.get('content-type') ?? '')) return text || undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function send(input: ClientInput, url: string, init: RequestInit): Promise<Response> {
  try {
    return await (input.fetch ?? fetch)(url, { ...init, redirect: 'error' })
  } catch (cause) {
    throw new ApiError({ message: `no answer from ${url}`, code: NO_ANSWER, cause })
  }
}

async function callOperation(
  client: ClientInput,
  name: OperationName,
  input: LooseInput = {},
): Promise<CallAnswer<unknown>> {
  const { method, path } = OPERATIONS[name]
  const base = client.url.replace(/\/+$/, '')
  const url = `${base}${fillPath(path, input.params)}${queryOf(input.query)}`
  const { body, signal } = input
  const response = await send(client, url, {
    method,
    headers: headersOf(client, method, input),
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal !== undefined && { signal }),
  })
  const { status, headers } = response
  const data = await readData(response)
  if (!response.ok) throw readProblem(data, { status, url })
  const etag = headers.get('etag') ?? undefined
  return { status, etag, requestId: headers.get('x-request-id') ?? undefined, data }
}

async function* listItems(client: ClientInput, name: ListName, input: LooseInput = {}) {
  let cursor: string | undefined
  do {
    const query = { ...input.query, ...(cursor !== undefined && { cursor }) }
    const { data } = await callOperation(client, name, { ...input, query })
    const page = data as { readonly items: readonly unknown[]; readonly next: string | null }
    yield* page.items
    if (page.next === cursor) {
      throw new ApiError({ message: `the list ${name} does not end`, code: ANSWER_UNKNOWN })
    }
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
}

/** Makes a client of the service; it works in Node.js and in browsers. */
export function createClient(input: ClientInput): Client {
  return {
    // What comes back is of the types that the service's own schemas were written as.
    call: ((name: OperationName, given?: LooseInput) =>
      callOperation(input, name, given)) as Client['call'],
    list: ((name: ListName, given?: LooseInput) =>
      listItems(input, name, given)) as unknown as Client['list'],
  }
}

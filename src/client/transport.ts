import { Agent, type Dispatcher, request } from 'undici'
import type { z } from 'zod'
import { ANSWER_UNKNOWN, ApiError, NO_ANSWER, readProblem } from './api-error.ts'

const API = '/api/v1'
const DEFAULT_TIMEOUT_MS = 60_000
const MOST_BYTES = 32 * 1024 * 1024

/** A name with a password, an access token or a robot's secret; or an access token by itself. */
export type ApiCredentials =
  | { readonly username: string; readonly password: string }
  | { readonly token: string }

export interface ApiClientInput {
  /** Address of the service, without a slash at its end. */
  readonly url: string
  /** Undefined asks as nobody: what is public is still answered. */
  readonly credentials: ApiCredentials | undefined
  /** Longest wait for one answer; a minute by default. */
  readonly timeoutMs?: number
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Segments below `/api/v1`; a repository's name is one, whatever slashes and words it holds. */
  readonly path: readonly string[]
  readonly query?: Readonly<Record<string, string>>
  readonly body?: object
}

export interface ApiTransport {
  /** @throws ApiError */
  readonly call: <T extends z.ZodType>(request: ApiRequest, answer: T) => Promise<z.output<T>>
  /** For answers without a body. @throws ApiError */
  readonly send: (request: ApiRequest) => Promise<void>
  /** The body as it comes; however long it is, memory does not grow. @throws ApiError */
  readonly stream: (request: ApiRequest) => Promise<AsyncIterable<Buffer>>
  readonly close: () => Promise<void>
}

const CERTIFICATE_CODES = /^(?:.*SELF_SIGNED.*|UNABLE_TO_(?:GET|VERIFY).*|CERT_.*)$/

const HINTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: check the address, and that the service runs',
  ENOTFOUND: 'there is no such host: check the address',
  EAI_AGAIN: 'the name of the host cannot be looked up: check the network',
  ECONNRESET: 'the connection was cut: check http against https, and the port',
  UND_ERR_SOCKET: 'the connection was cut: check http against https, and the port',
  UND_ERR_CONNECT_TIMEOUT: 'the connection took too long: check the address and the network',
  UND_ERR_HEADERS_TIMEOUT: 'the answer took too long: try again in a moment',
  UND_ERR_BODY_TIMEOUT: 'the answer took too long: try again in a moment',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak https there: try http, or another port',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak https there: try http, or another port',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name: check the address',
}

/** A host with several addresses fails with one error for each. */
const codeOfFailure = (error: unknown): string => {
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error
  return first instanceof Error && 'code' in first ? String(first.code) : ''
}

function noAnswer(url: string, cause: unknown): ApiError {
  const code = codeOfFailure(cause)
  const reason = cause instanceof Error ? cause.message : String(cause)
  const hint = CERTIFICATE_CODES.test(code)
    ? `its certificate is not trusted (${code}): name the file of its authority in NODE_EXTRA_CA_CERTS`
    : (HINTS[code] ?? reason)
  return new ApiError({ message: `no answer from ${url}; ${hint}`, code: NO_ANSWER, cause })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function readJson(body: Dispatcher.ResponseData['body']): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > MOST_BYTES) throw new Error(`the answer is larger than ${MOST_BYTES} bytes`)
    chunks.push(chunk)
  }
  return parseJson(Buffer.concat(chunks).toString('utf8'))
}

const authorizationOf = (credentials: ApiCredentials | undefined): Record<string, string> => {
  if (credentials === undefined) return {}
  if ('token' in credentials) return { authorization: `Bearer ${credentials.token}` }
  const { username, password } = credentials
  const pair = Buffer.from(`${username}:${password}`, 'utf8').toString('base64')
  return { authorization: `Basic ${pair}` }
}

const headersOf = (input: ApiClientInput, { method }: ApiRequest): Record<string, string> => ({
  accept: 'application/json',
  'user-agent': 'registry-warden',
  ...authorizationOf(input.credentials),
  ...(method === 'GET' || method === 'DELETE' ? {} : { 'content-type': 'application/json' }),
})

/** `.` and `..` would be taken for steps along the path, whatever their encoding. */
function encodeSegment(segment: string): string {
  if (!['', '.', '..'].includes(segment)) return encodeURIComponent(segment)
  const message = `${JSON.stringify(segment)} is not a name`
  throw new ApiError({ message, code: 'REQUEST_INVALID', status: 400 })
}

function targetOf(url: string, { path, query }: ApiRequest): string {
  const target = [`${url}${API}`, ...path.map(encodeSegment)].join('/')
  return query === undefined ? target : `${target}?${new URLSearchParams(query)}`
}

const wanderedOff = (url: string, status: number, location: unknown): ApiError =>
  new ApiError({
    message: `${url} sends elsewhere, to ${String(location)}; use the address of the service itself`,
    code: ANSWER_UNKNOWN,
    status,
  })

/** Speaks to the API over kept connections; follows no redirect, so credentials go to one place. */
export function createApiTransport(input: ApiClientInput): ApiTransport {
  const { url, timeoutMs = DEFAULT_TIMEOUT_MS } = input
  const dispatcher = new Agent({
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: { timeout: timeoutMs },
  })

  const start = (asked: ApiRequest): Promise<Dispatcher.ResponseData> =>
    request(targetOf(url, asked), {
      dispatcher,
      method: asked.method,
      headers: headersOf(input, asked),
      body: asked.body === undefined ? null : JSON.stringify(asked.body),
    })

  const finish = async (
    answer: Dispatcher.ResponseData,
  ): Promise<{ status: number; body: unknown }> => {
    const { statusCode: status, headers } = answer
    const body = await readJson(answer.body)
    if (status >= 300 && status < 400) throw wanderedOff(url, status, headers.location)
    return { status, body }
  }

  const failed = (error: unknown): never => {
    throw error instanceof ApiError ? error : noAnswer(url, error)
  }

  const ask = async (asked: ApiRequest): Promise<unknown> => {
    const { status, body } = await start(asked).then(finish).catch(failed)
    if (status >= 200 && status < 300) return body
    throw readProblem(body, { status, url })
  }

  return {
    call: async (asked, schema) => {
      const parsed = schema.safeParse(await ask(asked))
      if (parsed.success) return parsed.data
      const message = `${url} answers, but not as registry-warden does; check the address, and that this command and the service are of the same age`
      throw new ApiError({ message, code: ANSWER_UNKNOWN, cause: parsed.error })
    },
    send: async (asked) => {
      await ask(asked)
    },
    stream: async (asked) => {
      const answer = await start(asked).catch(failed)
      if (answer.statusCode === 200) return answer.body
      const { status, body } = await finish(answer).catch(failed)
      throw readProblem(body, { status, url })
    },
    close: () => dispatcher.destroy(),
  }
}

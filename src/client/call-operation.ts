import { ANSWER_UNKNOWN, ApiError, readProblem } from './api-error.ts'
import { OPERATIONS } from './generated.ts'
import { noAnswer } from './no-answer.ts'
import { isExpected, type Place, parseJson, readChunks, readText } from './read-answer.ts'
import type {
  CallAnswer,
  ClientCredentials,
  ClientInput,
  LooseInput,
  OperationName,
  TextName,
} from './types.ts'

/** `.` and `..` would be taken for steps along the path, whatever their encoding. */
function encodeSegment(value: unknown): string {
  const segment = String(value ?? '')
  if (!['', '.', '..'].includes(segment)) return encodeURIComponent(segment)
  const message = `${JSON.stringify(segment)} is not a name`
  throw new ApiError({ message, code: 'REQUEST_INVALID', status: 400 })
}

/**
 * The path of an operation; a repository's name goes as one segment, whatever words it holds.
 *
 * @throws ApiError REQUEST_INVALID for what cannot stand in a path
 */
export const pathOf = (name: OperationName, { params }: LooseInput): string =>
  OPERATIONS[name].path.replace(/\{(\w+)\}/g, (_whole, key: string) => encodeSegment(params?.[key]))

function queryOf({ query }: LooseInput): string {
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

const baseOf = ({ url }: ClientInput): string => url.replace(/\/+$/, '')

/** Follows no redirect, so that credentials go to one place. */
async function send(
  client: ClientInput,
  name: OperationName,
  input: LooseInput,
): Promise<Response> {
  const { method } = OPERATIONS[name]
  const { body, signal } = input
  const url = baseOf(client)
  const target = `${url}${pathOf(name, input)}${queryOf(input)}`
  const init = {
    method,
    headers: headersOf(client, method, input),
    redirect: 'manual',
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal !== undefined && { signal }),
  } as const
  return await (client.fetch ?? fetch)(target, init).catch((error: unknown) => {
    throw noAnswer(url, error)
  })
}

const isRedirect = ({ status, type }: Response): boolean =>
  type === 'opaqueredirect' || (status >= 300 && status < 400)

async function failureOf(url: string, response: Response): Promise<ApiError> {
  const { status, headers } = response
  if (isRedirect(response)) {
    await response.body?.cancel()
    const message = `${url} sends elsewhere, to ${headers.get('location') ?? 'another address'}; use the address of the service itself`
    return new ApiError({ message, code: ANSWER_UNKNOWN, status })
  }
  return readProblem(parseJson(await readText(url, response)), { url, status, headers })
}

async function ask(client: ClientInput, name: OperationName, input: LooseInput): Promise<Response> {
  const response = await send(client, name, input)
  if (response.ok) return response
  throw await failureOf(baseOf(client), response)
}

function readData(url: string, place: Place, text: string): unknown {
  if (place.text) return text
  const data = text === '' ? undefined : parseJson(text)
  if (isExpected(place, data)) return data
  const message = `${url} answers, but not as registry-warden does; check the address, and that this client and the service are of the same age`
  throw new ApiError({ message, code: ANSWER_UNKNOWN })
}

/** @throws ApiError where it is refused, or nothing answers, or something else than the service */
export async function callOperation(
  client: ClientInput,
  name: OperationName,
  input: LooseInput = {},
): Promise<CallAnswer<unknown>> {
  const url = baseOf(client)
  const response = await ask(client, name, input)
  const { status, headers } = response
  const data = readData(url, OPERATIONS[name], await readText(url, response))
  const etag = headers.get('etag') ?? undefined
  return { status, etag, requestId: headers.get('x-request-id') ?? undefined, data }
}

/** @throws ApiError, also in the midst of the text */
export async function streamOperation(
  client: ClientInput,
  name: TextName,
  input: LooseInput = {},
): Promise<AsyncIterable<Uint8Array>> {
  return readChunks(baseOf(client), await ask(client, name, input))
}

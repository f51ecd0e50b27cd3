import { Readable } from 'node:stream'
import { Agent, type Dispatcher, request } from 'undici'
import { createClient } from './api.ts'
import type { Client, ClientInput, Fetch } from './types.ts'

const DEFAULT_TIMEOUT_MS = 60_000

export interface NodeClientInput extends Omit<ClientInput, 'fetch'> {
  /** Longest wait for one answer, and for more of it; a minute by default. */
  readonly timeoutMs?: number | undefined
}

/** A client with connections of its own. */
export interface NodeClient extends Client {
  /** Without it, the process waits for the connections. */
  readonly close: () => Promise<void>
}

/** A status without a body may not have even an empty one. */
const bodyOf = ({ statusCode, body }: Dispatcher.ResponseData): ReadableStream | null =>
  [204, 205, 304].includes(statusCode) ? null : Readable.toWeb(body)

function headersOf({ headers }: Dispatcher.ResponseData): Headers {
  const all = Object.entries(headers).flatMap(([name, values]) =>
    [values ?? []].flat().map((value): [string, string] => [name, value]),
  )
  return new Headers(all)
}

/** The platform's own `fetch` has fixed timeouts, no close, and ports that it does not speak to. */
const createFetch =
  (dispatcher: Dispatcher): Fetch =>
  async (url, { method, headers, body, signal }) => {
    const answer = await request(url, {
      dispatcher,
      method: method as Dispatcher.HttpMethod,
      headers: { ...(headers as Record<string, string>), 'user-agent': 'registry-warden' },
      body: (body ?? null) as string | null,
      signal: signal ?? null,
    })
    const [status, body_] = [answer.statusCode, bodyOf(answer)]
    if (body_ === null) await answer.body.dump()
    return new Response(body_, { status, headers: headersOf(answer) })
  }

/** Makes a client for the command line: it says how long it waits, and can be closed. */
export function createNodeClient({
  timeoutMs = DEFAULT_TIMEOUT_MS,
  ...input
}: NodeClientInput): NodeClient {
  const dispatcher = new Agent({
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: { timeout: timeoutMs },
  })
  const client = createClient({ ...input, fetch: createFetch(dispatcher) })
  return { ...client, close: () => dispatcher.destroy() }
}

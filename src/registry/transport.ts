import { type Dispatcher, Pool } from 'undici'
import { AppError } from '../errors.ts'
import type { Access } from '../protocol/scope.ts'

const CONNECTIONS = 16

export interface RegistryTransportDeps {
  /** Base address of the registry, without a slash at its end. */
  readonly url: string
  readonly timeoutSeconds: number
  /** A token for exactly this access, signed by ourselves. */
  readonly tokenFor: (access: readonly Access[]) => string
}

/** How a caller watches over the reading of an answer. */
export interface Reading {
  /** Ends the call at once, with the signal's reason. */
  readonly signal?: AbortSignal
  /** Told of every piece that arrives; what it throws ends the call. */
  readonly spend?: (bytes: number) => void
}

export interface RegistryRequest extends Reading {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  /** Path and query below `/v2/`. */
  readonly path: string
  readonly access: readonly Access[]
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer
  /** A larger answer is refused. */
  readonly mostBytes: number
}

export interface RegistryAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

export interface RegistryTransport {
  readonly send: (request: RegistryRequest) => Promise<RegistryAnswer>
  readonly close: () => Promise<void>
}

/** The reason stays in the cause, for the log: it names an inner address. */
const unavailable = (cause: unknown): AppError =>
  new AppError('UNAVAILABLE', {
    detail: 'the registry does not answer; try again in a moment',
    retryAfterSeconds: 5,
    cause,
  })

/** Who sends a byte now and then would otherwise be waited for as long as they like. */
function endAfter(body: Dispatcher.ResponseData['body'], timeoutMs: number): () => void {
  const timer = setTimeout(() => {
    body.destroy(new Error(`the answer had not ended after ${timeoutMs} ms`))
  }, timeoutMs)
  return () => clearTimeout(timer)
}

async function readAtMost(
  body: Dispatcher.ResponseData['body'],
  { mostBytes, spend }: RegistryRequest,
): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    spend?.(chunk.length)
    if (size > mostBytes) {
      throw new AppError('REGISTRY_FAILED', {
        detail: `the registry sent more than ${mostBytes} bytes where less was due`,
      })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Sends requests to the registry over kept connections; follows no redirect, waits no longer than told. */
export function createRegistryTransport(deps: RegistryTransportDeps): RegistryTransport {
  const timeoutMs = deps.timeoutSeconds * 1000
  const { origin, pathname } = new URL(deps.url)
  const base = pathname.replace(/\/$/, '')
  const pool = new Pool(origin, {
    connections: CONNECTIONS,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: { timeout: timeoutMs },
  })
  const send = async (request: RegistryRequest): Promise<RegistryAnswer> => {
    try {
      const answer = await pool.request({
        method: request.method,
        path: `${base}/v2/${request.path}`,
        headers: { ...request.headers, authorization: `Bearer ${deps.tokenFor(request.access)}` },
        body: request.body ?? null,
        // A HEAD would close its connection otherwise.
        reset: false,
        signal: request.signal ?? null,
      })
      const stop = endAfter(answer.body, timeoutMs)
      const body = await readAtMost(answer.body, request).finally(stop)
      return { status: answer.statusCode, headers: answer.headers, body }
    } catch (error) {
      throw error instanceof AppError ? error : unavailable(error)
    }
  }
  return { send, close: () => pool.destroy() }
}

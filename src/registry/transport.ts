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

export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE'
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

const unavailable = (cause: unknown): AppError => {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new AppError('UNAVAILABLE', {
    detail: `the registry does not answer (${reason}); try again in a moment`,
    retryAfterSeconds: 5,
    cause,
  })
}

async function readAtMost(
  body: Dispatcher.ResponseData['body'],
  mostBytes: number,
): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
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
      })
      const body = await readAtMost(answer.body, request.mostBytes)
      return { status: answer.statusCode, headers: answer.headers, body }
    } catch (error) {
      throw error instanceof AppError ? error : unavailable(error)
    }
  }
  return { send, close: () => pool.destroy() }
}

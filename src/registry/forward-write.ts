import { type Dispatcher, Pool } from 'undici'
import type { RegistryAnswer } from './transport.ts'

const CONNECTIONS = 32
/** The registry tells of every layer that a manifest misses, and one of 4 MiB may miss thousands. */
const ANSWER_BYTES = 16 * 1024 * 1024

export interface WriteToForward {
  readonly method: 'PUT' | 'DELETE'
  /** Below `/v2/`. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | undefined
  /** Time that is left for it; below zero no byte is sent any more, and no answer awaited. */
  readonly leftMs: () => number
}

/** `unsent`: the registry has seen nothing of it. `lost`: it may have done it, and said nothing. */
export type Forwarded =
  | { readonly kind: 'answered'; readonly answer: RegistryAnswer }
  | { readonly kind: 'unsent' | 'lost'; readonly cause: unknown }

export interface WriteForwarder {
  readonly forward: (write: WriteToForward) => Promise<Forwarded>
  readonly close: () => Promise<void>
}

export interface WriteForwarderDeps {
  /** Base address of the registry, without a slash at its end. */
  readonly url: string
}

const late = (): Error => new Error('the time to send this write is over')

const tooLarge = (): Error =>
  new Error(`the registry answered a write with more than ${ANSWER_BYTES} bytes`)

type Header = string | string[] | undefined

/** Gathers one answer. The clock is looked at right before the bytes are handed to the socket. */
function createHandler(
  { leftMs }: WriteToForward,
  settle: (forwarded: Forwarded) => void,
): { readonly handler: Dispatcher.DispatchHandler; readonly giveUp: () => void } {
  const chunks: Buffer[] = []
  let started: Dispatcher.DispatchController | undefined
  let size = 0
  let status = 0
  let headers: Readonly<Record<string, Header>> = {}
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart: (controller) => {
      // A process that was stopped may wake here, long after it looked for holds (R25).
      if (leftMs() <= 0) controller.abort(late())
      else started = controller
    },
    onResponseStart: (_controller, code, fields) => {
      status = code
      headers = fields
    },
    onResponseData: (controller, chunk) => {
      size += chunk.length
      if (size > ANSWER_BYTES) controller.abort(tooLarge())
      else chunks.push(chunk)
    },
    onResponseEnd: () =>
      settle({ kind: 'answered', answer: { status, headers, body: Buffer.concat(chunks) } }),
    onResponseError: (_controller, cause) => settle({ kind: started ? 'lost' : 'unsent', cause }),
  }
  // What still waits for a connection then sees the clock before it is sent.
  const giveUp = (): void =>
    started ? started.abort(late()) : settle({ kind: 'unsent', cause: late() })
  return { handler, giveUp }
}

/**
 * Hands clients' writes of manifests to the registry, each in one piece, over connections of their
 * own: a long list that somebody reads must not keep a push waiting.
 */
export function createWriteForwarder({ url }: WriteForwarderDeps): WriteForwarder {
  const { origin, pathname } = new URL(url)
  const base = pathname.replace(/\/$/, '')
  const pool = new Pool(origin, { connections: CONNECTIONS, pipelining: 1 })
  const forward = (write: WriteToForward): Promise<Forwarded> =>
    new Promise((resolve) => {
      const { handler, giveUp } = createHandler(write, (forwarded) => {
        clearTimeout(timer)
        resolve(forwarded)
      })
      const timer = setTimeout(giveUp, Math.max(0, write.leftMs()))
      const { method, headers } = write
      const path = `${base}/v2/${write.path}`
      pool.dispatch({ method, path, headers, body: write.body ?? null, reset: false }, handler)
    })
  return { forward, close: () => pool.destroy() }
}

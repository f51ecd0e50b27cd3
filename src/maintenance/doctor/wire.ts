import { Agent, buildConnector, type Dispatcher, request } from 'undici'
import type { Address } from '../../config/read-config.ts'

const TIMEOUT_MS = 10_000
/** More is read of no answer: the sender is whoever sits at the address. */
const MOST_BYTES = 64 * 1024

export interface Question {
  readonly method?: 'GET' | 'PUT' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Answer {
  readonly status: number
  /** '' where there is none. */
  readonly header: (name: string) => string
  readonly body: string
  /** Undefined where the body is no JSON. */
  readonly json: unknown
  /** The moment of the answer by our own clock: the middle between question and answer. */
  readonly at: Date
}

/** @throws Error when nothing answers */
export type Ask = (url: string, question?: Question) => Promise<Answer>

export interface Wire {
  readonly ask: Ask
  readonly close: () => Promise<void>
}

export interface WireInput {
  readonly now: () => Date
  /** Host of the deployment, and where to reach it instead of where its name leads. */
  readonly detour: { readonly host: string; readonly to: Address } | undefined
}

async function readSome(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    size += chunk.length
    if (size > MOST_BYTES) break
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * An untrusted certificate is one fault and not all of them: whether it is good is a check of its
 * own, and nothing that the doctor sends is a secret of anybody.
 */
function createAgent({ detour }: WireInput): Agent {
  const connect = buildConnector({ rejectUnauthorized: false, timeout: TIMEOUT_MS })
  return new Agent({
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    connect: (options, done) => {
      const isDetour = detour !== undefined && options.host === detour.host
      const { host, port } = isDetour
        ? { host: detour.to.host, port: String(detour.to.port) }
        : { host: options.hostname, port: options.port }
      connect({ ...options, hostname: host, port }, done)
    },
  })
}

/** Asks over HTTP; follows no redirect, keeps no cookie, sends no credentials but those it is given. */
export function createWire(input: WireInput): Wire {
  const agent = createAgent(input)
  const ask: Ask = async (url, { method = 'GET', headers = {}, body: sent } = {}) => {
    const askedAtMs = input.now().getTime()
    const answer = await request(url, {
      method,
      headers,
      dispatcher: agent,
      ...(sent !== undefined && { body: sent }),
    })
    const answeredAtMs = input.now().getTime()
    const body = await readSome(answer.body)
    return {
      status: answer.statusCode,
      header: (name) => String(answer.headers[name] ?? ''),
      body,
      json: parseJson(body),
      at: new Date((askedAtMs + answeredAtMs) / 2),
    }
  }
  return { ask, close: () => agent.destroy() }
}

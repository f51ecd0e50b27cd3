import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request } from 'undici'

/** Clients of registries try so often where a server failed. */
const MOST_TRIES = 5
const PAUSE_MS = 400
/** Longer than anything of ours is stopped. */
const PATIENCE_MS = 100_000

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  readonly body: Buffer
}

export interface Sending {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | string
  /** After so long whoever asked hangs up. */
  readonly patienceMs?: number | undefined
}

/** @throws where nothing answered */
export type Send = (method: string, address: string, sending?: Sending) => Promise<Answer>

export function createSend(): { readonly send: Send; readonly close: () => Promise<void> } {
  const dispatcher = new Agent({ connections: 256, pipelining: 1 })
  const send: Send = async (method, address, { headers = {}, body, patienceMs } = {}) => {
    const answer = await request(address, {
      method: method as 'GET',
      dispatcher,
      headers: { ...headers },
      body: body ?? null,
      headersTimeout: PATIENCE_MS,
      signal: AbortSignal.timeout(patienceMs ?? PATIENCE_MS),
    })
    const read = Buffer.from(await answer.body.arrayBuffer())
    return { status: answer.statusCode, headers: answer.headers, body: read, text: read.toString() }
  }
  return { send, close: () => dispatcher.close() }
}

/** Whoever has waited long enough does not come back. */
export const isImpatience = (error: unknown): boolean =>
  error instanceof Error && error.name === 'TimeoutError'

/** Tries again where a server failed, as clients do. */
export async function persist(
  work: () => Promise<Answer>,
  mostTries = MOST_TRIES,
): Promise<Answer> {
  for (let tries = 1; ; tries++) {
    const answer = await work().catch((error: unknown) => {
      if (tries === mostTries || isImpatience(error)) throw error
      return undefined
    })
    if (answer !== undefined && (answer.status < 500 || tries === mostTries)) return answer
    await sleep(PAUSE_MS * Math.min(tries, MOST_TRIES))
  }
}

/** Headers with a token for a repository, which is kept. */
export type Bearer = (
  repository: string,
  mountFrom?: string,
) => Promise<Readonly<Record<string, string>>>

export function createBearer(
  send: Send,
  { url, authorization }: { readonly url: string; readonly authorization: string },
): Bearer {
  const tokens = new Map<string, Promise<string>>()
  const fetchToken = async (scopes: readonly string[]): Promise<string> => {
    const query = new URLSearchParams({ service: 'registry-warden' })
    for (const scope of scopes) query.append('scope', scope)
    const work = () => send('GET', `${url}/auth/token?${query}`, { headers: { authorization } })
    const { status, text } = await persist(work)
    if (status !== 200) throw new Error(`no token: ${status} ${text}`)
    return JSON.parse(text).token
  }
  return async (repository, mountFrom) => {
    const scopes = [`repository:${repository}:pull,push,delete`]
    if (mountFrom !== undefined) scopes.push(`repository:${mountFrom}:pull`)
    const key = scopes.join(' ')
    const token = tokens.get(key) ?? fetchToken(scopes)
    tokens.set(key, token)
    token.catch(() => tokens.delete(key))
    return { authorization: `Bearer ${await token}` }
  }
}

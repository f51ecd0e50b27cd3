import { type Answer, createSend, type Sending } from '../e2e/nothing-lost/transport.ts'
import { ADMIN, basic, type Person } from '../support/stack.ts'
import type { Journal, Kind } from './journal.ts'

/** A client of registries waits about so long. */
const PATIENCE_MS = 30_000
export const SERVICE = 'registry-warden'

/** Sends once, as a client that never tries again, and notes what came of it. */
export interface Client {
  readonly url: string
  /**
   * @param isGood looks at an answer that has one of the wanted statuses
   * @returns undefined where it failed
   */
  readonly ask: (
    kind: Kind,
    wanted: readonly number[],
    request: Request,
    isGood?: (answer: Answer) => boolean,
  ) => Promise<Answer | undefined>
  /** Without a note. @throws where nothing answered */
  readonly send: (request: Request) => Promise<Answer>
  readonly close: () => Promise<void>
}

export interface Request extends Sending {
  readonly method: string
  /** Of the stack's host, or a whole address. */
  readonly path: string
}

export function createClient({ url, journal }: { url: string; journal: Journal }): Client {
  const { send: sendTo, close } = createSend()
  const send: Client['send'] = ({ method, path, ...sending }) =>
    sendTo(method, new URL(path, url).href, { patienceMs: PATIENCE_MS, ...sending })
  return {
    url,
    send,
    close,
    ask: async (kind, wanted, request, isGood = () => true) => {
      const beganMs = performance.now()
      const note = (failure: string | undefined): void =>
        journal.note({ kind, beganMs, endedMs: performance.now(), failure })
      try {
        const answer = await send(request)
        const isWell = wanted.includes(answer.status) && isGood(answer)
        const said = `${request.method} ${request.path}: ${answer.status} ${answer.text.trim()}`
        note(isWell ? undefined : said)
        return isWell ? answer : undefined
      } catch (error) {
        note(`${request.method} ${request.path}: ${String(error)}`)
        return undefined
      }
    },
  }
}

export const tokenRequest = (person: Person, scopes: readonly string[]): Request => {
  const query = new URLSearchParams({ service: SERVICE })
  for (const scope of scopes) query.append('scope', scope)
  return {
    method: 'GET',
    path: `/auth/token?${query}`,
    headers: { authorization: basic(person) },
  }
}

export const apiRequest = (method: string, path: string, json?: unknown): Request => ({
  method,
  path: `/api/v1${path}`,
  headers: { authorization: basic(ADMIN), 'content-type': 'application/json' },
  ...(json !== undefined && { body: JSON.stringify(json) }),
})

interface Granted {
  readonly token: string
  readonly actions: readonly string[]
}

/** What a token answer grants. */
export function readGrant({ text }: Answer): Granted {
  const { token } = JSON.parse(text) as { readonly token: string }
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
    readonly access?: readonly { readonly actions: readonly string[] }[]
  }
  return { token, actions: (claims.access ?? []).flatMap(({ actions }) => actions) }
}

import type { IncomingMessage } from 'node:http'
import { AppError } from '../errors.ts'
import { FORWARD_MS } from '../holds/wait-drained.ts'
import type { Answer } from '../http/route.ts'
import type { Forwarded, WriteForwarder } from '../registry/forward-write.ts'
import type { RegistryAnswer } from '../registry/transport.ts'
import { denied } from './wait-until-free.ts'

/** What the registry reads of a client's request, and what our proxy says of the client. */
const PASSED_ON = [
  'host',
  'authorization',
  'content-type',
  'accept',
  'user-agent',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-request-id',
] as const

/** These belong to the connection, or are our server's own to set. */
const NOT_HANDED_BACK: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'transfer-encoding',
  'x-request-id',
])

/** A digest that nothing has. */
const NOTHING = `sha256:${'0'.repeat(64)}`

export interface HandOnDeps {
  readonly forwarder: Pick<WriteForwarder, 'forward'>
}

export interface Handed {
  readonly request: IncomingMessage
  readonly method: 'PUT' | 'DELETE'
  readonly repository: string
  readonly reference: string
  readonly body?: Buffer
  /** Time since the look that found nothing in the way. */
  readonly sinceLook: () => number
}

const headersOf = ({ headers }: IncomingMessage): Readonly<Record<string, string>> =>
  Object.fromEntries(
    PASSED_ON.flatMap((name) => {
      const value = headers[name]
      return typeof value === 'string' && value !== '' ? [[name, value]] : []
    }),
  )

/** The registry's own answer, as it is. */
export function handBack({ status, headers, body }: RegistryAnswer): Answer {
  const kept = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined || NOT_HANDED_BACK.has(name) ? [] : [[name, String(value)]],
  )
  return { status, headers: Object.fromEntries(kept), ...(body.length > 0 && { body }) }
}

/**
 * Hands a write to the registry under the names that were read out of it, so that what was decided
 * about is what is done (R18).
 */
export function handOn(
  { forwarder }: HandOnDeps,
  { request, method, repository, reference, body, sinceLook }: Handed,
): Promise<Forwarded> {
  return forwarder.forward({
    method,
    path: `${repository}/manifests/${reference}`,
    headers: headersOf(request),
    body,
    leftMs: () => FORWARD_MS - sinceLook(),
  })
}

/** @throws AppError UNAVAILABLE (503) where the registry gave no answer */
export function answerOf(forwarded: Forwarded): RegistryAnswer {
  if (forwarded.kind === 'answered') return forwarded.answer
  const { kind, cause } = forwarded
  const detail =
    kind === 'unsent'
      ? 'the registry does not answer; try again in a moment'
      : 'the registry did not answer in time, and may have done it or not; look, or try again'
  throw new AppError('UNAVAILABLE', { detail, retryAfterSeconds: 5, cause })
}

/**
 * Lets the registry refuse what has no token of ours, with its own challenge. All that could be done
 * is taken out of the request before: a token that only the registry takes gets nothing past us.
 *
 * @throws AppError DENIED (403) when the registry would have taken it
 */
export async function letRegistryRefuse(
  deps: HandOnDeps,
  write: Pick<Handed, 'request' | 'method' | 'repository' | 'reference' | 'sinceLook'>,
): Promise<Answer> {
  write.request.resume()
  const harmless = write.method === 'DELETE' ? { ...write, reference: NOTHING } : write
  const answer = answerOf(await handOn(deps, harmless))
  if (answer.status === 401) return handBack(answer)
  throw denied('this token is none of this service, or not for this; sign in and try again')
}

import { AppError } from '../errors.ts'
import { type Subject, subjectName } from '../protocol/subject.ts'

/** User name and secret of an `Authorization: Basic` header, as they came. */
export interface BasicCredentials {
  readonly username: string
  readonly secret: string
}

/** The secret of an `Authorization: Bearer` header, which says nobody's name. */
export interface BearerCredentials {
  readonly username: undefined
  readonly secret: string
}

export type Credentials = BasicCredentials | BearerCredentials

/** Where a request comes from, for throttles, the log and the audit record. */
export interface Origin {
  /** The client's address, as far as trusted proxies vouch for it. */
  readonly address: string
  readonly userAgent: string | undefined
  readonly requestId: string
}

/** Who makes a request, and from where. */
export interface Caller {
  readonly subject: Subject
  readonly origin: Origin
  /** Whether the client, or the proxy for it, has hung up. */
  readonly hasLeft?: (() => boolean) | undefined
}

/**
 * Refuses a change that nobody waits for any more. A process that stood still finds such requests when
 * it wakes up: their clients have asked another one meanwhile, and perhaps for the contrary since.
 * To be called where nothing can come in between any more: inside the transaction, or under the hold.
 *
 * @throws AppError REQUEST_INVALID (400), for the log alone
 */
export function requirePresent({ hasLeft }: Pick<Caller, 'hasLeft'>): void {
  if (!hasLeft?.()) return
  throw new AppError('REQUEST_INVALID', {
    detail: 'the client left before its change was made, so nothing is changed',
  })
}

/**
 * Proves who is asking; handed over by `app.ts`.
 *
 * @param credentials undefined for a request without any: the subject is then anonymous
 * @throws AppError UNAUTHORIZED (401) when they prove nothing
 */
export type Authenticate = (
  credentials: Credentials | undefined,
  origin: Origin,
) => Promise<Subject>

/**
 * As `ownerOf`, and another one for each credential of a caller: what one of them made must not be
 * told to another that may do less, nor to one that may do more.
 */
export function credentialOf(caller: Caller): string {
  const credential = caller.subject.kind === 'user' ? caller.subject.credential : undefined
  const owner = ownerOf(caller)
  return credential === undefined ? owner : `${owner} ${credential.kind} ${credential.id}`
}

/**
 * A text that is one for each caller, and another one for whoever has the name later (R4). Anonymous
 * callers are told apart by their address, and a user from a robot that acts for them (R35).
 */
export function ownerOf({ subject, origin }: Caller): string {
  if (subject.kind === 'anonymous') return `anonymous ${origin.address}`
  const owner = `${subject.kind} ${subject.id} ${subjectName(subject)}`
  const robotId = subject.kind === 'user' ? subject.agent?.id : undefined
  return robotId === undefined ? owner : `${owner} by robot ${robotId}`
}

import { ResultCodeError } from 'ldapts'

/**
 * The directory gave no answer that says anything about the person: it does not answer, or does not
 * do what it is configured to do. Never leaves this folder.
 */
export class DirectoryAway extends Error {
  override readonly name = 'DirectoryAway'
  /** How long nobody needs to ask again. */
  readonly restSeconds: number

  constructor(message: string, restSeconds: number, cause?: unknown) {
    super(message, { cause })
    this.restSeconds = restSeconds
  }
}

/** An answer about one request says nothing about the next; silence does. */
const REST_SECONDS = { answer: 0, silence: 5, serviceAccount: 60 } as const

/** Asked again and again with a wrong password, the directory would lock the account. */
export const serviceAccountRefused = (error: unknown): DirectoryAway =>
  new DirectoryAway(
    `it does not take the service account: ${reasonOf(error)}`,
    REST_SECONDS.serviceAccount,
    error,
  )

/** Answers to a bind that say: not with this password, or not this person now. */
const REFUSALS: ReadonlySet<number> = new Set([
  10, // referral: the entry is elsewhere, and nobody goes there
  19, // constraint violation: too many tries
  32, // no such object
  48, // inappropriate authentication: the entry has no password
  49, // invalid credentials
  50, // insufficient access
  53, // unwilling to perform: locked, or inactive
])

/** Whether the directory itself said so, over a connection that works. */
export const isAnswer = (error: unknown): error is ResultCodeError =>
  error instanceof ResultCodeError

export const isRefusal = (error: unknown): boolean => isAnswer(error) && REFUSALS.has(error.code)

const WORDS: Readonly<Record<number, string>> = {
  8: 'it asks for a stronger way to sign in, mostly TLS',
  10: 'it refers to another server, and referrals are not followed',
  13: 'it asks for TLS',
  32: 'there is no such entry',
  49: 'the password, or the name, is wrong',
  50: 'this account may not',
  53: 'it is not willing to',
}

/** Why something failed, on one line. */
export function reasonOf(error: unknown): string {
  if (isAnswer(error)) return WORDS[error.code] ?? `LDAP code ${error.code}: ${error.message}`
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error
  const text = first instanceof Error ? first.message : String(first)
  return text.replace(/\s+/g, ' ').slice(0, 300)
}

export function toAway(error: unknown): DirectoryAway {
  if (error instanceof DirectoryAway) return error
  const rest = REST_SECONDS[isAnswer(error) ? 'answer' : 'silence']
  return new DirectoryAway(reasonOf(error), rest, error)
}

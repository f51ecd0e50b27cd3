/** A mail that was not sent. Its words are our own: a server's may repeat what stands in the mail. */
export class MailError extends Error {
  override readonly name = 'MailError'
  /** The server will never take this mail. */
  readonly isFinal: boolean

  constructor(message: string, { isFinal = false }: { readonly isFinal?: boolean } = {}) {
    super(message)
    this.isFinal = isFinal
  }
}

interface SmtpFailure {
  readonly code?: unknown
  readonly responseCode?: unknown
  readonly errno?: unknown
  readonly syscall?: unknown
}

const WORDS: Readonly<Record<string, string>> = {
  EAUTH: 'the mail server refuses the user or the password of WARDEN_MAIL_URL',
  ETLS: 'there is no encrypted connection to the mail server; see WARDEN_MAIL_TLS and WARDEN_MAIL_CA',
  EDNS: 'the name of the mail server leads nowhere',
  ETIMEDOUT: 'the mail server does not answer in time',
  ECONNECTION: 'the mail server cannot be reached, or hung up',
  ESOCKET: 'the mail server cannot be reached, or its certificate is not trusted',
  EENVELOPE: 'the mail server does not take this sender or recipient',
  EMESSAGE: 'the mail server does not take the mail',
}

const CERTIFICATE = /CERT|TLS|SSL|SIGNATURE|ISSUER/

const codeOf = ({ code }: SmtpFailure): string =>
  typeof code === 'string' && /^[A-Z_0-9]{1,60}$/.test(code) ? code : 'unknown'

/** 5xx means never, except where it is about us and not about this mail (530 to 538: signing in). */
function isFinal(code: string, response: number | undefined): boolean {
  if (code !== 'EENVELOPE' && code !== 'EMESSAGE') return false
  return response !== undefined && response >= 550 && response < 560
}

/** Makes of what a connection failed with what administrators may read, and no more. */
export function toMailError(error: unknown): MailError {
  if (error instanceof MailError) return error
  const failure: SmtpFailure = typeof error === 'object' && error !== null ? error : {}
  const code = codeOf(failure)
  const response = typeof failure.responseCode === 'number' ? failure.responseCode : undefined
  const words = CERTIFICATE.test(code) ? WORDS.ETLS : WORDS[code]
  const said = response === undefined ? code : `${code}, ${response}`
  return new MailError(`${words ?? 'the mail cannot be sent'} (${said})`, {
    isFinal: isFinal(code, response),
  })
}

import { z } from 'zod'

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'smtp:': 587, 'smtps:': 465 }

/** What may stand before a host; a `%` that begins no encoded letter is none. */
const canDecode = (text: string): boolean => {
  try {
    return !/\p{Cc}/u.test(decodeURIComponent(text))
  } catch {
    return false
  }
}

function isMailUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, password, pathname, search, hash } = new URL(text)
  if (!(protocol in DEFAULT_PORTS) || hostname === '') return false
  // One without the other signs nobody in.
  if ((username === '') !== (password === '')) return false
  if (!canDecode(username) || !canDecode(password)) return false
  return ['', '/'].includes(pathname) && search === '' && hash === ''
}

/** The addresses that mail is sent to and from: plain ASCII, one only, without any comment. */
export const MAIL_ADDRESS = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,189}$/

/** `Registry <registry@example.com>`, or the address alone. */
const SENDER = /^(?:([^<>"\p{Cc}]{1,100}?) *<([^<>]+)>|([^<>\s]+))$/u

export interface Sender {
  readonly name: string
  readonly address: string
}

function readSender(text: string): Sender | undefined {
  const [, name = '', framed, bare] = SENDER.exec(text) ?? []
  const address = framed ?? bare ?? ''
  return MAIL_ADDRESS.test(address) ? { name, address } : undefined
}

/** Variables of the mail that this service sends. */
export const MAIL_VARIABLES = {
  WARDEN_MAIL_URL: z
    .string()
    .refine(
      isMailUrl,
      'must be smtp://host:port or smtps://host:port, with user:password@ before the host where the server asks for it, each percent-encoded',
    )
    .optional()
    .describe('Mail server, as smtp://user:password@host:port; without it no mail is sent'),
  WARDEN_MAIL_FROM: z
    .string()
    .refine(
      (text) => readSender(text) !== undefined,
      'must be an address such as registry@example.com, or Registry <registry@example.com>',
    )
    .optional()
    .describe('Sender of the mail; needed with WARDEN_MAIL_URL'),
  WARDEN_MAIL_TLS: z
    .enum(['require', 'off'])
    .prefault('require')
    .describe('Encryption towards the mail server: require (and verify its certificate) or off'),
  WARDEN_MAIL_CA: z
    .string()
    .includes('-----BEGIN CERTIFICATE-----', { message: 'must be a PEM certificate' })
    .optional()
    .describe('Certificate authority of the mail server, as PEM; the system ones by default'),
} as const

export interface MailConfig {
  readonly host: string
  readonly port: number
  /** `implicit`: from the first byte (smtps); `require`: STARTTLS before anything else. */
  readonly tls: 'implicit' | 'require' | 'off'
  readonly ca: string | undefined
  readonly credentials: { readonly user: string; readonly password: string } | undefined
  readonly from: Sender
}

type MailValues = z.output<z.ZodObject<typeof MAIL_VARIABLES>>

/** @returns undefined where no mail is sent */
export function toMailConfig(v: MailValues): MailConfig | undefined {
  const from = v.WARDEN_MAIL_FROM === undefined ? undefined : readSender(v.WARDEN_MAIL_FROM)
  if (v.WARDEN_MAIL_URL === undefined || from === undefined) return undefined
  const { protocol, hostname, port, username, password } = new URL(v.WARDEN_MAIL_URL)
  const isImplicit = protocol === 'smtps:'
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (DEFAULT_PORTS[protocol] ?? 0) : Number(port),
    tls: isImplicit ? 'implicit' : v.WARDEN_MAIL_TLS,
    ca: v.WARDEN_MAIL_CA,
    credentials:
      username === ''
        ? undefined
        : { user: decodeURIComponent(username), password: decodeURIComponent(password) },
    from,
  }
}

/** Faults that no variable of mail has alone. */
export const mailFaults = (v: MailValues): readonly string[] => [
  ...((v.WARDEN_MAIL_URL === undefined) === (v.WARDEN_MAIL_FROM === undefined)
    ? []
    : [
        'one of WARDEN_MAIL_URL and WARDEN_MAIL_FROM is set without the other; set both or neither',
      ]),
  ...(v.WARDEN_MAIL_TLS === 'off' && v.WARDEN_MAIL_URL?.startsWith('smtps:')
    ? ['WARDEN_MAIL_TLS is off and WARDEN_MAIL_URL is smtps; make it smtp, or leave the first out']
    : []),
]

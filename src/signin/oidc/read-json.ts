import { Agent, type Dispatcher, request } from 'undici'

const TIMEOUT_MS = 5000
const MOST_BYTES = 256 * 1024

export interface JsonAnswer {
  readonly json: unknown
  readonly text: string
  /** The sender's clock, in whole seconds; undefined where it does not say. */
  readonly date: Date | undefined
}

async function readAtMost(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > MOST_BYTES) throw new Error(`sent more than ${MOST_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function toDate(header: string | string[] | undefined): Date | undefined {
  const ms = Date.parse(String(header))
  return Number.isNaN(ms) ? undefined : new Date(ms)
}

/** What node says of a certificate whose authority it does not know. */
const UNKNOWN_AUTHORITY: ReadonlySet<unknown> = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE',
])

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { message, name, code } = error as NodeJS.ErrnoException
  const reason = message || name
  if (!UNKNOWN_AUTHORITY.has(code)) return reason
  return `${reason}; give the issuer its authority as ca in WARDEN_OIDC_ISSUERS`
}

/**
 * Reads a document of an issuer: within five seconds, so many bytes, and from that address alone,
 * whatever it redirects to (R20).
 *
 * @throws Error that says which address and why
 */
export async function readJson(url: string, ca: string | undefined): Promise<JsonAnswer> {
  // For one question: hours pass between two of them.
  const dispatcher = new Agent({ connect: { timeout: TIMEOUT_MS, ...(ca && { ca }) } })
  try {
    const answer = await request(url, {
      dispatcher,
      headers: { accept: 'application/json', 'user-agent': 'registry-warden' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (answer.statusCode !== 200) throw new Error(`answers ${answer.statusCode}`)
    const text = await readAtMost(answer.body)
    return { json: JSON.parse(text), text, date: toDate(answer.headers.date) }
  } catch (error) {
    throw new Error(`${url}: ${reasonOf(error)}`, { cause: error })
  } finally {
    await dispatcher.destroy()
  }
}

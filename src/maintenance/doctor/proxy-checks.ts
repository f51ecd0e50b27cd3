import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { rootCertificates, type TLSSocket, connect as tlsConnect } from 'node:tls'
import { z } from 'zod'
import { type Check, type Finding, fault, ok, skipped, warning } from './check.ts'
import type { Examination } from './examination.ts'

const DAY_MS = 24 * 3600 * 1000
const WARN_DAYS = 14
const TIMEOUT_MS = 10_000
/** A token for 25 repositories with long names is about as large. */
const LONG_TOKEN_BYTES = 12 * 1024
const LOOPBACK = /^(?:localhost|.*\.localhost|127\.[\d.]+|\[::1\])$/
/** Wrong whoever looks; a private authority is not. */
const ALWAYS_WRONG = /^(?:CERT_HAS_EXPIRED|CERT_NOT_YET_VALID|ERR_TLS_CERT_ALTNAME_INVALID)$/

interface ServerCertificate {
  readonly certificate: X509Certificate
  /** Code of what is wrong with it; undefined when this machine trusts it. */
  readonly distrust: string | undefined
}

export const isLoopback = (url: string): boolean => LOOPBACK.test(new URL(url).hostname)

function openTls({ url, connect, ca }: Examination): Promise<TLSSocket> {
  const { hostname, port } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = tlsConnect({
      host: connect?.host ?? host,
      port: connect?.port ?? Number(port || 443),
      ...(isIP(host) === 0 && { servername: host }),
      ...(ca !== undefined && { ca: [...rootCertificates, ca] }),
      rejectUnauthorized: false,
      timeout: TIMEOUT_MS,
    })
    socket.once('secureConnect', () => resolve(socket))
    socket.once('timeout', () => socket.destroy(new Error('TLS was not ready in 10 seconds')))
    socket.once('error', reject)
  })
}

async function readCertificate(examination: Examination): Promise<ServerCertificate> {
  const socket = await openTls(examination)
  try {
    const { raw } = socket.getPeerCertificate()
    const error = socket.authorizationError as unknown
    const distrust = error instanceof Error && 'code' in error ? String(error.code) : error
    return {
      certificate: new X509Certificate(raw),
      distrust: socket.authorized ? undefined : String(distrust),
    }
  } finally {
    socket.destroy()
  }
}

function judgeTrust(code: string, ca: string | undefined): Finding {
  if (ALWAYS_WRONG.test(code) || ca !== undefined) {
    const advice = 'give nginx a certificate for this name, with its chain (certs/README.md)'
    return fault(`the certificate is not good: ${code}`, advice)
  }
  return warning(
    `this machine does not trust the certificate (${code})`,
    'if its authority is a private one, every client must be given it; look again with --ca FILE',
  )
}

/** R1: who holds the key of a certificate under the token authority can make tokens. */
function judgeCertificate(
  { certificate, distrust }: ServerCertificate,
  { now, ca, inside }: Examination,
): Finding {
  const authority = inside?.authority
  if (authority && certificate.verify(authority.certificate.publicKey)) {
    const advice = 'give nginx a certificate of another authority: its key could sign tokens'
    return fault('the certificate stands under the token authority', advice)
  }
  const days = Math.floor((Date.parse(certificate.validTo) - now().getTime()) / DAY_MS)
  const advice = 'renew it, and let nginx read it again (in compose: up, which runs setup)'
  if (days < 0) return fault(`the certificate ended ${-days} days ago`, advice)
  if (distrust !== undefined) return judgeTrust(distrust, ca)
  const detail = `the certificate is good for ${days} days`
  return days < WARN_DAYS ? warning(detail, advice) : ok(detail)
}

const tls: Check<Examination> = {
  name: 'tls',
  run: async (examination) => {
    const { url } = examination
    const isThere = await examination.ping().then(
      () => true,
      () => false,
    )
    if (!isThere) return skipped('nothing answers at this address')
    if (url.startsWith('https:')) {
      return judgeCertificate(await readCertificate(examination), examination)
    }
    if (isLoopback(url)) return ok('plain http, on this machine alone')
    return warning(
      'plain http: passwords and tokens travel in the clear',
      'let nginx end TLS, and change WARDEN_PUBLIC_URL and the realm to https',
    )
  },
}

const longHeader: Check<Examination> = {
  name: 'long-header',
  run: async ({ url, ask, challenge }) => {
    if (!(await challenge())) return skipped('the registry gave no challenge')
    const headers = { authorization: `Bearer ${'x'.repeat(LONG_TOKEN_BYTES)}` }
    const { status } = await ask(`${url}/v2/`, { headers })
    if (status === 401) return ok('a token of 12 KiB reaches the registry')
    return fault(
      `a token of 12 KiB is answered ${status} on its way to the registry`,
      'set large_client_header_buffers 4 32k in nginx: tokens for many repositories are long',
    )
  },
}

const blobDelete: Check<Examination> = {
  name: 'blob-delete',
  run: async ({ url, ask, challenge }) => {
    if (!(await challenge())) return skipped('the registry gave no challenge')
    const digest = `sha256:${'0'.repeat(64)}`
    const { status } = await ask(`${url}/v2/warden-doctor/none/blobs/${digest}`, {
      method: 'DELETE',
    })
    if (status === 405) return ok('the proxy refuses to delete single blobs')
    return warning(
      `deleting a blob is answered ${status}: the proxy lets it through`,
      'take the rule for DELETE of compose/nginx/registry-warden.conf.template: it breaks live images',
    )
  },
}

const readySchema = z.object({ status: z.string(), parts: z.unknown().optional() })

const readiness: Check<Examination> = {
  name: 'readiness',
  run: async ({ url, ask, ping }) => {
    const isThere = await ping().then(
      () => true,
      () => false,
    )
    if (!isThere) return skipped('nothing answers at this address')
    const answer = await ask(`${url}/readyz`)
    const { status, parts } = readySchema.safeParse(answer.json).data ?? {}
    if (parts !== undefined) {
      const advice = 'point nginx at WARDEN_LISTEN: the private listener must not be reached'
      return fault('/readyz tells its reasons to everybody', advice)
    }
    if (status === 'ready') return ok('the service says that it is ready')
    const advice = 'look at /readyz of the private listener, which tells the reason'
    if (status === 'degraded') return warning('the service says that it is degraded', advice)
    if (status !== undefined) return fault(`the service says that it is ${status}`, advice)
    return warning(
      `/readyz is answered ${answer.status}, and not by the service`,
      'let nginx hand /readyz and /healthz to registry-warden, for balancers and monitoring',
    )
  },
}

/** What the proxy in front does to requests; seen from outside. */
export const PROXY_CHECKS = [tls, longHeader, blobDelete, readiness] as const

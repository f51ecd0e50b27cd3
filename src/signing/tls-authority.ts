import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { makeFolder, readIfPresent, readOrCreate, replaceFile } from './atomic-file.ts'
import { createAuthorityPem } from './authority-pem.ts'
import { createCertificate, fingerprintOf } from './certificate.ts'
import { readCertificates, type TokenAuthority } from './token-authority.ts'

const COMMON_NAME = 'registry-warden TLS authority'
const DAY_MS = 24 * 3600 * 1000
const AUTHORITY_LIFE_MS = 10 * 365 * DAY_MS
// The longest life that clients of all kinds take.
const SERVER_LIFE_MS = 397 * DAY_MS
const RENEW_BEFORE_MS = 60 * DAY_MS
const BACKDATE_MS = 3600 * 1000

interface TlsAuthority {
  readonly certificate: X509Certificate
  readonly privateKey: KeyObject
}

export interface TlsFolders {
  /** Key of the TLS authority; nothing but the set-up needs it. */
  readonly authorityDir: string
  /** What nginx reads: `server.crt`, `server.key`, and `ca.crt` for people to trust. */
  readonly serverDir: string
}

const makeAuthorityPem = (now: Date): string =>
  createAuthorityPem({
    commonName: COMMON_NAME,
    notBefore: new Date(now.getTime() - BACKDATE_MS),
    notAfter: new Date(now.getTime() + AUTHORITY_LIFE_MS),
  })

async function ensureAuthority(dir: string, now: Date): Promise<TlsAuthority> {
  await makeFolder(dir, 0o700)
  const path = join(dir, 'ca.pem')
  const pem = await readOrCreate({ path, mode: 0o600, make: () => makeAuthorityPem(now) })
  return { certificate: new X509Certificate(pem), privateKey: createPrivateKey(pem) }
}

const covers = (certificate: X509Certificate, hosts: readonly string[]): boolean =>
  hosts.every((host) =>
    isIP(host) === 0
      ? certificate.checkHost(host) !== undefined
      : certificate.checkIP(host) !== undefined,
  )

async function isServerGood(
  path: string,
  authority: TlsAuthority,
  { hosts, now }: { readonly hosts: readonly string[]; readonly now: Date },
): Promise<boolean> {
  const [certificate] = readCertificates((await readIfPresent(path)) ?? '')
  return (
    certificate?.verify(authority.certificate.publicKey) === true &&
    covers(certificate, hosts) &&
    Date.parse(certificate.validTo) - now.getTime() > RENEW_BEFORE_MS
  )
}

/**
 * Sees to it that there is a server certificate for these hosts under a TLS authority of its own,
 * which has nothing to do with the authority of tokens (R1). Run again, it renews what ends within
 * sixty days or does not cover a host.
 *
 * @returns whether a certificate was written
 */
export async function ensureTlsServer(
  { authorityDir, serverDir }: TlsFolders,
  { hosts, now }: { readonly hosts: readonly string[]; readonly now: Date },
): Promise<boolean> {
  const authority = await ensureAuthority(authorityDir, now)
  await makeFolder(serverDir, 0o755)
  await replaceFile({
    path: join(serverDir, 'ca.crt'),
    content: authority.certificate.toString(),
    mode: 0o644,
  })
  const path = join(serverDir, 'server.crt')
  if (await isServerGood(path, authority, { hosts, now })) return false
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const certificate = createCertificate({
    commonName: hosts[0] ?? 'localhost',
    publicKey,
    issuer: { commonName: COMMON_NAME, privateKey: authority.privateKey },
    notBefore: new Date(now.getTime() - BACKDATE_MS),
    notAfter: new Date(now.getTime() + SERVER_LIFE_MS),
    purpose: { kind: 'tls-server', hosts },
  })
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  await replaceFile({ path: join(serverDir, 'server.key'), content: key, mode: 0o600 })
  await replaceFile({ path, content: certificate.toString(), mode: 0o644 })
  return true
}

/**
 * Any certificate under the token authority can mint tokens, so the TLS chain must not stand there.
 *
 * @param chainPem the server's certificates
 * @throws Error when one of them is the authority's own or was issued by it (R1), or when there is
 *   none that can be looked at
 */
export function refuseSharedAuthority(chainPem: string, authority: TokenAuthority): void {
  const chain = readCertificates(chainPem)
  if (chain.length === 0) {
    throw new Error(
      'the file of the TLS certificate holds none, so nobody can tell under which authority it stands; put a certificate in PEM form there, or remove the file',
    )
  }
  for (const certificate of chain) {
    const isSame = fingerprintOf(certificate) === authority.fingerprint
    if (!isSame && !certificate.verify(authority.certificate.publicKey)) continue
    throw new Error(
      `the TLS certificate ${certificate.subject} stands under the token authority: whoever has its key could sign tokens; use a TLS certificate of another authority`,
    )
  }
}

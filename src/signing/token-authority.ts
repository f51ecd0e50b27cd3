import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import {
  makeFolder,
  readIfPresent,
  readOrCreate,
  removeLeftovers,
  replaceFile,
} from './atomic-file.ts'
import { createAuthorityPem } from './authority-pem.ts'
import { fingerprintOf } from './certificate.ts'

const COMMON_NAME = 'registry-warden token authority'
const LIFE_YEARS = 20
const BACKDATE_MS = 5 * 60 * 1000
/** All the labels under which OpenSSL, and so nginx and the registry, read a certificate. */
const CERTIFICATE = /-----BEGIN ((?:TRUSTED |X509 )?CERTIFICATE)-----[\s\S]*?-----END \1-----\n?/g

/**
 * The private authority under which every token leaf stands. Its key signs leaves and nothing else;
 * its certificate is all that the registry trusts.
 */
export interface TokenAuthority {
  readonly certificate: X509Certificate
  readonly privateKey: KeyObject
  /** SHA-256 of the certificate, in hex. */
  readonly fingerprint: string
}

export interface AuthorityPaths {
  /** Key and certificate in one PEM file, 0600. */
  readonly authorityPath: string
  /** What the registry mounts. */
  readonly bundlePath: string
}

/** A new authority waits under this name until the database has taken its fingerprint (R2). */
const pendingPath = (authorityPath: string): string => `${authorityPath}.new`

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)

function readCertificate(block: string, index: number): X509Certificate {
  try {
    return new X509Certificate(block)
  } catch (error) {
    throw new Error(
      `certificate ${index + 1} of a PEM file cannot be read (${reasonOf(error)}); put a whole one in its place`,
    )
  }
}

/**
 * The certificates of a PEM file, in their order.
 *
 * @throws Error when one of them is no certificate inside
 */
export const readCertificates = (pem: string): readonly X509Certificate[] =>
  (pem.match(CERTIFICATE) ?? []).map(readCertificate)

/**
 * @param path where it stands, for the error
 * @throws Error when key and certificate cannot be read, or do not belong together
 */
export function parseAuthority(pem: string, path: string): TokenAuthority {
  try {
    const privateKey = createPrivateKey(pem)
    const [certificate] = readCertificates(pem)
    if (certificate?.checkPrivateKey(privateKey) !== true || !certificate.ca) {
      throw new Error('its key and certificate do not belong together')
    }
    return { certificate, privateKey, fingerprint: fingerprintOf(certificate) }
  } catch (error) {
    throw new Error(
      `the token authority in ${path} cannot be used: ${reasonOf(error)}; restore it from a backup`,
    )
  }
}

const yearsAfter = (date: Date, years: number): Date => {
  const later = new Date(date)
  later.setUTCFullYear(later.getUTCFullYear() + years)
  return later
}

const makeAuthorityPem = (now: Date): string =>
  createAuthorityPem({
    commonName: COMMON_NAME,
    notBefore: new Date(now.getTime() - BACKDATE_MS),
    notAfter: yearsAfter(now, LIFE_YEARS),
  })

/** @returns undefined when there is none yet */
export async function readAuthority(path: string): Promise<TokenAuthority | undefined> {
  const pem = await readIfPresent(path)
  return pem === undefined ? undefined : parseAuthority(pem, path)
}

/**
 * Makes an authority that is not in force yet, or reads the one that was made and never came into
 * force. Two processes on one folder get the same.
 */
export async function preparePendingAuthority(
  { authorityPath }: AuthorityPaths,
  now: Date,
): Promise<TokenAuthority> {
  const path = pendingPath(authorityPath)
  await makeFolder(dirname(path), 0o700)
  const pem = await readOrCreate({ path, mode: 0o600, make: () => makeAuthorityPem(now) })
  return parseAuthority(pem, path)
}

/** The authority that is not in force yet; undefined where there is none. */
export const readPendingAuthority = ({
  authorityPath,
}: Pick<AuthorityPaths, 'authorityPath'>): Promise<TokenAuthority | undefined> =>
  readAuthority(pendingPath(authorityPath))

/** Puts an authority that was kept elsewhere in the place of one that is not in force yet. */
export async function stagePendingAuthority(
  { authorityPath }: Pick<AuthorityPaths, 'authorityPath'>,
  content: string,
): Promise<void> {
  const path = pendingPath(authorityPath)
  await makeFolder(dirname(path), 0o700)
  await replaceFile({ path, content, mode: 0o600 })
}

/**
 * Brings the pending authority into force, if it is the one with this fingerprint: another process
 * may have done so already, and a third may have prepared one more since, which must not come over it.
 */
export async function promotePendingAuthority(
  { authorityPath }: AuthorityPaths,
  { fingerprint, now }: { readonly fingerprint: string; readonly now: Date },
): Promise<void> {
  const path = pendingPath(authorityPath)
  const content = await readIfPresent(path)
  if (content !== undefined && parseAuthority(content, path).fingerprint === fingerprint) {
    await replaceFile({ path: authorityPath, content, mode: 0o600 })
    await rm(path, { force: true })
  }
  await removeLeftovers(path, now)
  await removeLeftovers(authorityPath, now)
}

export async function discardPendingAuthority({ authorityPath }: AuthorityPaths): Promise<void> {
  await rm(pendingPath(authorityPath), { force: true })
}

/** Fingerprints of what the registry is told to trust; none when there is no bundle. */
export async function readBundle({ bundlePath }: AuthorityPaths): Promise<readonly string[]> {
  return readCertificates((await readIfPresent(bundlePath)) ?? '').map(fingerprintOf)
}

/**
 * Sees to it that the registry's bundle holds the authority's certificate. A bundle may hold more
 * than one while an authority is replaced; one without ours is of no use and is written anew.
 *
 * @param others certificates that it has to hold besides, as PEM
 * @returns whether it had to be written: a registry that runs already must then be restarted
 */
export async function ensureBundle(
  paths: AuthorityPaths,
  { certificate, fingerprint }: TokenAuthority,
  others: readonly string[] = [],
): Promise<boolean> {
  const held = await readBundle(paths)
  const needed = [fingerprint, ...others.flatMap(readCertificates).map(fingerprintOf)]
  if (needed.every((one) => held.includes(one))) return false
  await writeBundle(paths, [certificate.toString(), ...others])
  return true
}

/** Writes the bundle with these certificates and no other; the registry reads it when it starts. */
export async function writeBundle(
  { bundlePath }: Pick<AuthorityPaths, 'bundlePath'>,
  certificates: readonly string[],
): Promise<void> {
  await makeFolder(dirname(bundlePath), 0o755)
  await replaceFile({ path: bundlePath, content: certificates.join(''), mode: 0o644 })
}

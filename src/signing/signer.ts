import { generateKeyPairSync, type KeyObject, sign, type X509Certificate } from 'node:crypto'
import { createCertificate, fingerprintOf } from './certificate.ts'
import type { TokenAuthority } from './token-authority.ts'

const BACKDATE_MS = 5 * 60 * 1000

/** The certificate under which tokens are signed now. It lives in memory only. */
export interface Leaf {
  readonly certificate: X509Certificate
  readonly fingerprint: string
  readonly notBefore: Date
  readonly notAfter: Date
}

interface SigningLeaf extends Leaf {
  readonly privateKey: KeyObject
  /** Header of every token: the same until the leaf is renewed, so it is encoded once. */
  readonly encodedHeader: string
}

export interface Signer {
  readonly leaf: () => Leaf
  /** Makes a new leaf; tokens signed under the old one stay good until their own end. */
  readonly renew: () => Leaf
  /** @param claims the caller sees to it that `exp` is not after the leaf's end */
  readonly signToken: (claims: object) => string
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function createLeaf(authority: TokenAuthority, now: Date, lifeSeconds: number): SigningLeaf {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  // The registry holds these dates against its own clock without any leeway.
  const notBefore = new Date(now.getTime() - BACKDATE_MS)
  const notAfter = new Date(
    Math.min(now.getTime() + lifeSeconds * 1000, Date.parse(authority.certificate.validTo)),
  )
  const certificate = createCertificate({
    commonName: 'registry-warden token leaf',
    publicKey,
    issuer: { commonName: 'registry-warden token authority', privateKey: authority.privateKey },
    notBefore,
    notAfter,
    purpose: { kind: 'token-leaf' },
  })
  const header = { typ: 'JWT', alg: 'ES256', x5c: [certificate.raw.toString('base64')] }
  return {
    certificate,
    fingerprint: fingerprintOf(certificate),
    notBefore,
    notAfter,
    privateKey,
    encodedHeader: encode(header),
  }
}

/**
 * Signs tokens in the one form that registry 2.8 and 3.x take alike: ES256, the leaf alone in `x5c`
 * (standard base64), the signature as raw r and s.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7515#section-4.1.6
 */
export function createSigner({
  authority,
  leafSeconds,
  now,
}: {
  readonly authority: TokenAuthority
  readonly leafSeconds: number
  readonly now: () => Date
}): Signer {
  let leaf = createLeaf(authority, now(), leafSeconds)
  return {
    leaf: () => leaf,
    renew: () => {
      leaf = createLeaf(authority, now(), leafSeconds)
      return leaf
    },
    signToken: (claims) => {
      const input = `${leaf.encodedHeader}.${encode(claims)}`
      const key = { key: leaf.privateKey, dsaEncoding: 'ieee-p1363' } as const
      return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`
    },
  }
}

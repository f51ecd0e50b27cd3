import { type KeyObject, verify, X509Certificate } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { readCertificates, type TokenAuthority } from './token-authority.ts'

/** Registries take tokens this long after their end, and before their beginning. */
const LEEWAY_SECONDS = 60
const MOST_LEAVES = 64
/** A push asks with one token for every layer and for the manifest. */
const MOST_TOKENS = 1000
const TOKEN_LENGTH = 32 * 1024
const PART = /^[A-Za-z0-9_-]+$/
const SIGNATURE_BYTES = 64

const headerSchema = z.object({ alg: z.literal('ES256'), x5c: z.tuple([z.string()]) })

const claimsSchema = z.object({
  iss: z.string(),
  aud: z.string(),
  sub: z.string(),
  exp: z.int(),
  nbf: z.int(),
  access: z.array(z.object({ type: z.string(), name: z.string(), actions: z.array(z.string()) })),
})

/** What a token of this installation says. */
export type TokenClaims = z.output<typeof claimsSchema>

export interface VerifyTokenDeps {
  readonly authority: Pick<TokenAuthority, 'certificate'>
  /** Certificates, as PEM, that registries trust beside it while an authority is replaced. */
  readonly trustedBeside?: () => readonly string[]
  readonly service: string
  readonly issuer: string
  readonly now: () => Date
}

interface VerifiedLeaf {
  readonly publicKey: KeyObject
  readonly notBeforeMs: number
  readonly notAfterMs: number
}

const decode = (part: string): unknown =>
  JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))

const isIssuedBy = (leaf: X509Certificate, authority: X509Certificate): boolean =>
  leaf.checkIssued(authority) && leaf.verify(authority.publicKey)

/** @throws Error for what is no certificate */
function readLeaf(
  text: string,
  { authority, trustedBeside = () => [] }: VerifyTokenDeps,
): VerifiedLeaf | undefined {
  const leaf = new X509Certificate(Buffer.from(text, 'base64'))
  const others = (): readonly X509Certificate[] => trustedBeside().flatMap(readCertificates)
  const isOurs = isIssuedBy(leaf, authority.certificate)
  if (leaf.ca || !(isOurs || others().some((other) => isIssuedBy(leaf, other)))) return undefined
  return {
    publicKey: leaf.publicKey,
    notBeforeMs: Date.parse(leaf.validFrom),
    notAfterMs: Date.parse(leaf.validTo),
  }
}

const isSigned = (input: string, signature: Buffer, key: KeyObject): boolean =>
  signature.length === SIGNATURE_BYTES &&
  verify('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }, signature)

/** What stays true of a token; whether it is in force is looked at each time. */
interface Proven {
  readonly claims: TokenClaims
  readonly leaf: VerifiedLeaf
}

function isInForce({ claims: { exp, nbf }, leaf }: Proven, now: Date): boolean {
  const nowMs = now.getTime()
  const seconds = Math.floor(nowMs / 1000)
  const isTimely = exp + LEEWAY_SECONDS >= seconds && nbf - LEEWAY_SECONDS <= seconds
  return isTimely && leaf.notBeforeMs <= nowMs && nowMs <= leaf.notAfterMs
}

/**
 * Reads a token as a registry does that trusts our authority: a leaf under it, its signature,
 * audience, issuer and times. It is there so that a person is told a reason, and decides nothing that
 * the registry does not decide again.
 *
 * @returns undefined for what is no token of ours that is in force
 */
export function createTokenVerifier(
  deps: VerifyTokenDeps,
): (token: string) => TokenClaims | undefined {
  const leaves = new LRUCache<string, VerifiedLeaf>({ max: MOST_LEAVES })
  const leafOf = (text: string): VerifiedLeaf | undefined => {
    const known = leaves.get(text)
    const leaf = known ?? readLeaf(text, deps)
    if (known === undefined && leaf !== undefined) leaves.set(text, leaf)
    return leaf
  }
  const proven = new LRUCache<string, Proven>({ max: MOST_TOKENS })
  const prove = (token: string): Proven | undefined => {
    const parts = token.split('.')
    const [header = '', claims = '', signature = ''] = parts
    if (parts.length !== 3 || !parts.every((part) => PART.test(part))) return undefined
    const leaf = leafOf(headerSchema.parse(decode(header)).x5c[0])
    const bytes = Buffer.from(signature, 'base64url')
    if (leaf === undefined || !isSigned(`${header}.${claims}`, bytes, leaf.publicKey)) {
      return undefined
    }
    const found = claimsSchema.parse(decode(claims))
    if (found.aud !== deps.service || found.iss !== deps.issuer) return undefined
    proven.set(token, { claims: found, leaf })
    return { claims: found, leaf }
  }
  return (token) => {
    if (token.length > TOKEN_LENGTH) return undefined
    try {
      const found = proven.get(token) ?? prove(token)
      return found && isInForce(found, deps.now()) ? found.claims : undefined
    } catch {
      return undefined
    }
  }
}

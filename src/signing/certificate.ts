import {
  createHash,
  createPublicKey,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto'
import { isIP } from 'node:net'
import forge from 'node-forge'

const { asn1 } = forge
const { Class, Type } = asn1

type Node = forge.asn1.Asn1

/** What a certificate may do: the token authority and its leaves, or a TLS authority and its servers. */
export type Purpose =
  | { readonly kind: 'authority' }
  | { readonly kind: 'token-leaf' }
  | { readonly kind: 'tls-server'; readonly hosts: readonly string[] }

export interface CertificateRequest {
  readonly commonName: string
  readonly publicKey: KeyObject
  readonly issuer: { readonly commonName: string; readonly privateKey: KeyObject }
  readonly notBefore: Date
  readonly notAfter: Date
  readonly purpose: Purpose
}

const OID = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  subjectAltName: '2.5.29.17',
  subjectKeyIdentifier: '2.5.29.14',
  authorityKeyIdentifier: '2.5.29.35',
}

const SERIAL_BYTES = 16

const binary = (bytes: Buffer): string => bytes.toString('binary')
const sequence = (...parts: Node[]): Node =>
  asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, parts)
const set = (part: Node): Node => asn1.create(Class.UNIVERSAL, Type.SET, true, [part])
const oid = (text: string): Node =>
  asn1.create(Class.UNIVERSAL, Type.OID, false, asn1.oidToDer(text).getBytes())
const integer = (bytes: Buffer): Node =>
  asn1.create(Class.UNIVERSAL, Type.INTEGER, false, binary(bytes))
const bool = (): Node => asn1.create(Class.UNIVERSAL, Type.BOOLEAN, false, '\xff')
const octets = (content: Node): Node =>
  asn1.create(Class.UNIVERSAL, Type.OCTETSTRING, false, asn1.toDer(content).getBytes())
const bits = (bytes: Buffer): Node =>
  asn1.create(Class.UNIVERSAL, Type.BITSTRING, false, `\0${binary(bytes)}`)
const tagged = (tag: number, content: string | Node[]): Node =>
  asn1.create(Class.CONTEXT_SPECIFIC, tag, typeof content !== 'string', content)

const name = (commonName: string): Node => {
  const text = asn1.create(Class.UNIVERSAL, Type.UTF8, false, forge.util.encodeUtf8(commonName))
  return sequence(set(sequence(oid(OID.commonName), text)))
}

/** Dates up to 2049 are UTCTime, later ones GeneralizedTime (RFC 5280 4.1.2.5). */
const time = (date: Date): Node =>
  date.getUTCFullYear() < 2050
    ? asn1.create(Class.UNIVERSAL, Type.UTCTIME, false, asn1.dateToUtcTime(date))
    : asn1.create(Class.UNIVERSAL, Type.GENERALIZEDTIME, false, asn1.dateToGeneralizedTime(date))

const critical = (id: string, content: Node): Node => sequence(oid(id), bool(), octets(content))

/** The first byte counts the unused bits at the end of the second. */
const keyUsage = (unusedBits: string, flags: string): Node =>
  critical(OID.keyUsage, asn1.create(Class.UNIVERSAL, Type.BITSTRING, false, unusedBits + flags))

/** The four or sixteen bytes of an address; the function is there, its type is not. */
const ipBytes = (address: string): string =>
  (forge.util as unknown as { bytesFromIP(ip: string): string | null }).bytesFromIP(address) ?? ''

const alternativeName = (host: string): Node =>
  isIP(host) === 0 ? tagged(2, host) : tagged(7, ipBytes(host))

const keyIdentifier = (key: KeyObject): Buffer =>
  createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()

/** Strict verifiers want to see which key stands for which (RFC 5280 4.2.1.1). */
function keyIdentifiers({ publicKey, issuer }: CertificateRequest): readonly Node[] {
  const own = asn1.create(
    Class.UNIVERSAL,
    Type.OCTETSTRING,
    false,
    binary(keyIdentifier(publicKey)),
  )
  const authority = tagged(0, binary(keyIdentifier(createPublicKey(issuer.privateKey))))
  return [
    sequence(oid(OID.subjectKeyIdentifier), octets(own)),
    sequence(oid(OID.authorityKeyIdentifier), octets(sequence(authority))),
  ]
}

function extensions(request: CertificateRequest): readonly Node[] {
  const { purpose } = request
  if (purpose.kind === 'authority') {
    const pathLengthZero = sequence(bool(), integer(Buffer.from([0])))
    return [
      critical(OID.basicConstraints, pathLengthZero),
      // keyCertSign and cRLSign.
      keyUsage('\x01', '\x06'),
      ...keyIdentifiers(request),
    ]
  }
  const digitalSignature = keyUsage('\x07', '\x80')
  const leaf = [critical(OID.basicConstraints, sequence()), digitalSignature]
  // A token leaf travels with every token, so it has nothing that the registry does not ask for.
  if (purpose.kind === 'token-leaf') return leaf
  return [
    ...leaf,
    sequence(oid(OID.extendedKeyUsage), octets(sequence(oid(OID.serverAuth)))),
    sequence(oid(OID.subjectAltName), octets(sequence(...purpose.hosts.map(alternativeName)))),
    ...keyIdentifiers(request),
  ]
}

const serial = (): Buffer => {
  const bytes = randomBytes(SERIAL_BYTES)
  // Positive, and its first byte is not zero, as DER wants the shortest form.
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0)
  return bytes
}

function toBeSigned(request: CertificateRequest): Node {
  const spki = request.publicKey.export({ type: 'spki', format: 'der' })
  return sequence(
    tagged(0, [integer(Buffer.from([2]))]),
    integer(serial()),
    sequence(oid(OID.ecdsaWithSha256)),
    name(request.issuer.commonName),
    sequence(time(request.notBefore), time(request.notAfter)),
    name(request.commonName),
    asn1.fromDer(binary(spki)),
    tagged(3, [sequence(...extensions(request))]),
  )
}

/**
 * Writes and signs an X.509 certificate for a P-256 key. node-forge knows certificates of RSA keys
 * only, so the structure is made of its ASN.1 parts; the signature is that of `node:crypto`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-4.1
 */
export function createCertificate(request: CertificateRequest): X509Certificate {
  const body = toBeSigned(request)
  const der = Buffer.from(asn1.toDer(body).getBytes(), 'binary')
  const signature = sign('sha256', der, request.issuer.privateKey)
  const whole = sequence(body, sequence(oid(OID.ecdsaWithSha256)), bits(signature))
  return new X509Certificate(Buffer.from(asn1.toDer(whole).getBytes(), 'binary'))
}

/** SHA-256 of the certificate, in lower-case hex. */
export const fingerprintOf = (certificate: X509Certificate): string =>
  createHash('sha256').update(certificate.raw).digest('hex')

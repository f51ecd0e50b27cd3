import { generateKeyPairSync } from 'node:crypto'
import { createCertificate } from './certificate.ts'

/**
 * Makes a new authority: a P-256 key, and the certificate that it signs for itself.
 *
 * @returns both as one PEM text, the key first
 */
export function createAuthorityPem({
  commonName,
  notBefore,
  notAfter,
}: {
  readonly commonName: string
  readonly notBefore: Date
  readonly notAfter: Date
}): string {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const certificate = createCertificate({
    commonName,
    publicKey,
    issuer: { commonName, privateKey },
    notBefore,
    notAfter,
    purpose: { kind: 'authority' },
  })
  return `${privateKey.export({ type: 'pkcs8', format: 'pem' })}${certificate.toString()}`
}

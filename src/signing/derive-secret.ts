import { hkdfSync } from 'node:crypto'
import type { TokenAuthority } from './token-authority.ts'

/**
 * A secret that all replicas share and that is not in the database: it comes from the token
 * authority's key and says nothing about it.
 *
 * @param use what it is for; another use has another secret
 * @returns 32 bytes
 */
export function deriveSecret({ privateKey }: Pick<TokenAuthority, 'privateKey'>, use: string) {
  const key = privateKey.export({ type: 'pkcs8', format: 'der' })
  return Buffer.from(hkdfSync('sha256', key, '', `registry-warden ${use}`, 32))
}

import { createRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import { createSigner } from '../../src/signing/signer.ts'
import { readAuthority } from '../../src/signing/token-authority.ts'
import { createOwnTokens } from '../../src/token/issue-token.ts'
import type { Service } from './service.ts'

/** A client of our own for the registry of a service, as the service itself has one. */
export async function openRegistry({ config }: Service): Promise<RegistryClient> {
  const authority = await readAuthority(config.certs.authorityPath)
  if (authority === undefined) throw new Error('no authority')
  const now = (): Date => new Date()
  const signer = createSigner({ authority, leafSeconds: 3600, now })
  return createRegistryClient({
    ...config.registry,
    tokenFor: createOwnTokens({ signer, now, settings: config.token }),
  })
}

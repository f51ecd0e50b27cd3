import type { Config } from '../../config/read-config.ts'
import { createRegistryClient } from '../../registry/client.ts'
import { createSigner } from '../../signing/signer.ts'
import type { TokenAuthority } from '../../signing/token-authority.ts'
import { createOwnTokens } from '../../token/issue-token.ts'

/** Asked for and never there: whether the registry knows it says that it took the token. */
const NOWHERE = 'warden-rotation/nothing'

/**
 * Asks the registry something with a token under an authority.
 *
 * @throws Error where the registry does not take it, or does not answer
 */
export async function requireTrusted(
  {
    config,
    now,
  }: { readonly config: Pick<Config, 'token' | 'registry'>; readonly now: () => Date },
  authority: TokenAuthority,
): Promise<void> {
  const { token: settings } = config
  const signer = createSigner({ authority, leafSeconds: settings.leafSeconds, now })
  const tokenFor = createOwnTokens({ signer, now, settings })
  const registry = createRegistryClient({ ...config.registry, tokenFor })
  try {
    await registry.listTags(NOWHERE)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(
      `the registry does not take tokens of the next authority yet: restart it, now that its bundle has both (${reason})`,
    )
  } finally {
    await registry.close()
  }
}

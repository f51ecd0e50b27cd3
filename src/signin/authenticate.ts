import type { PasswordHasher } from '../accounts/password-hash.ts'
import type { Database } from '../database/open-database.ts'
import type { VersionWatch } from '../database/version-watch.ts'
import type { Authenticate, BasicCredentials } from '../http/caller.ts'
import { ANONYMOUS, type Subject } from '../protocol/subject.ts'
import { deriveSecret } from '../signing/derive-secret.ts'
import type { TokenAuthority } from '../signing/token-authority.ts'
import { createFamiliarNetworks } from './familiar-networks.ts'
import { type RecognizeDeps, recognizePassword, signInWithPassword } from './password.ts'
import { createSignInThrottle } from './throttle.ts'
import type { ThrottleSettings } from './throttle-rules.ts'

export interface AuthenticateDeps extends RecognizeDeps {
  readonly database: Database
  readonly watch: VersionWatch
  readonly hasher: PasswordHasher
  readonly authority: Pick<TokenAuthority, 'privateKey'>
  readonly config: { readonly signIn: ThrottleSettings }
  readonly now: () => Date
}

/** Makes the one function that all requests prove themselves by: no credentials, no identity. */
export function createAuthenticate(deps: AuthenticateDeps): Authenticate {
  const familiar = createFamiliarNetworks()
  const secret = deriveSecret(deps.authority, 'sign-in throttle')
  const throttle = createSignInThrottle({ ...deps, secret, settings: deps.config.signIn })
  return async (credentials, { address }) =>
    credentials === undefined
      ? ANONYMOUS
      : signInWithPassword({ ...deps, familiar, throttle }, { ...credentials, address })
}

/** Tells who asks from memory alone, at once; undefined when that takes more. */
export type Recognize = (credentials: BasicCredentials | undefined) => Subject | undefined

export const createRecognize =
  (deps: RecognizeDeps): Recognize =>
  (credentials) =>
    credentials === undefined ? ANONYMOUS : recognizePassword(deps, credentials)

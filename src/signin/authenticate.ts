import type { PasswordHasher } from '../accounts/password-hash.ts'
import type { Authenticate, BasicCredentials } from '../http/caller.ts'
import { ANONYMOUS, type Subject } from '../protocol/subject.ts'
import { type CountSignIn, countOutcome } from './count-outcome.ts'
import { createFamiliarNetworks } from './familiar-networks.ts'
import { type RecognizeDeps, recognizePassword, signInWithPassword } from './password.ts'

export interface AuthenticateDeps extends RecognizeDeps {
  readonly hasher: PasswordHasher
  readonly metrics: { readonly countSignIn: CountSignIn }
}

/** Makes the one function that all requests prove themselves by: no credentials, no identity. */
export function createAuthenticate(deps: AuthenticateDeps): Authenticate {
  const familiar = createFamiliarNetworks()
  return async (credentials, { address }) => {
    if (credentials === undefined) return ANONYMOUS
    return countOutcome(deps.metrics.countSignIn, 'password', () =>
      signInWithPassword({ ...deps, familiar }, { ...credentials, address }),
    )
  }
}

/** Tells who asks from memory alone, at once; undefined when that takes more. */
export type Recognize = (credentials: BasicCredentials | undefined) => Subject | undefined

export const createRecognize =
  (deps: RecognizeDeps): Recognize =>
  (credentials) =>
    credentials === undefined ? ANONYMOUS : recognizePassword(deps, credentials)

import { createUpgradeHash, type UpgradeHashDeps } from '../accounts/upgrade-hash.ts'
import type { Authenticate, BasicCredentials } from '../http/caller.ts'
import { ANONYMOUS, type Subject } from '../protocol/subject.ts'
import { createFamiliarNetworks } from './familiar-networks.ts'
import { type RecognizeDeps, recognizePassword, signInWithPassword } from './password.ts'

export interface AuthenticateDeps extends RecognizeDeps, UpgradeHashDeps {}

/** Makes the one function that all requests prove themselves by: no credentials, no identity. */
export function createAuthenticate(deps: AuthenticateDeps): Authenticate {
  const familiar = createFamiliarNetworks()
  const upgradeHash = createUpgradeHash(deps)
  return async (credentials, { address }) =>
    credentials === undefined
      ? ANONYMOUS
      : signInWithPassword({ ...deps, familiar, upgradeHash }, { ...credentials, address })
}

/** Tells who asks from memory alone, at once; undefined when that takes more. */
export type Recognize = (credentials: BasicCredentials | undefined) => Subject | undefined

export const createRecognize =
  (deps: RecognizeDeps): Recognize =>
  (credentials) =>
    credentials === undefined ? ANONYMOUS : recognizePassword(deps, credentials)

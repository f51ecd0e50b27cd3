import type { Database } from '../database/open-database.ts'
import { deriveSecret } from '../signing/derive-secret.ts'
import type { TokenAuthority } from '../signing/token-authority.ts'
import { type Attempt, createSignInThrottle, type SignInThrottle } from './throttle.ts'
import type { ThrottleSettings } from './throttle-rules.ts'

export interface CreateThrottleDeps {
  readonly database: Database
  readonly now: () => Date
  readonly authority: Pick<TokenAuthority, 'privateKey'>
  readonly config: { readonly signIn: ThrottleSettings }
}

/** The throttle of this process; every way to try a password has to share it. */
export const createThrottle = ({
  database,
  now,
  authority,
  config,
}: CreateThrottleDeps): SignInThrottle =>
  createSignInThrottle({
    database,
    now,
    secret: deriveSecret(authority, 'sign-in throttle'),
    settings: config.signIn,
  })

/**
 * Runs the proof of a password that somebody who is signed in gives once more. A wrong one counts
 * like a failed sign-in, and holds them up as little: they have just proven the account from there.
 */
export type ProveAgain = (attempt: Attempt, verify: () => Promise<boolean>) => Promise<boolean>

export const createProveAgain =
  (throttle: SignInThrottle): ProveAgain =>
  async (attempt, verify) =>
    throttle.prove(await throttle.read(attempt), verify)

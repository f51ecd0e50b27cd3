import { type AccountSource, externalIdOfSubject } from '../accounts/identity.ts'
import type { MeetAccount } from '../accounts/meet-account.ts'
import type { Config } from '../config/read-config.ts'
import type { Authenticate } from '../http/caller.ts'
import {
  type AuthenticateDeps,
  type AuthenticateIdentity,
  createAuthenticate,
  createAuthenticateIdentity,
  createRecognize,
  type Recognize,
} from './authenticate.ts'
import {
  type CreateThrottleDeps,
  createProveAgain,
  createThrottle,
  type ProveAgain,
} from './create-throttle.ts'
import { createLookUp } from './look-up.ts'
import { type Bearers, createBearers } from './oidc/prove-bearer.ts'
import {
  createRecordedAuthenticate,
  createRecordedIdentity,
  type RecordedAuthenticateDeps,
} from './recorded-authenticate.ts'

type MadeHere = 'throttle' | 'lookUp' | 'identityTokenSeconds' | 'bearers'

export interface CreateSignInDeps
  extends Omit<AuthenticateDeps, MadeHere>,
    Omit<CreateThrottleDeps, 'config'>,
    RecordedAuthenticateDeps {
  readonly config: Config
  readonly meetAccount: MeetAccount
}

/** Every way to prove an identity, and what goes with them. */
export interface SignIn {
  readonly authenticate: Authenticate
  readonly authenticateIdentity: AuthenticateIdentity
  readonly recognize: Recognize
  readonly proveAgain: ProveAgain
  readonly identityTokenSeconds: number | undefined
  readonly bearers: Bearers
}

/** The sources of accounts beside this service that the environment names. */
export const createSources = ({ oidc }: Config): readonly AccountSource[] =>
  oidc.issuers.map(({ name, issuer }) => ({
    name,
    externalIdOf: (subject) => externalIdOfSubject(issuer, subject),
  }))

/** Puts the ways together, each with its outcome in the audit record. */
export function createSignIn(deps: CreateSignInDeps): SignIn {
  const { identityTokenSeconds } = deps.config.token
  const throttle = createThrottle(deps)
  const bearers = createBearers(deps)
  const ways = { ...deps, throttle, lookUp: createLookUp(), identityTokenSeconds, bearers }
  return {
    authenticate: createRecordedAuthenticate(createAuthenticate(ways), deps),
    authenticateIdentity: createRecordedIdentity(createAuthenticateIdentity(ways), deps),
    recognize: createRecognize(ways),
    proveAgain: createProveAgain(throttle),
    identityTokenSeconds,
    bearers,
  }
}

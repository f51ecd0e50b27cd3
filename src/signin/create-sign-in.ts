import { type AccountSource, externalIdOfSubject } from '../accounts/identity.ts'
import type { MeetAccount } from '../accounts/meet-account.ts'
import type { Config } from '../config/read-config.ts'
import type { Authenticate } from '../http/caller.ts'
import type { Route } from '../http/route.ts'
import type { CacheStats } from '../metrics/cache-stats.ts'
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
import { createFamiliarNetworks } from './familiar-networks.ts'
import { type CreateLdapDeps, createLdap, LDAP_SOURCE } from './ldap/create-ldap.ts'
import { createLdapRoutes } from './ldap/routes.ts'
import { createLookUp } from './look-up.ts'
import { type Bearers, createBearers } from './oidc/prove-bearer.ts'
import {
  createRecordedAuthenticate,
  createRecordedIdentity,
  type RecordedAuthenticateDeps,
} from './recorded-authenticate.ts'

type MadeHere = 'throttle' | 'lookUp' | 'familiar' | 'ldap' | 'identityTokenSeconds' | 'bearers'

export interface CreateSignInDeps
  extends Omit<AuthenticateDeps, MadeHere>,
    Omit<CreateThrottleDeps, 'config'>,
    RecordedAuthenticateDeps {
  readonly config: Config
  readonly meetAccount: MeetAccount
  readonly log: CreateLdapDeps['log']
  readonly metrics: AuthenticateDeps['metrics'] & CreateLdapDeps['metrics']
}

/** Every way to prove an identity, and what goes with them. */
export interface SignIn {
  readonly authenticate: Authenticate
  readonly authenticateIdentity: AuthenticateIdentity
  readonly recognize: Recognize
  readonly proveAgain: ProveAgain
  readonly identityTokenSeconds: number | undefined
  readonly bearers: Bearers
  readonly signInRoutes: readonly Route[]
  /** What is remembered of the directory's word; undefined where there is none. */
  readonly ldapProofs: { readonly stats: () => CacheStats } | undefined
  /** Begins the work of this room that no request asks for. @returns stops it */
  readonly startSignIn: () => () => Promise<void>
}

/** The sources of accounts beside this service that the environment names. */
export const createSources = ({ ldap, oidc }: Config): readonly AccountSource[] => [
  ...(ldap === undefined ? [] : [LDAP_SOURCE]),
  ...oidc.issuers.map(({ name, issuer }) => ({
    name,
    externalIdOf: (subject: string) => externalIdOfSubject(issuer, subject),
  })),
]

/** Puts the ways together, each with its outcome in the audit record. */
export function createSignIn(deps: CreateSignInDeps): SignIn {
  const { identityTokenSeconds } = deps.config.token
  const throttle = createThrottle(deps)
  const familiar = createFamiliarNetworks()
  const bearers = createBearers(deps)
  const ldap = createLdap({ ...deps, throttle, familiar })
  const lookUp = createLookUp()
  const ways = { ...deps, throttle, familiar, ldap, lookUp, identityTokenSeconds, bearers }
  return {
    authenticate: createRecordedAuthenticate(createAuthenticate(ways), deps),
    authenticateIdentity: createRecordedIdentity(createAuthenticateIdentity(ways), deps),
    recognize: createRecognize(ways),
    proveAgain: createProveAgain(throttle),
    identityTokenSeconds,
    bearers,
    signInRoutes: createLdapRoutes(deps),
    ldapProofs: ldap,
    startSignIn: () => ldap?.start() ?? (async () => undefined),
  }
}

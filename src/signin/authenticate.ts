import { createUpgradeHash, type UpgradeHashDeps } from '../accounts/upgrade-hash.ts'
import { readSecret, type SecretKind } from '../credentials/secret.ts'
import type { VersionWatch } from '../database/version-watch.ts'
import { AppError } from '../errors.ts'
import type { Authenticate, BasicCredentials, Credentials, Origin } from '../http/caller.ts'
import type { Log } from '../http/middleware.ts'
import type { SignInWay } from '../metrics/names.ts'
import { ANONYMOUS, ROBOT_PREFIX, type Subject } from '../protocol/subject.ts'
import { type CountSignIn, countOutcome } from './count-outcome.ts'
import type { FamiliarNetworks } from './familiar-networks.ts'
import type { LookUp } from './look-up.ts'
import { isBearerToken, isWebToken } from './oidc/read-bearer.ts'
import { type BearerSignInDeps, signInWithBearer } from './oidc/sign-in.ts'
import { type OwnedTokenDeps, recognizeOwnedToken, signInWithOwnedToken } from './owned-token.ts'
import {
  type PasswordSignIn,
  type RecognizeDeps,
  recognizePassword,
  type SignInDeps,
  signInWithPassword,
} from './password.ts'
import { unknownBearer, wrongPassword } from './refusals.ts'
import { recognizeRobot, signInAsRobot } from './robot.ts'
import type { SignInThrottle } from './throttle.ts'

export interface AuthenticateDeps
  extends RecognizeDeps,
    OwnedTokenDeps,
    UpgradeHashDeps,
    BearerSignInDeps {
  readonly log: Pick<Log, 'info' | 'warn'>
  /** Undefined: identity tokens are switched off. */
  readonly identityTokenSeconds: number | undefined
  readonly lookUp: LookUp
  readonly familiar: FamiliarNetworks
  readonly metrics: { readonly countSignIn: CountSignIn }
  readonly watch: VersionWatch
  readonly throttle: SignInThrottle
}

/** Which way credentials go; `refused` prove nothing, whoever shows them. */
type Way = 'password' | 'accessToken' | 'robot' | 'identityToken' | 'oidc' | 'refused'

const isRobot = (username: string): boolean => username.toLowerCase().startsWith(ROBOT_PREFIX)

function wayOfBearer(secret: string, kind: SecretKind | undefined): Way {
  if (kind === 'accessToken') return kind
  return isBearerToken(secret) ? 'oidc' : 'refused'
}

/** By their form alone: a secret of ours is never held against passwords, nor sent anywhere. */
export function wayOf({ username, secret }: Credentials): Way {
  const form = readSecret(secret)
  const kind: SecretKind | undefined = form?.isBroken ? undefined : form?.kind
  if (username === undefined) return wayOfBearer(secret, kind)
  if (isRobot(username)) return kind === 'robot' ? 'robot' : 'refused'
  if (form === undefined) return isWebToken(secret) ? 'refused' : 'password'
  return kind === undefined || kind === 'robot' ? 'refused' : kind
}

const notAPassword = (): AppError =>
  new AppError('UNAUTHORIZED', {
    detail: 'an identity token is not a password; use the password or an access token',
  })

/** A password, counted by the way that it goes: by its hash, or to the directory. */
function createPasswordWay(deps: AuthenticateDeps): (attempt: PasswordSignIn) => Promise<Subject> {
  const inside = { ...deps, upgradeHash: createUpgradeHash(deps) }
  return (attempt) => {
    let taken: SignInWay = 'password'
    const tellWay: SignInDeps['tellWay'] = (way) => {
      taken = way
    }
    const prove = () => signInWithPassword({ ...inside, tellWay }, attempt)
    return countOutcome(deps.metrics.countSignIn, () => taken, prove)
  }
}

/** @throws AppError UNAUTHORIZED (401) */
function refuse({ username }: Credentials, way: 'refused' | 'identityToken'): never {
  if (way === 'identityToken') throw notAPassword()
  throw username === undefined ? unknownBearer() : wrongPassword()
}

/**
 * Makes the one function that all requests prove themselves by: no credentials, no identity.
 * An identity token is no password: it is for `grant_type=refresh_token` alone (R11).
 */
export function createAuthenticate(deps: AuthenticateDeps): Authenticate {
  const signInByPassword = createPasswordWay(deps)
  const { countSignIn } = deps.metrics
  return async (credentials, origin) => {
    const { address } = origin
    if (credentials === undefined) return ANONYMOUS
    const { username = '', secret } = credentials
    const way = wayOf(credentials)
    if (way === 'refused' || way === 'identityToken') return refuse(credentials, way)
    if (way === 'password') return signInByPassword({ username, secret, address, origin })
    return countOutcome(countSignIn, way, (): Promise<Subject> => {
      if (way === 'oidc') return signInWithBearer(deps, { token: secret, origin })
      if (way === 'robot') return signInAsRobot(deps, { username, secret, address })
      return signInWithOwnedToken(deps, way, { ...credentials, address })
    })
  }
}

/**
 * Proves a person by an identity token.
 *
 * @throws AppError UNAUTHORIZED (401), BUSY (503), UNAVAILABLE (503)
 */
export type AuthenticateIdentity = (secret: string, origin: Origin) => Promise<Subject>

export function createAuthenticateIdentity(deps: AuthenticateDeps): AuthenticateIdentity {
  const isOn = deps.identityTokenSeconds !== undefined
  return async (secret, { address }) => {
    const form = readSecret(secret)
    if (isOn && form?.kind === 'identityToken' && !form.isBroken) {
      const proof = { username: undefined, secret, address }
      return countOutcome(deps.metrics.countSignIn, 'identityToken', () =>
        signInWithOwnedToken(deps, 'identityToken', proof),
      )
    }
    throw new AppError('UNAUTHORIZED', {
      detail: isOn
        ? 'the refresh token is not an identity token of this service; sign in again'
        : 'identity tokens are switched off here (WARDEN_IDENTITY_TOKENS); sign in again',
    })
  }
}

/** Tells who asks from memory alone, at once; undefined when that takes more. */
export type Recognize = (
  credentials: BasicCredentials | undefined,
  address: () => string,
) => Subject | undefined

export const createRecognize =
  (deps: RecognizeDeps & OwnedTokenDeps): Recognize =>
  (credentials, address) => {
    if (credentials === undefined) return ANONYMOUS
    const way = wayOf(credentials)
    if (way === 'password') return recognizePassword(deps, credentials)
    if (way === 'accessToken') return recognizeOwnedToken(deps, credentials)
    return way === 'robot' ? recognizeRobot(deps, credentials, address) : undefined
  }

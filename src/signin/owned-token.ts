import { roleInForce } from '../accounts/user-subject.ts'
import type { CachedCredentials } from '../credentials/cached-credentials.ts'
import type { LastUse } from '../credentials/last-use.ts'
import { hashSecret } from '../credentials/secret.ts'
import type { OwnedToken } from '../credentials/types.ts'
import { AppError } from '../errors.ts'
import type { UserSubject } from '../protocol/subject.ts'
import type { LookUp } from './look-up.ts'
import { disabledAccount, wrongPassword } from './refusals.ts'

export interface OwnedTokenDeps extends CachedCredentials {
  readonly lastUse: LastUse
  readonly now: () => Date
}

export interface OwnedTokenSignIn {
  /** Undefined where the way of signing in has no name, as with a Bearer. */
  readonly username: string | undefined
  readonly secret: string
}

const KINDS = {
  accessToken: { table: 'access_tokens', noun: 'access token' },
  identityToken: { table: 'identity_tokens', noun: 'identity token' },
} as const

type OwnedTokenKind = keyof typeof KINDS

const isOver = ({ expiresAt }: OwnedToken, now: Date): boolean =>
  expiresAt !== undefined && expiresAt <= now

/** A token works with the name of its owner only (R11). */
const isOfOwner = ({ owner }: OwnedToken, username: string | undefined): boolean =>
  username === undefined || username.toLowerCase() === owner.username

const toSubject = (kind: OwnedTokenKind, token: OwnedToken, now: Date): UserSubject => ({
  kind: 'user',
  id: token.owner.id,
  username: token.owner.username,
  ...roleInForce(token.owner, now),
  credential: {
    kind,
    id: token.id,
    permissions: token.permissions,
    expiresAt: token.expiresAt,
    madeByRobotId: token.madeBy?.robotId,
  },
})

/** The subject of a token that is in memory, and good; undefined says nothing against others. */
export function recognizeOwnedToken(
  deps: OwnedTokenDeps,
  { username, secret }: OwnedTokenSignIn,
): UserSubject | undefined {
  const token = deps.accessTokens.peek(hashSecret(secret))
  if (token === undefined || token.owner.disabled || !isOfOwner(token, username)) return undefined
  const at = deps.now()
  if (isOver(token, at)) return undefined
  deps.lastUse.note('access_tokens', token.id)
  return toSubject('accessToken', token, at)
}

/**
 * Proves a user by an access or an identity token. Only who has the token is told why it is not
 * taken.
 *
 * @throws AppError UNAUTHORIZED (401), BUSY (503), UNAVAILABLE (503)
 */
export async function signInWithOwnedToken(
  deps: OwnedTokenDeps & { readonly lookUp: LookUp },
  kind: OwnedTokenKind,
  { username, secret, address }: OwnedTokenSignIn & { readonly address: string },
): Promise<UserSubject> {
  const cache = kind === 'accessToken' ? deps.accessTokens : deps.identityTokens
  const { table, noun } = KINDS[kind]
  const token = await deps.lookUp(cache, hashSecret(secret), address)
  if (token === undefined || !isOfOwner(token, username)) {
    if (kind === 'accessToken') throw wrongPassword()
    throw new AppError('UNAUTHORIZED', {
      detail: `the ${noun} is not known, or it was revoked; sign in again`,
    })
  }
  const { owner, expiresAt } = token
  if (owner.disabled) throw disabledAccount(owner.username)
  const at = deps.now()
  if (isOver(token, at)) {
    throw new AppError('UNAUTHORIZED', {
      detail: `the ${noun} ended at ${expiresAt?.toISOString()}; make a new one`,
    })
  }
  deps.lastUse.note(table, token.id)
  return toSubject(kind, token, at)
}

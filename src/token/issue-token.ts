import { randomUUID } from 'node:crypto'
import type { Access } from '../protocol/scope.ts'
import { RESERVED_SUBJECT_PREFIX } from '../protocol/subject.ts'
import type { Signer } from '../signing/signer.ts'

/** No shorter life is of use: clients take every smaller one for 60 seconds. */
const SHORTEST_SECONDS = 60
const OWN_SECONDS = 60
const OWN_REUSE_MS = 15_000
const MOST_OWN = 256

export interface IssueTokenDeps {
  readonly signer: Signer
  readonly now: () => Date
  readonly settings: {
    readonly service: string
    readonly issuer: string
    readonly pullSeconds: number
    readonly pushSeconds: number
  }
}

export interface IssuedToken {
  readonly token: string
  readonly expiresInSeconds: number
}

const isPullOnly = (access: readonly Access[]): boolean =>
  access.every(({ type, actions }) => type !== 'repository' || actions.every((a) => a === 'pull'))

/**
 * A machine that slept may wake after the end of its leaf, and be asked before that was noticed; one
 * whose clock was wrong and set right may have a leaf that has not begun, which no registry takes.
 */
function leafSecondsLeft(signer: Signer, nowSeconds: number): number {
  const hasBegun = signer.leaf().notBefore.getTime() <= nowSeconds * 1000
  const secondsOf = ({ notAfter }: { readonly notAfter: Date }): number =>
    Math.floor(notAfter.getTime() / 1000) - nowSeconds
  const left = secondsOf(signer.leaf())
  return left < SHORTEST_SECONDS || !hasBegun ? secondsOf(signer.renew()) : left
}

/**
 * Signs a registry token.
 *
 * It ends with its life, with its leaf (the registry takes no token under an ended one), or with the
 * earliest right in it, but not before 60 seconds have passed (R3).
 *
 * @param until when the earliest right in it ends
 * @see https://distribution.github.io/distribution/spec/auth/jwt/
 */
export function issueToken(
  { signer, now, settings }: IssueTokenDeps,
  {
    sub,
    access,
    until,
  }: {
    readonly sub: string
    readonly access: readonly Access[]
    readonly until?: Date | undefined
  },
): IssuedToken {
  const nowSeconds = Math.floor(now().getTime() / 1000)
  const lifeSeconds = isPullOnly(access) ? settings.pullSeconds : settings.pushSeconds
  const rightSeconds = until
    ? Math.max(SHORTEST_SECONDS, Math.floor(until.getTime() / 1000) - nowSeconds)
    : lifeSeconds
  const leafSeconds = leafSecondsLeft(signer, nowSeconds)
  const expiresInSeconds = Math.min(lifeSeconds, rightSeconds, leafSeconds)
  const token = signer.signToken({
    iss: settings.issuer,
    sub,
    aud: settings.service,
    exp: nowSeconds + expiresInSeconds,
    nbf: nowSeconds,
    iat: nowSeconds,
    jti: randomUUID(),
    access,
  })
  return { token, expiresInSeconds }
}

interface OwnToken {
  readonly token: string
  readonly madeAtMs: number
}

/**
 * Tokens for our own calls of the registry: for exactly the access of one call, and for a minute.
 * One is used again for some seconds, since whoever reads a tag mostly reads its neighbour next.
 * Their subject can be nobody's name.
 */
export function createOwnTokens(deps: IssueTokenDeps): (access: readonly Access[]) => string {
  const settings = { ...deps.settings, pullSeconds: OWN_SECONDS, pushSeconds: OWN_SECONDS }
  const sub = `${RESERVED_SUBJECT_PREFIX}system`
  const kept = new Map<string, OwnToken>()
  return (access) => {
    const key = JSON.stringify(access)
    const nowMs = deps.now().getTime()
    const known = kept.get(key)
    if (known && Math.abs(nowMs - known.madeAtMs) < OWN_REUSE_MS) return known.token
    if (kept.size >= MOST_OWN) kept.clear()
    const { token } = issueToken({ ...deps, settings }, { sub, access })
    kept.set(key, { token, madeAtMs: nowMs })
    return token
  }
}

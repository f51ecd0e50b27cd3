import {
  type CryptoKey,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose'
import type { IssuerConfig } from '../../config/issuer-list.ts'
import type { KeySet, KeySource } from './key-source.ts'
import { type Refusal, type RefusalReason, refuse, told } from './read-bearer.ts'

const LONGEST_SUBJECT = 255
/** Keys that are tried for a token that does not name its own. */
const MOST_KEYS = 8

export interface VerifiedBearer {
  readonly payload: JWTPayload & {
    readonly sub: string
    readonly exp: number
    readonly iat: number
  }
  readonly keys: KeySet
}

export type Verification = VerifiedBearer | { readonly refusal: Refusal }

export interface VerifyBearerInput {
  readonly issuer: IssuerConfig
  readonly source: KeySource
  readonly token: string
  readonly now: Date
}

const REASONS: Readonly<Record<string, RefusalReason>> = {
  [errors.JWTExpired.code]: 'expired',
  [errors.JWKSNoMatchingKey.code]: 'key',
  [errors.JWKSMultipleMatchingKeys.code]: 'key',
  [errors.JWKSInvalid.code]: 'key',
  [errors.JWSSignatureVerificationFailed.code]: 'signature',
  [errors.JOSEAlgNotAllowed.code]: 'algorithm',
  [errors.JOSENotSupported.code]: 'unreadable',
  [errors.JWSInvalid.code]: 'unreadable',
  [errors.JWTInvalid.code]: 'unreadable',
}

const OF_CLAIM: Readonly<Record<string, RefusalReason>> = {
  aud: 'audience',
  iss: 'issuer',
  nbf: 'notYet',
}

/** What jose throws; anything else is a key that nothing can be done with. */
function refusalOf(error: unknown): { readonly refusal: Refusal } {
  if (error instanceof errors.JWTClaimValidationFailed) {
    const { claim, payload, message } = error
    return refuse(OF_CLAIM[claim] ?? 'claims', `${message}: ${told(payload[claim])}`)
  }
  const code = error instanceof errors.JOSEError ? error.code : ''
  return refuse(REASONS[code] ?? 'key', error instanceof Error ? error.message : String(error))
}

/** Tries one key after the other where several could be meant. */
async function tryKeys(
  keys: AsyncIterable<CryptoKey>,
  verify: (key: CryptoKey) => Promise<JWTPayload>,
): Promise<JWTPayload> {
  let tried = 0
  for await (const key of keys) {
    try {
      return await verify(key)
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error
    }
    if (++tried === MOST_KEYS) break
  }
  throw new errors.JWSSignatureVerificationFailed()
}

async function verifySignature(
  token: string,
  getKey: JWTVerifyGetKey,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, getKey, options)).payload
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    return tryKeys(error, async (key) => (await jwtVerify(token, key, options)).payload)
  }
}

const isPayload = (payload: JWTPayload): payload is VerifiedBearer['payload'] =>
  typeof payload.sub === 'string' && payload.sub !== '' && payload.sub.length <= LONGEST_SUBJECT

async function verifyWith(keys: KeySet, input: VerifyBearerInput): Promise<Verification> {
  const { issuer, token, now } = input
  const payload = await verifySignature(token, keys.getKey, {
    issuer: issuer.issuer,
    audience: [...issuer.audiences],
    algorithms: [...issuer.algorithms],
    clockTolerance: issuer.leewaySeconds,
    currentDate: now,
    requiredClaims: ['sub', 'exp', 'iat'],
  })
  if (!isPayload(payload)) return refuse('claims', `the sub is no text of 1 to ${LONGEST_SUBJECT}`)
  // Groups hold for some time from then on, and from no time at all they would hold for ever (R9).
  if (payload.iat < 0) return refuse('claims', `the iat is before 1970: ${payload.iat}`)
  if (payload.iat > now.getTime() / 1000 + issuer.leewaySeconds) {
    return refuse('notYet', `it was issued later than now: ${payload.iat}`)
  }
  return { payload, keys }
}

const isUnknownKey = (error: unknown): boolean => error instanceof errors.JWKSNoMatchingKey

/**
 * Holds a token against the keys of its issuer, and its claims against the configuration. A key that
 * is not known yet may be new, so the issuer is asked once more.
 *
 * @throws AppError UNAVAILABLE (503) when the keys cannot be read
 */
export async function verifyBearer(input: VerifyBearerInput): Promise<Verification> {
  const keys = await input.source.read()
  try {
    return await verifyWith(keys, input)
  } catch (error) {
    if (!isUnknownKey(error)) return refusalOf(error)
  }
  const anew = await input.source.readAnew(keys)
  return verifyWith(anew, input).catch(refusalOf)
}

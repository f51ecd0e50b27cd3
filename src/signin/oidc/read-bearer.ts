import { z } from 'zod'
import type { IssuerConfig } from '../../config/issuer-list.ts'

/** Enough for a few hundred groups; headers of 32 KB are all that nginx and Node take. */
const MOST_LENGTH = 12 * 1024
const MOST_TOLD = 200
const FORM = /^[\w-]+\.[\w-]+\.[\w-]*$/

const headerSchema = z.object({
  alg: z.string(),
  typ: z.string().optional(),
  x5c: z.unknown().optional(),
})

const claimsSchema = z.object({ iss: z.string() })

/** Why a token is not taken: for the log alone, since the caller is told the same each time. */
export interface Refusal {
  readonly reason: RefusalReason
  readonly detail: string
}

export type RefusalReason =
  | 'tooLong'
  | 'unreadable'
  | 'registryToken'
  | 'issuer'
  | 'algorithm'
  | 'type'
  | 'key'
  | 'signature'
  | 'audience'
  | 'expired'
  | 'notYet'
  | 'claims'

export const refuse = (reason: RefusalReason, detail: string): { readonly refusal: Refusal } => ({
  refusal: { reason, detail },
})

/** What came with a token, cut to what a line of the log can hold. */
export const told = (value: unknown): string =>
  (JSON.stringify(value) ?? 'nothing').slice(0, MOST_TOLD)

function decode(part: string | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}

/** Whether a text has the form of a JWT, good or not: no secret of ours looks like that. */
export const isBearerToken = (text: string): boolean => FORM.test(text)

/** Whether a text is a JWT rather than a password with two dots. */
export const isWebToken = (text: string): boolean =>
  isBearerToken(text) && headerSchema.safeParse(decode(text.split('.', 1)[0])).success

/** `at+jwt` and `application/at+jwt` are one; a token that names none is a plain JWT (RFC 7519). */
const normalizeType = (type: string): string => type.toLowerCase().replace(/^application\//, '')

const hasType = ({ types }: IssuerConfig, type = 'JWT'): boolean =>
  types.some((one) => normalizeType(one) === normalizeType(type))

export interface BearerRules {
  readonly issuers: readonly IssuerConfig[]
  /** Issuer of the registry's tokens, which are no credentials here (R3). */
  readonly registryIssuer: string
}

/**
 * Looks at what a token says of itself, before anything of it is proven: enough to know whose keys
 * to hold it against, and to refuse what no key could make good (R13).
 */
export function readBearer(
  { issuers, registryIssuer }: BearerRules,
  token: string,
): { readonly issuer: IssuerConfig } | { readonly refusal: Refusal } {
  if (token.length > MOST_LENGTH) {
    return refuse('tooLong', `it has ${token.length} characters, more than ${MOST_LENGTH}`)
  }
  const [header, claims] = token.split('.', 2).map(decode)
  const { success: hasHeader, data: head } = headerSchema.safeParse(header)
  const { success: hasIssuer, data: body } = claimsSchema.safeParse(claims)
  if (!hasHeader || !hasIssuer) return refuse('unreadable', 'it is no JWT with alg and iss')
  if (body.iss === registryIssuer || head.x5c !== undefined) {
    return refuse('registryToken', 'it is a token for the registry, or signed like one')
  }
  const issuer = issuers.find((one) => one.issuer === body.iss)
  if (issuer === undefined) {
    return refuse('issuer', `the issuer ${told(body.iss)} is none of WARDEN_OIDC_ISSUERS`)
  }
  if (!issuer.algorithms.some((algorithm) => algorithm === head.alg)) {
    return refuse('algorithm', `the algorithm ${told(head.alg)} is none of ${issuer.algorithms}`)
  }
  if (!hasType(issuer, head.typ)) {
    return refuse('type', `the type ${told(head.typ)} is none of ${issuer.types}`)
  }
  return { issuer }
}

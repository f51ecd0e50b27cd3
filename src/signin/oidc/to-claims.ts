import type { JWTPayload } from 'jose'
import { externalIdOfSubject } from '../../accounts/identity.ts'
import type { Claims } from '../../accounts/types.ts'
import type { IssuerConfig } from '../../config/issuer-list.ts'
import type { VerifiedBearer } from './verify-bearer.ts'

const hasOwn = (value: unknown, key: string): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)

/**
 * A claim by its name, which may have dots of its own, or else by its way through nested ones such
 * as `realm_access.roles`.
 */
export function readClaim(payload: JWTPayload, path: string): unknown {
  if (hasOwn(payload, path)) return payload[path]
  return path
    .split('.')
    .reduce<unknown>((value, key) => (hasOwn(value, key) ? value[key] : undefined), payload)
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

/** A person may be in one group, which some issuers do not put into a list. */
const listOf = (value: unknown): readonly string[] => {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value]
  return all.flatMap((one) => textOf(one) ?? [])
}

/** Takes what the configuration names out of a token that has been proven. */
export function toClaims(
  { name, issuer, claims, administratorGroup }: IssuerConfig,
  payload: VerifiedBearer['payload'],
): Claims {
  const groups = listOf(readClaim(payload, claims.groups))
  return {
    source: name,
    externalId: externalIdOfSubject(issuer, payload.sub),
    username: textOf(readClaim(payload, claims.username)),
    // Somebody else's address would do no harm here, but has no business here either.
    email: payload.email_verified === false ? undefined : textOf(readClaim(payload, claims.email)),
    displayName: textOf(readClaim(payload, claims.displayName)),
    groups,
    saidAt: new Date(payload.iat * 1000),
    isAdministrator: administratorGroup !== undefined && groups.includes(administratorGroup),
  }
}

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

/** Some issuers say it in a text, and some do not speak of it. */
const isUnverified = ({ email_verified: verified }: JWTPayload): boolean =>
  verified !== undefined && String(verified).toLowerCase() !== 'true'

/** An address that anybody may have typed there is nobody's, and no name for an account (R8). */
function readMail({ claims }: IssuerConfig, payload: JWTPayload) {
  const isNobodys = isUnverified(payload)
  const isName = claims.username === claims.email || claims.username === 'email'
  return {
    email: isNobodys ? undefined : textOf(readClaim(payload, claims.email)),
    username: isNobodys && isName ? undefined : textOf(readClaim(payload, claims.username)),
  }
}

/** Takes what the configuration names out of a token that has been proven. */
export function toClaims(config: IssuerConfig, payload: VerifiedBearer['payload']): Claims {
  const { name, issuer, claims, administratorGroup } = config
  const groups = listOf(readClaim(payload, claims.groups))
  return {
    source: name,
    externalId: externalIdOfSubject(issuer, payload.sub),
    ...readMail(config, payload),
    displayName: textOf(readClaim(payload, claims.displayName)),
    groups,
    saidAt: new Date(payload.iat * 1000),
    isAdministrator: administratorGroup !== undefined && groups.includes(administratorGroup),
  }
}

import { z } from 'zod'
import { integer } from './integer.ts'
import { type IssuerConfig, readIssuers } from './issuer-list.ts'

const issuers = z.string().transform((text, context): readonly IssuerConfig[] => {
  const reading = readIssuers(text)
  if ('issuers' in reading) return reading.issuers
  for (const message of reading.faults) context.addIssue({ code: 'custom', message })
  return z.NEVER
})

/** Variables of sign-in with the tokens of others. */
export const OIDC_VARIABLES = {
  WARDEN_OIDC_ISSUERS: issuers
    .optional()
    .describe('Issuers whose tokens the API takes as Bearer: a JSON array, see docs/sso.md'),
  WARDEN_OIDC_JWKS_SECONDS: integer(60, 604_800)
    .prefault('3600')
    .describe("How long an issuer's keys are used while it does not answer, in seconds"),
} as const

export interface OidcConfig {
  readonly issuers: readonly IssuerConfig[]
  /** How old the keys of an issuer may be; it is asked for new ones long before. */
  readonly keysSeconds: number
}

const schema = z.object(OIDC_VARIABLES)

export const toOidcConfig = (v: z.output<typeof schema>): OidcConfig => ({
  issuers: v.WARDEN_OIDC_ISSUERS ?? [],
  keysSeconds: v.WARDEN_OIDC_JWKS_SECONDS,
})

import { integer } from './integer.ts'
import { LDAP_VARIABLES } from './ldap-variables.ts'

/** Variables of all sources of accounts beside this service. */
export const SOURCE_VARIABLES = {
  WARDEN_CLAIMS_SECONDS: integer(300, 2_592_000)
    .prefault('86400')
    .describe(
      'How long a group or the administrator role of LDAP or an issuer holds without being said again, in seconds',
    ),
  ...LDAP_VARIABLES,
} as const

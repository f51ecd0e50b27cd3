import { isIP } from 'node:net'
import { ldapFaults } from './ldap-variables.ts'
import type { Config } from './read-config.ts'

/** Faults that no variable has alone. */
export const across = (config: Config): readonly string[] => [
  ...(config.token.leafSeconds < 3 * Math.max(config.token.pullSeconds, config.token.pushSeconds)
    ? [
        "WARDEN_LEAF_SECONDS is less than three times a token's life (WARDEN_TOKEN_PULL_SECONDS, WARDEN_TOKEN_PUSH_SECONDS); tokens would be cut short",
      ]
    : []),
  ...(config.listen.host === config.privateListen.host &&
  config.listen.port === config.privateListen.port
    ? ['WARDEN_LISTEN and WARDEN_PRIVATE_LISTEN are the same address; give each its own port']
    : []),
  ...(config.database.tls === 'verify' && isIP(config.database.host) !== 0
    ? [
        'WARDEN_DB_TLS=verify holds the certificate against a host name, and WARDEN_DB_HOST is an address; give the name',
      ]
    : []),
  ...(config.database.ca !== undefined && config.database.tls !== 'verify'
    ? ['WARDEN_DB_CA is set but WARDEN_DB_TLS is not verify; set both or neither']
    : []),
  ...ldapFaults(config.ldap),
  ...(config.settings.selfRegistration === true &&
  config.settings.firstSightUsers !== false &&
  (config.oidc.issuers.length > 0 || config.ldap !== undefined)
    ? [
        'WARDEN_SELF_REGISTRATION=true lets anybody take the name of somebody whom an issuer or the directory has yet to send; set it to false, or WARDEN_FIRST_SIGHT_USERS=false',
      ]
    : []),
]

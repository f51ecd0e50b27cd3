import test from 'ava'
import { ConfigError } from '../../src/config/config-error.ts'
import { readConfig } from '../../src/config/read-config.ts'

const MINIMUM = {
  WARDEN_PUBLIC_URL: 'https://registry.example.com/',
  WARDEN_REGISTRY_URL: 'http://registry:5000',
  WARDEN_DB_PASSWORD: 'secret',
}

const faultsOf = (env: NodeJS.ProcessEnv): readonly string[] => {
  try {
    readConfig({ ...MINIMUM, ...env })
    return []
  } catch (error) {
    return error instanceof ConfigError ? error.faults : [String(error)]
  }
}

const SOURCES: Readonly<Record<string, NodeJS.ProcessEnv>> = {
  'an issuer': {
    WARDEN_OIDC_ISSUERS: JSON.stringify([
      { name: 'corp', issuer: 'https://sso.example.com', audiences: ['registry'] },
    ]),
  },
  'a directory': {
    WARDEN_LDAP_URL: 'ldaps://ldap.example.com',
    WARDEN_LDAP_USER_BASE: 'dc=example,dc=com',
  },
}

for (const [what, env] of Object.entries(SOURCES)) {
  test(`R8: self-registration beside first sight by ${what} is a fault`, (t) => {
    const open = { ...env, WARDEN_SELF_REGISTRATION: 'true' }
    for (const firstSight of [{}, { WARDEN_FIRST_SIGHT_USERS: 'true' }]) {
      const faults = faultsOf({ ...open, ...firstSight })
      t.is(faults.length, 1)
      t.regex(faults[0] ?? '', /^WARDEN_SELF_REGISTRATION=true lets anybody take the name/)
    }
    t.deepEqual(faultsOf({ ...open, WARDEN_FIRST_SIGHT_USERS: 'false' }), [])
    t.deepEqual(faultsOf({ ...env, WARDEN_SELF_REGISTRATION: 'false' }), [])
    t.deepEqual(faultsOf(env), [])
  })
}

test('R8: self-registration alone is no fault', (t) => {
  t.deepEqual(faultsOf({ WARDEN_SELF_REGISTRATION: 'true' }), [])
})

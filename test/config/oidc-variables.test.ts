import test from 'ava'
import { ConfigError } from '../../src/config/config-error.ts'
import { readConfig } from '../../src/config/read-config.ts'

const readText = (text: string | undefined) =>
  readConfig({
    WARDEN_PUBLIC_URL: 'https://registry.example.com',
    WARDEN_REGISTRY_URL: 'http://registry:5000',
    WARDEN_DB_PASSWORD: 'secret',
    ...(text === undefined ? {} : { WARDEN_OIDC_ISSUERS: text }),
  }).config.oidc

const CORP = {
  name: 'corp',
  issuer: 'https://sso.example.com/realms/corp',
  audiences: ['registry'],
}

const faultsOf = (issuers: unknown): readonly string[] => {
  try {
    readText(typeof issuers === 'string' ? issuers : JSON.stringify(issuers))
    return []
  } catch (error) {
    return error instanceof ConfigError ? error.faults : [String(error)]
  }
}

test('no issuer is trusted by default', (t) => {
  t.deepEqual(readText(undefined), { issuers: [], keysSeconds: 3600 })
})

test('an issuer needs a name, its URL and an audience; the rest has defaults', (t) => {
  t.deepEqual(readText(JSON.stringify([CORP])).issuers, [
    {
      ...CORP,
      algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
      types: ['JWT', 'at+jwt'],
      leewaySeconds: 30,
      claims: {
        username: 'preferred_username',
        email: 'email',
        displayName: 'name',
        groups: 'groups',
      },
    },
  ])
})

test('everything of an issuer can be set', (t) => {
  const whole = {
    ...CORP,
    algorithms: ['ES384'],
    types: ['at+jwt'],
    jwksUri: 'https://keys.example.com/corp.json',
    leewaySeconds: 300,
    claims: { username: 'upn', email: 'mail', displayName: 'cn', groups: 'realm_access.roles' },
    administratorGroup: 'registry-admins',
    ca: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
  }
  t.deepEqual(readText(JSON.stringify([whole])).issuers, [whole])
})

for (const issuer of ['http://127.0.0.1:4000', 'http://localhost:4000/a', 'http://[::1]:4000']) {
  test(`plain http is taken for this machine alone: ${issuer}`, (t) => {
    t.is(readText(JSON.stringify([{ ...CORP, issuer }])).issuers[0]?.issuer, issuer)
  })
}

for (const issuer of [
  'http://sso.example.com',
  'http://127.0.0.1.example.com',
  'https://user@sso.example.com',
  'https://sso.example.com?a=b',
  'https://sso.example.com#a',
  'sso.example.com',
]) {
  test(`R20: nothing is fetched from ${issuer}`, (t) => {
    t.deepEqual(faultsOf([{ ...CORP, issuer }]), [
      'WARDEN_OIDC_ISSUERS: issuer 1 (corp), issuer, must be an https URL without user, query and fragment (http for this machine alone)',
    ])
  })
}

for (const issuer of [
  'https://login.microsoftonline.com/{tenantid}/v2.0',
  'https://login.microsoftonline.com/%7Btenantid%7D/v2.0',
  'https://*.example.com',
]) {
  test(`R13: a templated issuer is refused: ${issuer}`, (t) => {
    const [fault = '', ...others] = faultsOf([{ ...CORP, issuer }])
    t.regex(fault, /issuer 1 \(corp\), issuer, must be/)
    t.deepEqual(others, [])
  })
}

test('R13: an issuer without an audience is refused', (t) => {
  const { audiences: _, ...rest } = CORP
  t.deepEqual(faultsOf([rest]), ['WARDEN_OIDC_ISSUERS: issuer 1 (corp), audiences, is missing'])
  t.deepEqual(faultsOf([{ ...CORP, audiences: [] }]), [
    'WARDEN_OIDC_ISSUERS: issuer 1 (corp), audiences, must name at least one',
  ])
})

for (const algorithm of ['none', 'HS256', 'rs256', 'RSA-OAEP']) {
  test(`R13: the algorithm ${algorithm} cannot be allowed`, (t) => {
    const [fault = ''] = faultsOf([{ ...CORP, algorithms: [algorithm] }])
    t.regex(fault, /^WARDEN_OIDC_ISSUERS: issuer 1 \(corp\), algorithms\.0, must be one of: RS256/)
  })
}

test('R8: neither a name nor an issuer stands twice', (t) => {
  const other = { ...CORP, name: 'other' }
  t.deepEqual(faultsOf([CORP, other]), [
    'WARDEN_OIDC_ISSUERS: issuer 2 (other), issuer: is there already',
  ])
  t.deepEqual(faultsOf([CORP, { ...CORP, issuer: 'https://other.example.com' }]), [
    'WARDEN_OIDC_ISSUERS: issuer 2 (corp), name: is there already',
  ])
})

for (const name of ['local', 'ldap', 'Corp', '1corp', 'a'.repeat(33), 'co:rp', '']) {
  test(`an issuer cannot be called ${JSON.stringify(name)}`, (t) => {
    t.is(faultsOf([{ ...CORP, name }]).length, 1)
  })
}

test('every fault of every issuer is told at once', (t) => {
  const faults = faultsOf([
    { ...CORP, leewaySeconds: 301, audience: 'registry' },
    { name: 'two', issuer: 'https://two.example.com', audiences: 'registry' },
  ])
  t.deepEqual(
    faults.map((fault) => fault.replace(/:.*?(issuer \d \(\w+\)), (\w*).*/, ' $1 $2')),
    [
      'WARDEN_OIDC_ISSUERS issuer 1 (corp) leewaySeconds',
      'WARDEN_OIDC_ISSUERS issuer 1 (corp) Unrecognized',
      'WARDEN_OIDC_ISSUERS issuer 2 (two) audiences',
    ],
  )
})

for (const text of ['corp', '{"name":"corp"}', '[null]', '[', '"[]"']) {
  test(`what is no array of issuers is refused: ${text}`, (t) => {
    t.is(faultsOf(text).length, 1)
  })
}

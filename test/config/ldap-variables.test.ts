import test from 'ava'
import { ConfigError } from '../../src/config/config-error.ts'
import { isBeneath, isSameDn, parseDn } from '../../src/config/ldap-dn.ts'
import { readConfig } from '../../src/config/read-config.ts'

const NEEDED = {
  WARDEN_PUBLIC_URL: 'http://localhost:5000',
  WARDEN_REGISTRY_URL: 'http://127.0.0.1:5001',
  WARDEN_DB_PASSWORD: 'x',
}
const LDAP = {
  WARDEN_LDAP_URL: 'ldap://one.example.org, ldaps://two.example.org:1636',
  WARDEN_LDAP_USER_BASE: 'ou=people,dc=example,dc=org',
}

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig({ ...NEEDED, ...env })
    return []
  } catch (error) {
    return error instanceof ConfigError ? error.faults : [String(error)]
  }
}

test('without an address there is no directory, and with one TLS is on', (t) => {
  t.is(readConfig(NEEDED).config.ldap, undefined)
  t.like(readConfig({ ...NEEDED, ...LDAP }).config.ldap, {
    servers: ['ldap://one.example.org', 'ldaps://two.example.org:1636'],
    tls: 'starttls',
    userFilter: '(objectClass=person)',
    groups: undefined,
    cacheSeconds: 300,
    graceSeconds: 3600,
  })
})

for (const [env, fault] of [
  [{ WARDEN_LDAP_URL: 'ldap://a' }, /WARDEN_LDAP_USER_BASE is not set/],
  [{ ...LDAP, WARDEN_LDAP_URL: 'http://a' }, /^WARDEN_LDAP_URL: must be ldap:/],
  [{ ...LDAP, WARDEN_LDAP_URL: 'ldap://a/dc=x' }, /^WARDEN_LDAP_URL: must be ldap:/],
  [{ ...LDAP, WARDEN_LDAP_USER_FILTER: '(uid=' }, /^WARDEN_LDAP_USER_FILTER: must be a filter/],
  [{ ...LDAP, WARDEN_LDAP_USER_BASE: 'people' }, /^WARDEN_LDAP_USER_BASE: must be a name/],
  [{ ...LDAP, WARDEN_LDAP_CA: 'x' }, /^WARDEN_LDAP_CA: must be a PEM certificate/],
  [{ ...LDAP, WARDEN_LDAP_BIND_DN: 'cn=a' }, /BIND_PASSWORD belong together/],
  [{ ...LDAP, WARDEN_LDAP_ADMIN_GROUP: 'cn=a' }, /needs WARDEN_LDAP_GROUP_BASE/],
] as const) {
  test(`a fault is told: ${JSON.stringify(env)}`, (t) => {
    t.regex(faultsOf(env).join('\n'), fault)
  })
}

test('the filter for accounts of Active Directory that are not disabled is taken', (t) => {
  const filter = '(&(objectClass=user)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))'
  t.deepEqual(faultsOf({ ...LDAP, WARDEN_LDAP_USER_FILTER: filter }), [])
})

for (const [a, b, same] of [
  ['cn=Admins,dc=example,dc=org', 'CN=admins, DC=Example , dc=ORG', true],
  ['cn=a\\,b,dc=x', 'cn=a\\2cb,dc=x', true],
  ['cn=a+uid=b,dc=x', 'uid=B+cn=A,dc=x', true],
  ['cn=a  b,dc=x', 'cn=a b,dc=x', true],
  ['cn=a,dc=x', 'cn=a,dc=y', false],
  ['cn=a\\,dc=x', 'cn=a,dc=x', false],
  ['cn=a,dc=x', 'cn=a', false],
  ['', '', false],
  ['no name', 'no name', false],
] as const) {
  test(`${a} and ${b} are ${same ? 'one name' : 'not one name'}`, (t) => {
    t.is(isSameDn(a, b), same)
  })
}

test('a name lies beneath its base, and one that only ends alike does not', (t) => {
  const base = parseDn('ou=groups,dc=x') ?? []
  t.true(isBeneath(parseDn('cn=a,OU=Groups,dc=x') ?? [], base))
  t.false(isBeneath(parseDn('cn=ou\\=groups\\,dc=x') ?? [], base))
  t.false(isBeneath(parseDn('cn=a,ou=othergroups,dc=x') ?? [], base))
})

import test from 'ava'
import type { LdapConfig } from '../../../src/config/ldap-variables.ts'
import type { DirectorySearch } from '../../../src/signin/ldap/directory.ts'
import { idOf, idValue } from '../../../src/signin/ldap/entry.ts'
import { findGroups } from '../../../src/signin/ldap/find-groups.ts'
import { findPeople } from '../../../src/signin/ldap/find-people.ts'

const BYTES = Buffer.from('33221100554477668899aabbccddeeff', 'hex')
const GUID = '00112233-4455-6677-8899-aabbccddeeff'

const config: LdapConfig = {
  servers: [],
  tls: 'off',
  ca: undefined,
  bindDn: undefined,
  bindPassword: undefined,
  userBase: 'dc=x',
  userFilter: '(objectClass=user)',
  attributes: { username: 'sAMAccountName', id: 'objectGUID', mail: 'mail', name: 'displayName' },
  groups: {
    base: 'dc=x',
    filter: '(objectClass=group)',
    name: 'cn',
    member: 'member',
    nested: 'matching-rule',
  },
  adminGroup: undefined,
  cacheSeconds: 300,
  graceSeconds: 0,
  timeoutSeconds: 8,
}

/** A directory that has one entry, and keeps the filters that it is asked by. */
function createFake() {
  const filters: string[] = []
  const search = async (_kind: string, { filter }: DirectorySearch) => {
    filters.push(String(filter))
    const entry = { dn: 'CN=Ada (R\\&D),DC=x', samaccountname: 'Ada', OBJECTGUID: BYTES }
    return { searchEntries: [entry], searchReferences: [] }
  }
  return { filters, deps: { config, directory: { search } } }
}

const { signal } = new AbortController()

test('an objectGUID is a text as Active Directory shows it, and is found again by its bytes', (t) => {
  t.is(idOf({ dn: '', objectGUID: BYTES }, 'objectGUID'), GUID)
  t.deepEqual(idValue('objectGUID', GUID), BYTES)
  t.is(idOf({ dn: '', entryUUID: 'AF14-D120' }, 'entryUUID'), 'af14-d120')
  t.is(idOf({ dn: '', entryUUID: ['a', 'b'] }, 'entryUUID'), undefined)
  t.is(idOf({ dn: '', entryUUID: [] }, 'entryUUID'), undefined)
})

test('attributes are read in any spelling, and values are escaped', async (t) => {
  const { filters, deps } = createFake()
  const { people } = await findPeople(deps, { username: 'ada' }, signal)
  t.like(people[0], { externalId: GUID, usernames: ['ada'] })
  await findPeople(deps, { externalId: GUID }, signal)
  await findPeople(deps, { username: 'a*)(b' }, signal)
  t.deepEqual(filters, [
    '(&(objectClass=user)(sAMAccountName=ada))',
    '(&(objectClass=user)(objectGUID=\\33\\22\\11\\00\\55\\44\\77\\66\\88\\99\\aa\\bb\\cc\\dd\\ee\\ff))',
    '(&(objectClass=user)(sAMAccountName=a\\2a\\29\\28b))',
  ])
})

test('groups in groups of Active Directory are one search by its rule', async (t) => {
  const { filters, deps } = createFake()
  const { people } = await findPeople(deps, { username: 'ada' }, signal)
  const [person] = people
  if (person === undefined) throw new Error('nobody')
  await findGroups(deps, person, signal)
  t.deepEqual(filters.slice(1), [
    '(&(objectClass=group)(member:1.2.840.113556.1.4.1941:=CN=Ada \\28R\\5c&D\\29,DC=x))',
  ])
})

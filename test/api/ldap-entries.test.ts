import test from 'ava'
import { type LdapWorld, startLdapWorld } from '../support/ldap-world.ts'
import { GROUPS, PEOPLE, passwordOf, type Slapd, startSlapd } from '../support/slapd.ts'

/** A directory whose entries are not as one would like them; ids are what somebody typed. */
let slapd: Slapd
let world: LdapWorld

const WEIRD_DN = `cn=we(ird\\2c *\\5c\\22,${PEOPLE}`

const addEntry = (dn: string, uid: string, more: Record<string, string | string[]>) =>
  slapd.add(dn, {
    objectClass: 'inetOrgPerson',
    sn: 'x',
    cn: 'x',
    uid,
    userPassword: passwordOf(uid),
    ...more,
  })

test.before(async () => {
  slapd = await startSlapd()
  for (const ou of ['north', 'east', 'west']) {
    await slapd.add(`ou=${ou},${PEOPLE}`, { objectClass: 'organizationalUnit', ou })
    await addEntry(`uid=triple,ou=${ou},${PEOPLE}`, 'triple', { employeeType: ou })
  }
  await addEntry(`cn=own,${PEOPLE}`, 'own', {
    cn: 'own',
    employeeType: 'OWN 1',
    'uid;lang-en': 'victim',
    mail: 'own\r\nBcc: all@example.org',
    displayName: 'unseen',
  })
  await addEntry(WEIRD_DN, 'weird', { cn: 'we(ird, *\\"', employeeType: 'w1' })
  await slapd.add(`cn=odd\\2c (name),${GROUPS}`, {
    objectClass: 'groupOfNames',
    cn: 'odd, (name)',
    member: WEIRD_DN,
  })
  await slapd.addGroup('g'.repeat(129), [WEIRD_DN])
  world = await startLdapWorld(
    {
      env: {
        WARDEN_LDAP_ID_ATTRIBUTE: 'employeeType',
        WARDEN_LDAP_CACHE_SECONDS: '0',
        WARDEN_SIGN_IN_FAILURES: '1000',
      },
    },
    slapd,
  )
})
test.after.always(async () => {
  await world?.stop()
  await slapd?.stop()
})

for (const [what, username, id] of [
  ['is not ASCII', 'accent', 'n\u00famero'],
  ['is longer than an account keeps', 'endless', 'x'.repeat(256)],
  ['is there twice', 'double', ['one', 'other']],
  ['is not there', 'none', []],
] as const) {
  test(`R8: an entry whose id ${what} signs nobody in, and the log and the check say so`, async (t) => {
    const numbers = typeof id === 'string' ? [id] : [...id]
    await addEntry(
      `uid=${username},${PEOPLE}`,
      username,
      numbers.length === 0 ? {} : { employeeType: numbers },
    )
    const { status, body } = await world.me(username)
    t.deepEqual([status, body.detail], [401, 'the user name or the password is wrong'])
    t.true(world.logged().includes(`"username":"${username}","dn":"uid=${username},${PEOPLE}"`))
    const check = await world.admin('GET', `/api/v1/signin/ldap/check?username=${username}`)
    const person = check.body.steps.find(({ name }: { name: string }) => name === 'person')
    t.is(person.state, 'fault')
    t.regex(person.detail, /has no single employeeType/)
    t.regex(person.advice, /^set WARDEN_LDAP_ID_ATTRIBUTE/)
  })
}

test('R10: three entries of a name sign nobody in, though the directory stops at two', async (t) => {
  const { status, body } = await world.me('triple')
  t.deepEqual([status, body.detail], [401, 'the user name or the password is wrong'])
})

test('R8: a name in another language of an entry is not its name', async (t) => {
  t.is((await world.me('victim', passwordOf('own'))).status, 401)
  t.is((await world.me('own')).body.username, 'own')
})

test('an address with more than one line is left out', async (t) => {
  await world.me('own')
  const { body } = await world.admin('GET', '/api/v1/users/own')
  t.is(body.email, null)
})

test('R10: signs of filters in a DN are looked for as they are; names of groups may hold any', async (t) => {
  t.is((await world.me('weird')).status, 200)
  const { body } = await world.admin('GET', '/api/v1/groups')
  t.deepEqual(
    body.items.map(({ name }: { name: string }) => name),
    ['ldap:odd, (name)'],
  )
  const label = encodeURIComponent('ldap:odd, (name)')
  const members = await world.admin('GET', `/api/v1/groups/${label}/members`)
  t.deepEqual(
    members.body.items.map(({ username }: { username: string }) => username),
    ['weird'],
  )
})

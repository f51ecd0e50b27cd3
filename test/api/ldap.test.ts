import test from 'ava'
import { accessOf, type LdapWorld, startLdapWorld } from '../support/ldap-world.ts'
import { passwordOf, personDn } from '../support/slapd.ts'

let world: LdapWorld

test.before(async () => {
  world = await startLdapWorld()
  await world.slapd.addPerson('ada', { cn: 'Ada Lovelace' })
  await world.slapd.addPerson('ben')
  await world.slapd.addGroup('staff', [personDn('ada')])
  await world.admin('POST', '/api/v1/projects', { name: 'acme', visibility: 'private' })
})
test.after.always(() => world.stop())

test.serial(
  'somebody of the directory signs in, and has an account with what it says',
  async (t) => {
    const { status, body } = await world.me('ada')
    t.is(status, 200)
    const { username, source, email, displayName } = body
    t.deepEqual(
      { username, source, email, displayName },
      { username: 'ada', source: 'ldap', email: 'ada@example.org', displayName: 'Ada Lovelace' },
    )
  },
)

test.serial('rights of a group of the directory are those of who is in it', async (t) => {
  const path = '/api/v1/projects/acme/members/groups/ldap:staff'
  t.is((await world.admin('PUT', path, { role: 'maintainer' })).status, 200)
  const scope = 'repository:acme/app:pull,push,delete'
  t.deepEqual(accessOf(await world.token('ada', scope)), ['acme/app:pull,push,delete'])
  t.deepEqual(accessOf(await world.token('ben', scope)), [])
})

test.serial('a password that was proven is taken without asking the directory again', async (t) => {
  world.slapd.asked()
  for (let tries = 0; tries < 3; tries++) t.is((await world.me('ada')).status, 200)
  t.deepEqual(world.slapd.asked(), [])
})

test.serial(
  'the first sign-in is one search, one bind, and one search for all groups',
  async (t) => {
    await world.slapd.addPerson('cleo')
    world.slapd.asked()
    t.is((await world.me('cleo')).status, 200)
    t.deepEqual(
      world.slapd.asked().map((line) => line.replace(/ scope=.*filter=/, ' ')),
      [
        'SRCH base="ou=people,dc=example,dc=org" "(&(objectClass=person)(uid=cleo))"',
        'BIND dn="uid=cleo,ou=people,dc=example,dc=org" method=128',
        'SRCH base="ou=groups,dc=example,dc=org" "(&(objectClass=*)(member=uid=cleo,ou=people,dc=example,dc=org))"',
      ],
    )
  },
)

test.serial('a wrong password is refused, and the directory asked once', async (t) => {
  world.slapd.asked()
  for (let tries = 0; tries < 3; tries++) {
    const { status, body } = await world.me('ben', 'not-the-password')
    t.is(status, 401)
    t.is(body.detail, 'the user name or the password is wrong')
  }
  t.is(world.slapd.asked().filter((line) => line.startsWith('BIND')).length, 1)
  t.is((await world.me('ben', passwordOf('ben'))).status, 200)
})

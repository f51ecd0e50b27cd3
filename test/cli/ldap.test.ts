import test from 'ava'
import { type LdapWorld, startLdapWorld } from '../support/ldap-world.ts'
import { ADMIN, startService } from '../support/service.ts'
import { GROUPS, passwordOf, personDn } from '../support/slapd.ts'
import { signedIn, warden } from './command.ts'

let world: LdapWorld

test.before(async () => {
  const env = {
    WARDEN_LDAP_ADMIN_GROUP: `cn=chiefs,${GROUPS}`,
    WARDEN_LDAP_NESTED_GROUPS: 'matching-rule',
  }
  world = await startLdapWorld({ env })
  await world.slapd.addPerson('ada')
  await world.slapd.addPerson('räka', { mail: 'raka@example.org' })
  await world.slapd.addGroup('staff', [personDn('ada')])
  await world.slapd.add(`ou=old,${GROUPS}`, { objectClass: 'organizationalUnit', ou: 'old' })
  await world.slapd.add(`cn=staff,ou=old,${GROUPS}`, {
    objectClass: 'groupOfNames',
    cn: 'staff',
    member: personDn('ada'),
  })
})
test.after.always(() => world.stop())

const asAdmin = (...args: readonly string[]) =>
  warden(['ldap', 'check', ...args], { env: signedIn(world.url, ADMIN) })

interface Step {
  readonly name: string
  readonly state: string
  readonly detail: string
}

const statesOf = (stdout: string): Record<string, string> =>
  Object.fromEntries(JSON.parse(stdout).steps.map(({ name, state }: Step) => [name, state]))

test('every step to the directory is told, with what to do about it', async (t) => {
  const { code, stdout, stderr } = await asAdmin('--username', 'ADA', '--json')
  const { url } = world.slapd
  t.deepEqual(statesOf(stdout), {
    [`connect ${url}`]: 'ok',
    [`tls ${url}`]: 'ok',
    'service account': 'ok',
    people: 'warning',
    groups: 'warning',
    'nested groups': 'warning',
    administrators: 'fault',
    person: 'ok',
    'groups of the person': 'warning',
  })
  const { steps } = JSON.parse(stdout)
  const detailOf = (name: string): string =>
    steps.find((step: Step) => step.name === name)?.detail ?? ''
  t.is(detailOf('people'), '1 of 2 names cannot be user names here: räka')
  t.is(detailOf('groups'), '2 groups; more than one is called staff')
  t.is(detailOf('administrators'), 'there is no such entry')
  t.regex(stderr, /faults: 1, warnings: 4/)
  t.is(code, 1)
})

test('for people it is a table with advice below', async (t) => {
  const { stdout } = await asAdmin()
  t.regex(stdout, /^step +state +time +detail/)
  t.regex(stdout, /What to do:\n.*people: these people cannot sign in/s)
})

test('who is not there, and what cannot be a name, is a fault', async (t) => {
  const missing = await asAdmin('--username', 'nobody', '--json')
  t.is(statesOf(missing.stdout).person, 'fault')
  const odd = await asAdmin('--username', 'a b', '--json')
  t.is(statesOf(odd.stdout).person, 'fault')
})

test('only administrators may, no password is taken, and without a directory it says so', async (t) => {
  const path = '/api/v1/signin/ldap/check'
  t.is((await world.me('ada')).status, 200)
  const as = { username: 'ada', password: passwordOf('ada') }
  t.is((await world.request('GET', path, { as })).status, 403)
  t.is((await world.request('GET', path)).status, 401)
  t.is((await world.admin('GET', `${path}?username=ada&password=x`)).status, 400)
  const plain = await startService({ registryUrl: 'http://127.0.0.1:9' })
  t.teardown(() => plain.stop())
  const { code, stderr } = await warden(['ldap', 'check'], { env: signedIn(plain.url, ADMIN) })
  t.is(code, 1)
  t.regex(stderr, /WARDEN_LDAP_URL is not set/)
})

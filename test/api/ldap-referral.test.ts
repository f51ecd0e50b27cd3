import test from 'ava'
import { type LdapWorld, startLdapWorld } from '../support/ldap-world.ts'
import { GROUPS, PEOPLE, passwordOf, type Slapd, startSlapd } from '../support/slapd.ts'

const ELSEWHERE = `ou=elsewhere,${PEOPLE}`
const OTHER_GROUPS = `ou=elsewhere,${GROUPS}`

/** What the service asks. */
let slapd: Slapd
/** Where the first one refers to; it knows the same account that searches, and people of its own. */
let other: Slapd
let world: LdapWorld

const branch = { objectClass: 'organizationalUnit', ou: 'elsewhere' }
const referTo = (dn: string) => ({
  objectClass: ['referral', 'extensibleObject'],
  ou: 'elsewhere',
  ref: `${other.url}/${dn}`,
})

test.before(async () => {
  ;[slapd, other] = await Promise.all([startSlapd(), startSlapd()])
  await slapd.addPerson('ada')
  await other.add(ELSEWHERE, branch)
  await other.add(OTHER_GROUPS, branch)
  await other.add(`uid=far,${ELSEWHERE}`, {
    objectClass: 'inetOrgPerson',
    uid: 'far',
    cn: 'far',
    sn: 'far',
    userPassword: passwordOf('far'),
  })
  await slapd.add(ELSEWHERE, referTo(ELSEWHERE))
  await slapd.add(OTHER_GROUPS, referTo(OTHER_GROUPS))
  world = await startLdapWorld({}, slapd)
})
test.after.always(async () => {
  await world?.stop()
  await Promise.all([slapd?.stop(), other?.stop()])
})

/** Lines of the log that tell of a referral, but for those of requests that failed by it. */
const warningsOf = ({ logged }: LdapWorld): readonly object[] =>
  logged()
    .split('\n')
    .filter((line) => /refers to/.test(line))
    .map((line) => JSON.parse(line))
    .filter((fields) => !('requestId' in fields))

/** Steps of the check that are not good. */
async function faultsOf({ admin }: LdapWorld, username: string) {
  const { body } = await admin('GET', `/api/v1/signin/ldap/check?username=${username}`)
  return body.steps.filter(({ state }: { state: string }) => state === 'fault')
}

test.serial('R10: the other server has the person, and would let in who goes there', async (t) => {
  const there = await startLdapWorld({ env: { WARDEN_LDAP_USER_BASE: ELSEWHERE } }, other)
  t.teardown(() => there.stop())
  t.is((await there.me('far')).status, 200)
})

test.serial(
  'R10: who is behind a referral is a stranger here, and the log says that there was one',
  async (t) => {
    other.asked()
    const nobody = await world.me('nobody-at-all')
    const far = await world.me('far')
    t.deepEqual([far.status, far.body.detail], [401, 'the user name or the password is wrong'])
    t.deepEqual(far.body.errors, nobody.body.errors)
    t.deepEqual(
      warningsOf(world),
      Array.from({ length: 2 }, () => ({
        referrals: 1,
        message:
          'nobody of this directory has the name, and it refers to other servers; nobody is sent there',
      })),
    )
    t.is((await world.admin('GET', '/api/v1/users/far')).status, 404)
    t.deepEqual(other.asked(), [])
  },
)

test.serial('R10: the check names the referral where somebody is not found', async (t) => {
  other.asked()
  const [fault, ...others] = await faultsOf(world, 'far')
  t.is(fault.name, 'person')
  t.is(fault.detail, 'nobody there is called far, and 1 referrals are not followed')
  t.regex(fault.advice, /WARDEN_LDAP_URL/)
  t.deepEqual(others, [])
  t.deepEqual(other.asked(), [])
})

test.serial('R10: who is here signs in beside a referral, and the groups here count', async (t) => {
  await slapd.addGroup('near', [`uid=ada,${PEOPLE}`])
  other.asked()
  t.is((await world.me('ada')).status, 200)
  const { body } = await world.admin('GET', '/api/v1/groups/ldap:near/members')
  t.deepEqual(
    body.items.map(({ username }: { username: string }) => username),
    ['ada'],
  )
  t.deepEqual(await faultsOf(world, 'ada'), [])
  t.deepEqual(other.asked(), [])
})

for (const [what, env] of [
  ['people', { WARDEN_LDAP_USER_BASE: ELSEWHERE }],
  ['groups', { WARDEN_LDAP_GROUP_BASE: OTHER_GROUPS }],
] as const) {
  test.serial(
    `R10: where ${what} are is a referral: nobody is let in, and the log and the check say why`,
    async (t) => {
      const away = await startLdapWorld({ env }, slapd)
      t.teardown(() => away.stop())
      other.asked()
      const { status, headers, body } = await away.me(what === 'people' ? 'far' : 'ada')
      t.is(status, 503)
      t.true(Number(headers.get('retry-after')) > 0)
      t.regex(body.detail, /the directory \(LDAP\) does not answer/)
      t.deepEqual(warningsOf(away), [
        {
          reason: 'it refers to another server, and referrals are not followed',
          message: 'the directory (LDAP) does not answer as it should',
        },
      ])
      const [fault] = await faultsOf(away, 'ada')
      t.is(fault.name, what)
      t.regex(fault.detail, /it refers to another server, and referrals are not followed/)
      t.deepEqual(other.asked(), [])
    },
  )
}

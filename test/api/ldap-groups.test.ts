import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { createDirectory } from '../../src/signin/ldap/directory.ts'
import { createSweep } from '../../src/signin/ldap/sweep.ts'
import { accessOf, type LdapWorld, startLdapWorld } from '../support/ldap-world.ts'
import { groupDn, passwordOf, personDn, type Slapd, startSlapd } from '../support/slapd.ts'

const PUSH = 'repository:acme/app:pull,push'
const MANY = 300

let slapd: Slapd
let world: LdapWorld
const clock = { ms: 0 }
const now = (): Date => new Date(Date.now() + clock.ms)
const pass = (seconds: number): void => {
  clock.ms += seconds * 1000
}

test.before(async () => {
  slapd = await startSlapd()
  for (const name of ['ada', 'ben', 'cleo', 'dot', 'eve', 'max']) await slapd.addPerson(name)
  await slapd.addGroup('team', [personDn('ben')])
  await slapd.addGroup('staff', [personDn('ada'), groupDn('team')])
  await slapd.addGroup('lonely', [personDn('dot')])
  await slapd.addGroup('chiefs', [personDn('eve')])
  for (let number = 0; number < MANY; number++) {
    await slapd.addGroup(`many-${number}`, [personDn('cleo')])
  }
  const env = {
    WARDEN_LDAP_NESTED_GROUPS: 'memberof',
    WARDEN_LDAP_ADMIN_GROUP: 'CN=Chiefs, OU=groups,dc=Example,dc=org',
    WARDEN_LDAP_CACHE_SECONDS: '60',
  }
  world = await startLdapWorld({ env, now }, slapd)
  await world.admin('POST', '/api/v1/groups', { name: 'ldap:staff' })
  await world.admin('POST', '/api/v1/projects', { name: 'acme', visibility: 'private' })
  await world.admin('PUT', '/api/v1/projects/acme/members/groups/ldap:staff', { role: 'developer' })
})
test.after.always(async () => {
  await world.stop()
  await slapd.stop()
})

/** Requests that a first sign-in takes, without the connection of the service account. */
async function requestsOf(asked: LdapWorld, name: string): Promise<readonly string[]> {
  await asked.me('max')
  slapd.asked()
  if ((await asked.me(name)).status !== 200) throw new Error(`${name} does not sign in`)
  return slapd.asked().map((line) => line.slice(0, 4))
}

test.serial('groups in groups come with the person, without one more request', async (t) => {
  t.deepEqual(await requestsOf(world, 'ben'), ['SRCH', 'BIND'])
  t.deepEqual(accessOf(await world.token('ben', PUSH)), ['acme/app:pull,push'])
})

test.serial('300 groups of one person take as many requests as one group', async (t) => {
  t.deepEqual(await requestsOf(world, 'cleo'), await requestsOf(world, 'dot'))
  const plain = await startLdapWorld({ env: { WARDEN_LDAP_NESTED_GROUPS: 'off' } }, slapd)
  t.teardown(() => plain.stop())
  t.deepEqual(await requestsOf(plain, 'cleo'), ['SRCH', 'BIND', 'SRCH'])
  t.deepEqual(await requestsOf(plain, 'dot'), ['SRCH', 'BIND', 'SRCH'])
  const { body } = await plain.admin('GET', '/api/v1/groups?limit=1000')
  const names = body.items.map(({ name }: { name: string }) => name)
  t.is(names.filter((name: string) => name.startsWith('ldap:many-')).length, MANY)
})

test.serial(
  'R9: the group of administrators is compared as a name, however it is spelt',
  async (t) => {
    t.is((await world.me('eve')).body.claimedRole, 'administrator')
    t.is((await world.me('dot')).body.claimedRole, null)
  },
)

test.serial(
  'R9: rights of a group are over when the directory takes it away; local groups stay',
  async (t) => {
    t.deepEqual(accessOf(await world.token('ada', PUSH)), ['acme/app:pull,push'])
    await world.admin('POST', '/api/v1/groups', { name: 'crew' })
    await world.admin('PUT', '/api/v1/groups/crew/members/ada', {})
    await world.admin('PUT', '/api/v1/projects/acme/members/groups/crew', { role: 'guest' })
    await slapd.replace(groupDn('staff'), { member: [groupDn('team')] })
    pass(61)
    t.deepEqual(accessOf(await world.token('ada', PUSH)), ['acme/app:pull'])
  },
)

/** The round over accounts that have tokens, as the service makes it now and then. */
function createOwnSweep() {
  const config = world.config.ldap
  if (config === undefined) throw new Error('there is no directory')
  const warnings: string[] = []
  const directory = createDirectory({
    config,
    observe: () => undefined,
    monotonicMs: () => performance.now(),
  })
  const sweep = createSweep({
    config,
    directory,
    database: world.database,
    now,
    claimsSeconds: world.config.claimsSeconds,
    log: { warn: (_fields, message) => void warnings.push(message) },
    ask: (ask) => ask(),
  })
  return { sweep, warnings, close: directory.close }
}

async function tokenOf(name: string): Promise<string> {
  const as = { username: name, password: passwordOf(name) }
  const { body } = await world.request('POST', '/api/v1/me/tokens', { as, json: { name: 'ci' } })
  return body.secret
}

test.serial(
  'R9: an access token keeps the rights of groups, since they are read anew behind it',
  async (t) => {
    const secret = await tokenOf('ben')
    const { sweep, close } = createOwnSweep()
    t.teardown(close)
    pass(50_000)
    t.like(await sweep(), { looked: 1, renewed: 1, gone: 0, ended: 0 })
    pass(50_000)
    t.deepEqual(accessOf(await world.token('ben', PUSH, secret)), ['acme/app:pull,push'])
    t.like(await sweep(), { looked: 1, renewed: 1 })
    await slapd.replace(groupDn('team'), { member: [personDn('dot')] })
    pass(50_000)
    await sweep()
    const access = async () => accessOf(await world.token('ben', PUSH, secret))
    for (let times = 0; times < 100 && (await access()).length > 0; times++) await sleep(50)
    t.deepEqual(await access(), [])
  },
)

test.serial(
  'R9: who leaves the directory is disabled after two rounds, with the tokens',
  async (t) => {
    const secret = await tokenOf('max')
    const { sweep, close } = createOwnSweep()
    t.teardown(close)
    pass(50_000)
    await slapd.remove(personDn('max'))
    t.like(await sweep(), { looked: 2, renewed: 1, gone: 1, ended: 0 })
    t.is((await world.token('max', undefined, secret)).status, 200)
    t.like(await sweep(), { looked: 1, renewed: 0, gone: 1, ended: 1 })
    t.is((await world.admin('GET', '/api/v1/users/max')).body.disabled, true)
    // Another process did it, so it is felt within a second and not at once.
    const status = async () => (await world.token('max', undefined, secret)).status
    for (let times = 0; times < 100 && (await status()) === 200; times++) await sleep(50)
    t.is(await status(), 401)
    const { body } = await world.admin('GET', '/api/v1/audit?action=user.leave')
    t.is(body.items[0].target, 'max')
  },
)

test.serial(
  'when too many are gone at once nobody is disabled, and a silent directory says nothing',
  async (t) => {
    for (let number = 0; number < 5; number++) {
      await slapd.addPerson(`crowd-${number}`)
      await tokenOf(`crowd-${number}`)
    }
    const { sweep, warnings, close } = createOwnSweep()
    t.teardown(close)
    pass(50_000)
    for (let number = 0; number < 5; number++) await slapd.remove(personDn(`crowd-${number}`))
    for (let round = 0; round < 3; round++) t.like(await sweep(), { ended: 0, braked: true })
    t.regex(warnings.join('\n'), /too many accounts are not in the directory/)
    await slapd.halt()
    t.like(await sweep(), { looked: 0, gone: 0, ended: 0 })
    await slapd.start()
  },
)

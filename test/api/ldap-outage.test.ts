import test from 'ava'
import { type LdapWorld, startLdapWorld } from '../support/ldap-world.ts'
import { passwordOf, SERVICE, type Slapd, startSlapd } from '../support/slapd.ts'
import { startRefusing, startTap } from '../support/tap.ts'

let slapd: Slapd
let world: LdapWorld
const clock = { ms: 0 }

const now = (): Date => new Date(Date.now() + clock.ms)
const pass = (seconds: number): void => {
  clock.ms += seconds * 1000
}

test.before(async () => {
  slapd = await startSlapd()
  for (const name of ['ada', 'ben', 'cleo', 'dot', 'eve']) await slapd.addPerson(name)
  const env = { WARDEN_LDAP_TIMEOUT_SECONDS: '1', WARDEN_LDAP_GRACE_SECONDS: '3600' }
  world = await startLdapWorld({ env, now }, slapd)
})
test.after.always(async () => {
  await world.stop()
  await slapd.stop()
})

/** Requests to the directory that came to nothing. */
async function failedRequests(): Promise<number> {
  const text = await (await fetch(`${world.privateUrl}/metrics`)).text()
  const counts = text.matchAll(/^warden_ldap_requests_total\{.*outcome="failed".*\} (\d+)$/gm)
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0)
}

/** A jump of the clock makes the change version old, until the next poll. */
async function settled(): Promise<void> {
  await world.me('admin', 'not-asked-here').catch(() => undefined)
}

test.serial('a proof is taken for its age, then the directory is asked again', async (t) => {
  t.is((await world.me('ada')).status, 200)
  slapd.asked()
  pass(280)
  await settled()
  t.is((await world.me('ada')).status, 200)
  t.deepEqual(slapd.asked(), [])
  pass(21)
  await settled()
  t.is((await world.me('ada')).status, 200)
  t.is(slapd.asked().filter((line) => line.startsWith('BIND dn="uid=ada')).length, 1)
})

test.serial(
  'R10: a password that is changed in the directory is over when the age of its proof is',
  async (t) => {
    t.is((await world.me('ben')).status, 200)
    await slapd.replace('uid=ben,ou=people,dc=example,dc=org', {
      userPassword: 'a-new-harbour-ben',
    })
    pass(301)
    await settled()
    t.is((await world.me('ben')).status, 401)
    t.is((await world.me('ben', 'a-new-harbour-ben')).status, 200)
  },
)

test.serial(
  'a whole answer of the realm is not repeated beyond the age of the proof',
  async (t) => {
    t.is((await world.token('dot')).status, 200)
    t.is((await world.token('dot')).status, 200)
    await slapd.replace('uid=dot,ou=people,dc=example,dc=org', {
      userPassword: 'a-new-harbour-dot',
    })
    pass(290)
    await settled()
    t.is((await world.token('dot')).status, 200)
    t.is((await world.token('dot')).status, 200)
    pass(15)
    await settled()
    t.is((await world.token('dot')).status, 401)
  },
)

for (const [what, stranger, away, back] of [
  ['is stopped', 'cleo', () => slapd.halt(), () => slapd.start()],
  ['does not answer', 'eve', async () => slapd.freeze(), async () => slapd.resume()],
] as const) {
  test.serial(
    `a directory that ${what}: who was proven lately goes on, others are told so`,
    async (t) => {
      t.is((await world.me('ada')).status, 200)
      pass(600)
      await settled()
      await away()
      t.teardown(back)
      t.is((await world.token('ada')).status, 200)
      const before = await failedRequests()
      for (let tries = 0; tries < 10; tries++) t.is((await world.token('ada')).status, 200)
      t.true((await failedRequests()) - before < 5, 'the directory is left alone for a while')
      const { status, body, headers } = await world.me(stranger)
      t.is(status, 503)
      t.regex(body.detail, /^the directory \(LDAP\) does not answer/)
      t.truthy(headers.get('retry-after'))
      pass(3601)
      await settled()
      t.is((await world.me('ada')).status, 503)
      await back()
      pass(10)
      for (let tries = 0; tries < 60 && (await world.me('ada')).status !== 200; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 250))
      }
      t.is((await world.me('ada')).status, 200)
      t.is((await world.me(stranger)).status, 200)
    },
  )
}

test.serial('a certificate of another authority is not taken', async (t) => {
  const other = await startSlapd()
  t.teardown(() => other.stop())
  const strange = await startLdapWorld({ env: { WARDEN_LDAP_CA: other.ca } }, slapd)
  t.teardown(() => strange.stop())
  t.is((await strange.me('ada')).status, 503)
  const { body } = await strange.admin('GET', '/api/v1/signin/ldap/check')
  const tls = body.steps.find(({ name }: { name: string }) => name.startsWith('tls '))
  t.is(tls.state, 'fault')
  t.regex(tls.advice, /WARDEN_LDAP_CA/)
})

for (const [what, port, scheme] of [
  ['StartTLS', () => slapd.port, 'ldap'],
  ['LDAPS', () => Number(new URL(slapd.tlsUrl).port), 'ldaps'],
] as const) {
  test.serial(`R10: a certificate for another host is not taken over ${what}`, async (t) => {
    // The certificate names 127.0.0.1 and localhost.
    const tap = await startTap(port(), '127.0.0.2')
    const env = { WARDEN_LDAP_URL: `${scheme}://${tap.address}` }
    const strange = await startLdapWorld({ env }, slapd)
    t.teardown(() => strange.stop().then(tap.close))
    t.is((await strange.me('ada')).status, 503)
    t.regex(strange.logged(), /IP: 127\.0\.0\.2 is not in the cert's list/)
    t.true(tap.sent().length > 0)
    t.false(tap.sent().includes(passwordOf('ada')))
    t.false(tap.sent().includes(SERVICE.password))
  })
}

test.serial('R10: a directory without TLS is sent no password', async (t) => {
  const refusing = await startRefusing()
  const env = { WARDEN_LDAP_URL: `ldap://${refusing.address}` }
  const strange = await startLdapWorld({ env }, slapd)
  t.teardown(() => strange.stop().then(refusing.close))
  t.is((await strange.me('ada')).status, 503)
  t.regex(strange.logged(), /StartTLS is refused \(code 2\)/)
  t.true(refusing.sent().length > 0)
  t.false(refusing.sent().includes(passwordOf('ada')))
  t.false(refusing.sent().includes(SERVICE.password))
})

test.serial('LDAPS works like StartTLS', async (t) => {
  const secure = await startLdapWorld({ env: { WARDEN_LDAP_URL: slapd.tlsUrl } }, slapd)
  t.teardown(() => secure.stop())
  t.is((await secure.me('ada')).status, 200)
})

test.serial('a second server is asked where the first does not answer', async (t) => {
  const env = { WARDEN_LDAP_URL: `ldap://127.0.0.1:9 ${slapd.url}` }
  const both = await startLdapWorld({ env }, slapd)
  t.teardown(() => both.stop())
  t.is((await both.me('ada')).status, 200)
})

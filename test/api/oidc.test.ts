import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { countQueries } from '../support/count-queries.ts'
import { signToken } from '../support/idp.ts'
import { type OidcWorld, startOidcWorld } from '../support/oidc-world.ts'
import type { Credentials, Reply } from '../support/service.ts'

const DAY_SECONDS = 86_400
/** How long the service leaves an issuer alone after a question. */
const PAUSE_SECONDS = 11

let world: OidcWorld

const nowSeconds = (): number => Math.floor(world.now().getTime() / 1000)

/** A token as the provider would sign it: what cannot be had of it by signing in alone. */
function tokenOf(sub: string, rest: object = {}): string {
  const [key] = world.idp.keys()
  if (key === undefined) throw new Error('the provider has no key')
  const time = { iat: nowSeconds(), exp: nowSeconds() + 7 * DAY_SECONDS }
  const { issuer: iss, audience: aud } = world.idp
  return signToken(key, { iss, aud, sub, preferred_username: sub, ...time, ...rest })
}

const readApp = (token: string): Promise<Reply> => world.ask(token, 'GET', '/projects/acme')

test.before(async () => {
  world = await startOidcWorld(
    {
      olga: {
        preferred_username: 'Olga',
        email: 'olga@corp.test',
        name: 'Olga O.',
        realm: { groups: ['devs', 'staff'] },
      },
    },
    {
      issuer: { claims: { groups: 'realm.groups' }, administratorGroup: 'root' },
      env: { WARDEN_IDENTITY_TOKENS: 'on' },
    },
  )
  await world.must('POST', '/projects', { name: 'acme' })
})
test.after.always(() => world?.stop())

const groups = (...names: readonly string[]) => ({ realm: { groups: names } })

test.serial('who signs in at the provider gets an account at first sight', async (t) => {
  const { accessToken } = await world.idp.signIn('olga')
  const { status, body } = await world.ask(accessToken)
  t.is(status, 200)
  t.like(body, {
    username: 'olga',
    email: 'olga@corp.test',
    displayName: 'Olga O.',
    source: 'corp',
    systemRole: null,
  })
  const row = await world.service.database('audit').where({ action: 'user.meet' }).first()
  t.deepEqual([row.actor_name, row.target, row.address], ['olga', 'olga', '127.0.0.1'])
})

test.serial('many first requests of one person at once make one account', async (t) => {
  const token = tokenOf('crowd')
  const replies = await Promise.all(Array.from({ length: 12 }, () => world.ask(token)))
  t.deepEqual([...new Set(replies.map(({ status }) => status))], [200])
  t.is(new Set(replies.map(({ body }) => body.createdAt)).size, 1)
})

test.serial('R9: groups of the token give what their memberships give', async (t) => {
  await world.must('PUT', '/projects/acme/members/groups/corp:devs', { role: 'developer' })
  const { accessToken } = await world.idp.signIn('olga')
  t.is((await readApp(accessToken)).status, 200)
  t.is((await readApp(tokenOf('sven', groups('staff')))).status, 404)
})

test.serial('R9: a local group of that name is another one', async (t) => {
  await world.must('POST', '/groups', { name: 'ops' })
  await world.must('PUT', '/projects/acme/members/groups/ops', { role: 'guest' })
  t.is((await readApp(tokenOf('opal', groups('ops')))).status, 404)
})

test.serial(
  'R9: the next token takes groups away, and none of before brings them back',
  async (t) => {
    const before = tokenOf('lena', { ...groups('devs'), iat: nowSeconds() - 60 })
    t.is((await readApp(before)).status, 200)
    const after = tokenOf('lena', { ...groups(), email: 'new@corp.test' })
    t.is((await readApp(after)).status, 404)
    t.is((await readApp(before)).status, 404)
    t.is((await world.ask(before)).body.email, 'new@corp.test')
  },
)

test.serial('a claim may be one group that is no list, and what is none is left out', async (t) => {
  t.is((await readApp(tokenOf('solo', { realm: { groups: 'devs' } }))).status, 200)
  t.is((await readApp(tokenOf('odd', { realm: { groups: [7, null, {}, 'devs'] } }))).status, 200)
  t.is((await readApp(tokenOf('none', { realm: 'devs' }))).status, 404)
})

test.serial('a mail address that the provider has not verified is left out', async (t) => {
  const { body } = await world.ask(
    tokenOf('mila', { email: 'boss@corp.test', email_verified: false }),
  )
  t.is(body.email, null)
})

test.serial('R8: an address that is not verified names nobody at first sight', async (t) => {
  const issuer = { claims: { username: 'email' } }
  const mailed = await startOidcWorld({}, { issuer })
  t.teardown(() => mailed.stop())
  const [key] = mailed.idp.keys()
  if (key === undefined) throw new Error('the provider has no key')
  const iat = nowSeconds()
  const token = (sub: string, email_verified: boolean): string =>
    signToken(key, {
      iss: mailed.idp.issuer,
      aud: mailed.idp.audience,
      sub,
      email: 'boss@corp.test',
      email_verified,
      iat,
      exp: iat + 600,
    })
  const { status, body } = await mailed.ask(token('stranger', false))
  t.is(status, 403)
  t.is(
    body.detail,
    'corp vouches for no user name of yours, so no account is made; ask an administrator',
  )
  t.is((await mailed.ask(token('boss', true))).body.username, 'boss@corp.test')
})

/** What only administrators and auditors are told. */
const readUsers = async (token: string) => (await world.ask(token, 'GET', '/users')).status

test.serial('R9: who is in the administrator group of the issuer is one here', async (t) => {
  const token = tokenOf('ada', groups('root'))
  t.is(await readUsers(token), 200)
  t.is(await readUsers(tokenOf('ada', { ...groups(), iat: nowSeconds() + 5 })), 403)
})

test.serial(
  'R9: groups and role lapse a day after the token, though it is good for a week',
  async (t) => {
    const token = tokenOf('rita', groups('devs', 'root'))
    t.deepEqual([(await readApp(token)).status, await readUsers(token)], [200, 200])
    world.pass(DAY_SECONDS / 2 + 60)
    t.deepEqual([(await readApp(token)).status, await readUsers(token)], [200, 200])
    world.pass(DAY_SECONDS / 2)
    t.deepEqual([(await readApp(token)).status, await readUsers(token)], [404, 403])
    t.is((await world.ask(token)).status, 200)
    const next = tokenOf('rita', groups('devs', 'root'))
    t.deepEqual([(await readApp(next)).status, await readUsers(next)], [200, 200])
  },
)

const refusedBecause = (t: ExecutionContext, { status, body }: Reply, reason: RegExp): void => {
  t.is(status, 403)
  t.regex(body.detail, reason)
}

test.serial('R8: a name that somebody has is refused, and not merged', async (t) => {
  const password = 'bobs-own-pw-77'
  await world.must('POST', '/users', { username: 'bob', password })
  refusedBecause(t, await world.ask(tokenOf('bob')), /the user name bob belongs to another account/)
  const as = { username: 'bob', password }
  t.is((await world.service.request('GET', '/api/v1/me', { as })).body.source, 'local')
})

test.serial('R8: a name that somebody had is refused', async (t) => {
  await world.must('POST', '/users', { username: 'gone', password: 'gones-own-pw-77' })
  await world.must('DELETE', '/users/gone')
  refusedBecause(t, await world.ask(tokenOf('gone')), /belongs to another account/)
})

test.serial('R8: another subject of the same name and mail is another person', async (t) => {
  const same = { preferred_username: 'twin', email: 'twin@corp.test', email_verified: true }
  t.is((await world.ask(tokenOf('twin-1', same))).status, 200)
  refusedBecause(t, await world.ask(tokenOf('twin-2', same)), /belongs to another account/)
})

test.serial('R8: a name may change at the provider: the account stays', async (t) => {
  const first = await world.ask(tokenOf('nina'))
  const later = await world.ask(tokenOf('nina', { preferred_username: 'nina-married' }))
  t.deepEqual([first.body.username, later.body.username], ['nina', 'nina'])
})

for (const name of ['robot$ci', 'a b', '../x', 'наталья', '', 'x'.repeat(65)]) {
  test.serial(`R8: nobody gets the name ${JSON.stringify(name)}`, async (t) => {
    const token = tokenOf(`strange-${name.length}`, { preferred_username: name })
    refusedBecause(
      t,
      await world.ask(token),
      name === '' ? /vouches for no user name/ : /cannot be a user name here/,
    )
  })
}

test.serial('R8: self-registration is refused beside users at first sight', async (t) => {
  const set = (json: object) => world.service.admin('PATCH', '/api/v1/settings', json)
  const { status, body } = await set({ selfRegistration: true })
  t.is(status, 409)
  t.regex(body.detail, /selfRegistration and firstSightUsers together/)
  t.is((await set({ selfRegistration: true, firstSightUsers: false })).status, 200)
  refusedBecause(t, await world.ask(tokenOf('zoe')), /none is made at first sight/)
  t.is((await set({ selfRegistration: false, firstSightUsers: true })).status, 200)
  t.is((await world.ask(tokenOf('zoe'))).status, 200)
})

test.serial(
  'R10: an administrator links an account to the provider, and its password is over',
  async (t) => {
    const linda = { username: 'linda', password: 'lindas-own-pw-77' }
    await world.must('POST', '/users', linda)
    await world.must('PUT', '/users/linda/identity', { source: 'corp', subject: 'sub-of-linda' })
    const token = tokenOf('sub-of-linda', { preferred_username: 'whatever' })
    t.is((await world.ask(token)).body.username, 'linda')
    t.is((await world.service.request('GET', '/api/v1/me', { as: linda })).status, 401)
  },
)

/** As docker login and docker pull ask. */
async function askRealm(as: Credentials, scope = 'repository:acme/app:pull,push') {
  const path = `/auth/token?service=registry-warden&offline_token=true&scope=${scope}`
  return world.service.request('GET', path, { as })
}

const actionsOf = ({ body }: Reply): readonly string[] =>
  JSON.parse(Buffer.from(body.token.split('.')[1], 'base64url').toString()).access[0].actions

test.serial(
  'R11: an access token that a bearer makes works for docker, and no identity token comes of it',
  async (t) => {
    const bearer = tokenOf('dora', groups('devs'))
    const made = await world.ask(bearer, 'POST', '/me/tokens', { json: { name: 'laptop' } })
    t.is(made.status, 201)
    const login = await askRealm({ username: 'dora', password: made.body.secret })
    t.deepEqual(actionsOf(login), ['pull', 'push'])
    t.is(login.body.refresh_token, undefined)
  },
)

test.serial('R11: a bearer has no password to change', async (t) => {
  const json = { currentPassword: 'none-of-mine-7', newPassword: 'quiet-harbour-9271' }
  const { status } = await world.ask(tokenOf('dora'), 'PUT', '/me/password', { json })
  t.true(status >= 400 && status < 500, String(status))
})

test.serial('who is disabled is refused at once, whatever the token says', async (t) => {
  const token = tokenOf('dirk', groups('devs'))
  const made = await world.ask(token, 'POST', '/me/tokens', { json: { name: 'laptop' } })
  await world.must('PATCH', '/users/dirk', { disabled: true })
  await sleep(1000)
  const { status, body } = await world.ask(token)
  t.is(status, 401)
  t.is(body.detail, 'the account dirk is disabled; ask an administrator')
  t.is((await askRealm({ username: 'dirk', password: made.body.secret })).status, 401)
  await world.must('PATCH', '/users/dirk', { disabled: false })
  await sleep(1000)
  t.is((await world.ask(token)).status, 200)
})

test.serial('a repeated bearer costs no statement and no signature', async (t) => {
  const token = tokenOf('warm', groups('devs'))
  // The first makes the account, the second reads it.
  for (let time = 0; time < 2; time++) await world.ask(token)
  const hits = async (): Promise<number> => {
    const text = await (await fetch(`${world.service.privateUrl}/metrics`)).text()
    const pattern = /^warden_cache_lookups_total\{.*cache="bearers".*\} (\d+)$/gm
    const lines = [...text.matchAll(pattern)].filter(([line]) => line.includes('hit'))
    return Number(lines[0]?.[1])
  }
  const before = await hits()
  const { asked } = await countQueries(world.service, async () => {
    // Refused by the role alone: the route itself asks the database nothing.
    for (let time = 0; time < 5; time++) t.is(await readUsers(token), 403)
  })
  t.deepEqual([asked, (await hits()) - before], [[], 5])
})

test.serial('a remembered bearer is over when its time is', async (t) => {
  const token = tokenOf('brief', { exp: nowSeconds() + 60 })
  t.is((await world.ask(token)).status, 200)
  world.pass(75)
  t.is((await world.ask(token)).status, 200)
  world.pass(20)
  t.is((await world.ask(token)).status, 401)
})

test.serial('sign-ins by bearer are counted and recorded', async (t) => {
  const metrics = await (await fetch(`${world.service.privateUrl}/metrics`)).text()
  t.regex(metrics, /warden_sign_ins_total\{way="oidc",outcome="proven"\} [1-9]/)
  const rows = () =>
    world.service.database('audit').where({ action: 'signin.oidc', actor_name: 'olga' }).first()
  for (let time = 0; time < 400 && (await rows()) === undefined; time++) await sleep(100)
  t.like(await rows(), { outcome: 'done', address: '127.0.0.1' })
})

test.serial(
  'keys rotate: the new one is taken, the old one as long as the provider shows it',
  async (t) => {
    const old = await world.idp.signIn('olga')
    t.is((await world.ask(old.accessToken)).status, 200)
    await world.idp.rotate()
    world.pass(PAUSE_SECONDS)
    const next = await world.idp.signIn('olga')
    t.is((await world.ask(next.accessToken)).status, 200)
    t.is((await world.ask(old.accessToken)).status, 200)
    await world.idp.rotate([])
    world.pass(PAUSE_SECONDS)
    const last = await world.idp.signIn('olga')
    t.is((await world.ask(last.accessToken)).status, 200)
    t.is((await world.ask(old.accessToken)).status, 401)
    t.is((await world.ask(next.accessToken)).status, 401)
  },
)

test.serial(
  'a provider that is away: bearers go on for the age of its keys, access tokens for ever',
  async (t) => {
    const bearer = (await world.idp.signIn('olga')).accessToken
    const { body } = await world.ask(bearer, 'POST', '/me/tokens', { json: { name: 'away' } })
    const docker = { username: 'olga', password: body.secret }
    world.pass(PAUSE_SECONDS)
    await world.idp.stop()
    world.pass(3500)
    t.is((await world.ask(bearer)).status, 200)
    t.is((await world.ask(tokenOf('olga'))).status, 200)
    world.pass(200)
    const away = await world.ask(bearer)
    t.deepEqual([away.status, away.headers.get('retry-after')], [503, '10'])
    t.regex(away.body.detail, /^the keys of corp cannot be read/)
    t.is((await askRealm(docker)).status, 200)
    t.is((await world.service.admin('GET', '/api/v1/me')).status, 200)
    await world.idp.start()
    world.pass(PAUSE_SECONDS)
    t.is((await world.ask(bearer)).status, 200)
  },
)

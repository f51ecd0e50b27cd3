import test from 'ava'
import { type Issuer, startIssuer } from '../support/issuer.ts'
import { type LdapWorld, startLdapWorld } from '../support/ldap-world.ts'
import type { Credentials, Reply } from '../support/service.ts'
import { passwordOf, type Slapd, startSlapd } from '../support/slapd.ts'

/** A service with a directory and an issuer, and a door for strangers that is opened and shut. */
let world: LdapWorld
let slapd: Slapd
let issuer: Issuer

test.before(async () => {
  ;[slapd, issuer] = await Promise.all([startSlapd(), startIssuer()])
  for (const name of ['lea', 'ben', 'kim']) await slapd.addPerson(name)
  world = await startLdapWorld({ env: issuer.env }, slapd)
})
test.after.always(async () => {
  await world?.stop()
  await Promise.all([slapd?.stop(), issuer?.close()])
})

/** Whether strangers register, or people of a source get an account at first sight. */
const open = (door: 'registration' | 'firstSight'): Promise<Reply> =>
  world.admin('PATCH', '/api/v1/settings', {
    selfRegistration: door === 'registration',
    firstSightUsers: door === 'firstSight',
  })

const register = (json: Credentials): Promise<Reply> =>
  world.request('POST', '/api/v1/users', { json })

const bearer = (sub: string, groups: readonly string[] = []): Promise<Reply> =>
  world.request('GET', '/api/v1/me', {
    headers: { authorization: `Bearer ${issuer.tokenOf(sub, groups)}` },
  })

const ownPassword = (username: string): Credentials => ({
  username,
  password: `registered-harbour-${username}`,
})

const rowOf = (username: string) =>
  world
    .database('users')
    .where({ username })
    .first('source', 'external_id', 'password_hash', 'email', 'claims_digest', 'sign_in_epoch')

test.serial(
  'R8, R10: a registered name that people of both sources claim later stays who registered it',
  async (t) => {
    t.is((await open('registration')).status, 200)
    const lea = ownPassword('lea')
    t.is((await register(lea)).status, 201)
    const before = await rowOf('lea')
    t.is(before.source, 'local')
    t.is((await open('firstSight')).status, 200)
    const claimed = await bearer('lea', ['devs'])
    t.is(claimed.status, 403)
    t.regex(claimed.body.detail, /the user name lea belongs to another account here/)
    // The directory is not asked at all: whoever has its password has nothing here.
    slapd.asked()
    t.is((await world.me('lea')).status, 401)
    t.deepEqual(slapd.asked(), [])
    const mine = await world.me('lea', lea.password)
    t.deepEqual([mine.status, mine.body.source], [200, 'local'])
    t.deepEqual(await rowOf('lea'), before)
    t.is((await world.admin('GET', '/api/v1/groups/corp:devs/members')).status, 404)
  },
)

for (const [source, username, come] of [
  ['corp', 'olga', () => bearer('olga')],
  ['ldap', 'ben', () => world.me('ben')],
] as const) {
  test.serial(
    `R8, R10: a name of ${source} that a stranger registers later is taken, and stays with ${source}`,
    async (t) => {
      t.is((await open('firstSight')).status, 200)
      t.is((await come()).status, 200)
      const before = await rowOf(username)
      t.is(before.source, source)
      t.is((await open('registration')).status, 200)
      const own = ownPassword(username)
      for (const name of [username, username.toUpperCase()]) {
        const { status, body } = await register({ ...own, username: name })
        t.is(status, 409)
        t.is(body.errors[0].code, 'NAME_TAKEN')
        t.is((await world.me(name, own.password)).status, 401)
      }
      t.deepEqual(await rowOf(username), before)
      const again = await come()
      t.deepEqual([again.status, again.body.source], [200, source])
    },
  )
}

test.serial(
  'R8: the name of somebody of a source who was deleted is given to nobody',
  async (t) => {
    t.is((await open('firstSight')).status, 200)
    t.is((await world.me('kim')).status, 200)
    t.is((await world.admin('DELETE', '/api/v1/users/kim')).status, 204)
    t.is((await open('registration')).status, 200)
    t.is((await register(ownPassword('kim'))).status, 409)
    t.is((await open('firstSight')).status, 200)
    const back = await world.me('kim', passwordOf('kim'))
    t.is(back.status, 403)
    t.regex(back.body.detail, /your account here was deleted/)
  },
)

test.serial(
  'R8: registration that was set before there was a source is shut while both are on',
  async (t) => {
    t.is((await open('registration')).status, 200)
    // As a row of before stands there when sources come into the environment.
    await world.database('settings').where({ name: 'firstSightUsers' }).delete()
    await world.database('change_version').increment('counter', 1)
    const settings = (await world.admin('GET', '/api/v1/settings')).body
    t.deepEqual([settings.selfRegistration.value, settings.firstSightUsers.value], [true, true])
    t.is((await register(ownPassword('squat'))).status, 401)
    t.is((await world.admin('GET', '/api/v1/users/squat')).status, 404)
    t.is((await bearer('squat')).status, 200)
  },
)

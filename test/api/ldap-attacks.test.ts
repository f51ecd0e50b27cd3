import test from 'ava'
import { createSecret } from '../../src/credentials/secret.ts'
import { type LdapWorld, startLdapWorld } from '../support/ldap-world.ts'
import { ADMIN } from '../support/service.ts'
import { PEOPLE, passwordOf, personDn, type Slapd, startSlapd } from '../support/slapd.ts'
import { startTap, type Tap } from '../support/tap.ts'

let slapd: Slapd
let world: LdapWorld
let tap: Tap

test.before(async () => {
  slapd = await startSlapd()
  tap = await startTap(slapd.port)
  await slapd.addPerson('ada')
  for (const ou of ['east', 'west']) {
    await slapd.add(`ou=${ou},${PEOPLE}`, { objectClass: 'organizationalUnit', ou })
    await slapd.add(`cn=twin,ou=${ou},${PEOPLE}`, {
      objectClass: 'inetOrgPerson',
      cn: 'twin',
      sn: 'twin',
      uid: 'twin',
      userPassword: passwordOf('twin'),
    })
  }
  world = await startLdapWorld(
    {
      env: {
        WARDEN_LDAP_URL: `ldap://${tap.address}`,
        WARDEN_LDAP_TLS: 'off',
        WARDEN_LDAP_CA: '',
        WARDEN_SIGN_IN_FAILURES: '1000',
      },
    },
    slapd,
  )
})
test.after.always(async () => {
  await world.stop()
  tap.close()
  await slapd.stop()
})

const isRefused = async (username: string, password: string): Promise<boolean> => {
  const { status, body } = await world.me(username, password)
  return status === 401 && body.detail === 'the user name or the password is wrong'
}

test.serial(
  'R10: what proves local accounts, tokens and robots never reaches the directory',
  async (t) => {
    const local = { username: 'lou', password: 'a-local-harbour-4711' }
    await world.admin('POST', '/api/v1/users', local)
    const wrong = 'a-wrong-local-harbour'
    t.is((await world.me('lou', local.password)).status, 200)
    t.is((await world.me('lou', wrong)).status, 401)
    t.is((await world.me(ADMIN.username, ADMIN.password)).status, 200)
    const secrets = [
      createSecret('accessToken'),
      createSecret('robot'),
      createSecret('identityToken'),
    ]
    for (const secret of secrets) {
      t.is((await world.me('ada', secret)).status, 401)
      t.is((await world.me('nobody-here', secret)).status, 401)
    }
    t.is((await world.me('robot$acme+ci', 'robot-password-1')).status, 401)
    const sent = tap.sent()
    for (const secret of [local.password, wrong, ADMIN.password, 'robot-password-1', ...secrets]) {
      t.false(sent.includes(secret))
    }
    t.is((await world.me('ada')).status, 200)
    t.true(tap.sent().includes(passwordOf('ada')))
  },
)

test.serial('R10: nor does one that was copied with a space, or not to its end', async (t) => {
  const jwt = (await world.token(ADMIN.username, undefined, ADMIN.password)).body.token
  for (const secret of [createSecret('accessToken'), createSecret('robot'), jwt]) {
    const core = secret.slice(4, -4)
    for (const copied of [`${secret}\n`, ` ${secret}`, `${secret} `, `\ufeff${secret}`]) {
      t.true(await isRefused('ada', copied))
      t.true(await isRefused('nobody-here', copied))
    }
    t.false(tap.sent().includes(core))
  }
  const cut = createSecret('identityToken').slice(0, -1)
  t.true(await isRefused('ada', cut))
  t.false(tap.sent().includes(cut))
})

test.serial(
  'R10: empty passwords, NUL and endless ones are refused before anything is asked',
  async (t) => {
    slapd.asked()
    for (const secret of ['', 'with\0nul', 'x'.repeat(513)]) {
      t.true(await isRefused('ada', secret))
      t.true(await isRefused('nobody-there', secret))
    }
    t.deepEqual(slapd.asked(), [])
  },
)

test.serial('R8: what is no user name here is never searched for', async (t) => {
  slapd.asked()
  for (const name of [
    '*',
    'ad*',
    'ada)(uid=*',
    'ada\\2a',
    'a..b',
    'ａｄａ',
    'ada ',
    '(|(uid=ada))',
  ]) {
    t.true(await isRefused(name, passwordOf('ada')), name)
  }
  t.deepEqual(slapd.asked(), [])
})

test.serial('R10: a name that two entries have signs nobody in', async (t) => {
  t.true(await isRefused('twin', passwordOf('twin')))
  t.is((await world.admin('GET', '/api/v1/users/twin')).status, 404)
})

test.serial(
  'R17: an unknown name and a wrong password take the same requests and get one answer',
  async (t) => {
    const shapeOf = async (name: string) => {
      slapd.asked()
      const { status, body } = await world.me(name, `never-right-${name}`)
      const requests = slapd.asked().map((line) => line.slice(0, 4))
      return { status, detail: body.detail, code: body.errors[0].code, requests }
    }
    const known = await shapeOf('ada')
    t.deepEqual(known.requests, ['SRCH', 'BIND'])
    t.deepEqual(await shapeOf('nobody-at-all'), known)
    t.deepEqual(await shapeOf('twin'), known)
  },
)

test.serial(
  'R8: a name that an account of another source has is refused, and the two stay apart',
  async (t) => {
    await world.admin('POST', '/api/v1/users', { username: 'max', password: 'local-harbour-max-1' })
    await slapd.addPerson('max')
    t.true(await isRefused('max', passwordOf('max')))
    t.is((await world.me('max', 'local-harbour-max-1')).body.source, 'local')
    // Another person gets a name that somebody had: another id, and so not that account.
    await slapd.addPerson('kim')
    t.is((await world.me('kim')).status, 200)
    await slapd.remove(personDn('kim'))
    await slapd.addPerson('kim', { userPassword: 'another-kims-harbour' })
    const { status, body } = await world.me('kim', 'another-kims-harbour')
    t.is(status, 403)
    t.regex(body.detail, /belongs to another account here/)
  },
)

test.serial('R10: a hash that an account of the directory has here is never asked', async (t) => {
  const { password_hash: hash } = await world
    .database('users')
    .where({ username: 'lou' })
    .first('password_hash')
  await world.database('users').where({ username: 'ada' }).update({ password_hash: hash })
  t.true(await isRefused('ada', 'a-local-harbour-4711'))
})

test.serial(
  'the administrators of the directory are not ours unless that is configured',
  async (t) => {
    await slapd.addGroup('admins', [personDn('ada')])
    t.is((await world.me('ada')).body.claimedRole, null)
  },
)

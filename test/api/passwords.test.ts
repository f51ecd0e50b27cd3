import test from 'ava'
import { ADMIN, type Credentials, type Service, startService } from '../support/service.ts'

let service: Service
const NEW = 'a-new-harbour-22'

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
})
test.after.always(() => service.stop())

async function makeUser(username: string): Promise<Credentials> {
  const user = { username, password: `${username}s-own-pw-7` }
  await service.admin('POST', '/api/v1/users', user)
  return user
}

const changeOwn = (as: Credentials, json: unknown) =>
  service.request('PUT', '/api/v1/me/password', { as, json })

const signIn = async (username: string, password: string): Promise<number> =>
  (await service.request('GET', '/api/v1/me', { as: { username, password } })).status

const epochOf = async (username: string): Promise<number> =>
  (await service.database('users').where({ username }).first('sign_in_epoch')).sign_in_epoch

test('whoever knows the old password sets a new one, and only the new one works', async (t) => {
  const ann = await makeUser('ann')
  const epoch = await epochOf('ann')
  const json = { currentPassword: ann.password, newPassword: NEW }
  t.is((await changeOwn(ann, json)).status, 204)
  t.deepEqual([await signIn('ann', NEW), await signIn('ann', ann.password)], [200, 401])
  t.is(await epochOf('ann'), epoch + 1)
  const row = await service
    .database('audit')
    .where({ action: 'user.password', target: 'ann' })
    .first()
  t.deepEqual([row.actor_name, row.target, row.outcome], ['ann', 'ann', 'done'])
})

test('R11: a wrong old password changes nothing', async (t) => {
  const ben = await makeUser('ben')
  const json = { currentPassword: 'not-bens-own-7', newPassword: NEW }
  const { status, body } = await changeOwn(ben, json)
  t.is(status, 403)
  t.is(body.detail, 'the current password is wrong; nothing was changed')
  t.is(await signIn('ben', ben.password), 200)
})

for (const [why, newPassword] of [
  ['too short', 'a1b2c3'],
  ['easy to guess', 'summer2024'],
  ['a repetition', 'xxxxxxxxxxxxxxxxxxxxxxxx'],
  ['the current one', 'cyds-own-pw-7'],
] as const) {
  test.serial(`a new password that is ${why} is refused`, async (t) => {
    const cyd = await makeUser('cyd')
    const json = { currentPassword: cyd.password, newPassword }
    const { status, body } = await changeOwn(cyd, json)
    t.is(status, 400)
    t.is(body.errors[0].code, 'PASSWORD_REFUSED')
    t.is(await signIn('cyd', cyd.password), 200)
  })
}

test('nobody changes a password without signing in', async (t) => {
  const json = { currentPassword: ADMIN.password, newPassword: NEW }
  const { status } = await service.request('PUT', '/api/v1/me/password', { json })
  t.is(status, 401)
})

test('an administrator sets the password of somebody else', async (t) => {
  const dan = await makeUser('dan')
  const epoch = await epochOf('dan')
  const { status, body } = await service.admin('PATCH', '/api/v1/users/dan', { password: NEW })
  t.is(status, 200)
  t.false(JSON.stringify(body).includes(NEW))
  t.deepEqual([await signIn('dan', NEW), await signIn('dan', dan.password)], [200, 401])
  t.is(await epochOf('dan'), epoch + 1)
  const actions = await service
    .database('audit')
    .where({ target: 'dan' })
    .whereNot('action', 'like', 'signin.%')
    .orderBy('id')
  t.deepEqual(
    actions.map(({ action }) => action),
    ['user.create', 'user.password'],
  )
})

test('R11: an administrator sets their own password with the old one only', async (t) => {
  const { status, body } = await service.admin('PATCH', '/api/v1/users/admin', { password: NEW })
  t.is(status, 403)
  t.regex(body.detail, /with the old one: PUT \/api\/v1\/me\/password/)
  t.is(await signIn(ADMIN.username, ADMIN.password), 200)
})

test('who is no administrator sets nobody else’s password', async (t) => {
  const [eve, fay] = [await makeUser('eve'), await makeUser('fay')]
  const json = { password: NEW }
  const reply = await service.request('PATCH', `/api/v1/users/${fay.username}`, { as: eve, json })
  t.is(reply.status, 403)
  t.is(await signIn('fay', fay.password), 200)
})

test('disabling an account ends its sign-ins, enabling it brings none back', async (t) => {
  await makeUser('gus')
  const epoch = await epochOf('gus')
  await service.admin('PATCH', '/api/v1/users/gus', { disabled: true })
  await service.admin('PATCH', '/api/v1/users/gus', { disabled: false })
  t.is(await epochOf('gus'), epoch + 1)
})

test('R5: of two changes of one password at once a single one is done', async (t) => {
  const hal = await makeUser('hal')
  const wanted = ['one-new-harbour-22', 'two-new-harbour-33']
  const replies = await Promise.all(
    wanted.map((newPassword) => changeOwn(hal, { currentPassword: hal.password, newPassword })),
  )
  const statuses = replies.map(({ status }) => status).sort()
  t.is(statuses[0], 204)
  t.true([401, 403, 409].includes(statuses[1] ?? 0), String(statuses))
})

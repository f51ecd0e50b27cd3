import test from 'ava'
import { ADMIN, type Credentials, type Service, startService } from '../support/service.ts'

let service: Service

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
  await service.admin('POST', '/api/v1/projects', { name: 'acme' })
})
test.after.always(() => service.stop())

async function makeUser(username: string, systemRole?: string): Promise<Credentials> {
  const user = { username, password: `${username}s-own-pw-7` }
  await service.admin('POST', '/api/v1/users', { ...user, ...(systemRole && { systemRole }) })
  return user
}

const remove = (username: string, as: Credentials = ADMIN) =>
  service.request('DELETE', `/api/v1/users/${username}`, { as })

test('R4: a deleted user is gone with memberships and groups, whose ids nobody gets again', async (t) => {
  const ann = await makeUser('ann')
  const { id } = await service.database('users').where({ username: 'ann' }).first('id')
  await service.admin('PUT', '/api/v1/projects/acme/members/users/ann', { role: 'developer' })
  await service.admin('POST', '/api/v1/groups', { name: 'team' })
  await service.admin('PUT', '/api/v1/groups/team/members/ann')
  t.is((await remove('ann')).status, 204)
  t.is((await service.request('GET', '/api/v1/me', { as: ann })).status, 401)
  t.is((await service.admin('GET', '/api/v1/users/ann')).status, 404)
  const { items } = (await service.admin('GET', '/api/v1/projects/acme/members')).body
  t.deepEqual(
    items.map(({ username }: { username: string }) => username),
    ['admin'],
  )
  t.deepEqual(await service.database('members').where({ member_kind: 'user', member_id: id }), [])
  t.deepEqual(await service.database('group_members').where({ user_id: id }), [])
  const row = await service.database('users').where({ id }).first()
  t.deepEqual([row.username, row.password_hash, row.sign_in_epoch], ['ann', null, 2])
  t.true(row.deleted_at instanceof Date)
})

test('R4: the tokens of a deleted user are gone, and those of others stay', async (t) => {
  const fay = await makeUser('fay')
  const gus = await makeUser('gus')
  const { database } = service
  for (const as of [fay, gus]) {
    await service.request('POST', '/api/v1/me/tokens', { as, json: { name: 'laptop' } })
    const { id } = await database('users').where({ username: as.username }).first('id')
    await database('identity_tokens').insert({
      user_id: id,
      sign_in_epoch: 1,
      secret_hash: as.username.padEnd(64, '0'),
      expires_at: new Date('2040-01-01T00:00:00Z'),
      created_at: new Date(),
    })
  }
  t.is((await remove('fay')).status, 204)
  for (const table of ['access_tokens', 'identity_tokens']) {
    const owners = await database(table).join('users', 'users.id', 'user_id').pluck('username')
    t.deepEqual(owners, ['gus'])
  }
})

test('R8: the name of a deleted user is never given again', async (t) => {
  const ben = await makeUser('ben')
  await remove('ben')
  const again = await service.admin('POST', '/api/v1/users', { ...ben, username: 'BEN' })
  t.is(again.status, 409)
  t.is(again.body.errors[0].code, 'NAME_TAKEN')
})

test('nobody deletes their own account', async (t) => {
  const { status, body } = await remove(ADMIN.username)
  t.is(status, 409)
  t.is(body.detail, 'you cannot delete your own account; another administrator can')
})

test('a user who is not there is 404, and only administrators delete', async (t) => {
  t.is((await remove('nobody')).status, 404)
  const auditor = await makeUser('audrey', 'auditor')
  const cyd = await makeUser('cyd')
  t.is((await remove('cyd', auditor)).status, 403)
  t.is((await remove('audrey', cyd)).status, 403)
  t.is((await service.request('DELETE', '/api/v1/users/cyd')).status, 401)
})

test('R5: two administrators who delete each other at once do not both succeed', async (t) => {
  for (let round = 0; round < 3; round++) {
    const pair = [
      await makeUser(`ada${round}`, 'administrator'),
      await makeUser(`bea${round}`, 'administrator'),
    ] as const
    const replies = await Promise.all([
      remove(pair[1].username, pair[0]),
      remove(pair[0].username, pair[1]),
    ])
    t.deepEqual(replies.map(({ status }) => status).sort(), [204, 401])
  }
})

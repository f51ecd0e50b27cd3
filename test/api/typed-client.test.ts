import test from 'ava'
import { ApiError, type Client, createClient } from 'registry-warden/client'
import { ADMIN, type Service, startService } from '../support/service.ts'

let service: Service
let client: Client

test.before(async () => {
  service = await startService({
    registryUrl: 'http://127.0.0.1:9',
    env: { WARDEN_IDENTITY_TOKENS: 'on' },
  })
  client = createClient({ url: service.url, credentials: ADMIN })
})
test.after.always(() => service.stop())

test('the client makes, reads and changes by the names of operations', async (t) => {
  const body = { username: 'typed', password: 'typeds-own-pw-7' }
  const made = await client.call('postUsers', { body, idempotencyKey: 'typed-1' })
  t.is(made.status, 201)
  const again = await client.call('postUsers', { body, idempotencyKey: 'typed-1' })
  t.deepEqual(again.data, made.data)
  const params = { username: 'typed' }
  const { etag = '', data } = await client.call('getUsersByUsername', { params })
  t.is(data.systemRole, null)
  const change = { params, body: { displayName: 'Typed' } }
  const changed = await client.call('patchUsersByUsername', { ...change, ifMatch: etag })
  t.is(changed.data.displayName, 'Typed')
  const late = client.call('patchUsersByUsername', { ...change, ifMatch: etag })
  await t.throwsAsync(late, { instanceOf: ApiError, code: 'PRECONDITION_FAILED' })
})

test('the client goes through a list page by page', async (t) => {
  for (const name of ['typed-a', 'typed-b', 'typed-c']) {
    await client.call('postProjects', { body: { name } })
  }
  const names: string[] = []
  for await (const { name } of client.list('getProjects', { query: { name: 'typed', limit: 1 } })) {
    names.push(name)
  }
  t.deepEqual(names, ['typed-a', 'typed-b', 'typed-c'])
})

test('lines of JSON are given as the text that they are', async (t) => {
  await client.call('postProjects', { body: { name: 'of-lines' } })
  await client.call('postGroups', { body: { name: 'of-lines' } })
  const { data } = await client.call('getAuditExport', { query: { format: 'jsonl' } })
  const actions = data
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).action)
  t.true(actions.includes('project.create'))
  t.true(actions.includes('group.create'))
})

test('an answer without a body is undefined, and who is nobody is refused', async (t) => {
  await client.call('postProjects', { body: { name: 'of-members' } })
  const params = { project: 'of-members', username: 'admin' }
  const { status, data } = await client.call('deleteProjectsMembersUsersByUsername', { params })
  t.deepEqual({ status, data }, { status: 204, data: undefined })
  const nobody = createClient({ url: service.url })
  await t.throwsAsync(nobody.call('getMe'), { instanceOf: ApiError, code: 'UNAUTHORIZED' })
})

test('a service that is not there is NO_ANSWER', async (t) => {
  const away = createClient({ url: 'http://127.0.0.1:9' })
  await t.throwsAsync(away.call('getMe'), { instanceOf: ApiError, code: 'NO_ANSWER' })
})

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/
const UNKNOWN = { instanceOf: ApiError, name: 'ApiError' }

const makeUser = async (username: string): Promise<Client> => {
  const credentials = { username, password: `${username}s-harbour-7` }
  await client.call('postUsers', { body: credentials })
  return createClient({ url: service.url, credentials })
}

test('a user is made, read, listed, changed and deleted', async (t) => {
  const body = { username: 'Life', password: 'lifes-harbour-7', email: 'life@example.com' }
  const { data: made } = await client.call('postUsers', { body })
  const { createdAt, updatedAt, ...rest } = made
  t.deepEqual(rest, {
    username: 'life',
    source: 'local',
    email: 'life@example.com',
    displayName: null,
    systemRole: null,
    claimedRole: null,
    claimsEndAt: null,
    disabled: false,
  })
  t.regex(createdAt, INSTANT)
  const params = { username: 'life' }
  t.deepEqual((await client.call('getUsersByUsername', { params })).data, made)
  const found = await client.collect('getUsers', { query: { search: 'lif' } })
  t.deepEqual(found, { items: [made], hasMore: false })
  const change = { disabled: true, systemRole: 'auditor', email: null } as const
  const { data: changed } = await client.call('patchUsersByUsername', { params, body: change })
  t.like(changed, change)
  t.is((await client.call('deleteUsersByUsername', { params })).status, 204)
  await t.throwsAsync(client.call('getUsersByUsername', { params }), {
    ...UNKNOWN,
    code: 'USER_UNKNOWN',
  })
})

test('a user says who they are, and changes their password', async (t) => {
  const own = await makeUser('self')
  t.is((await own.call('getMe')).data.username, 'self')
  const body = { currentPassword: 'selfs-harbour-7', newPassword: 'selfs-lighthouse-8' }
  t.is((await own.call('putMePassword', { body })).status, 204)
  await t.throwsAsync(own.call('getMe'), { ...UNKNOWN, code: 'UNAUTHORIZED' })
})

test('a group is made, filled, read, listed, changed and deleted', async (t) => {
  await makeUser('of-group')
  const params = { group: 'crew' }
  const { data: made } = await client.call('postGroups', { body: { name: 'crew' } })
  t.is(made.description, null)
  const member = { params: { ...params, username: 'of-group' } }
  t.is((await client.call('putGroupsMembersByUsername', member)).status, 204)
  t.deepEqual((await client.collect('getGroupsMembers', { params })).items, [
    { username: 'of-group' },
  ])
  const body = { description: 'on deck' }
  const { data: changed } = await client.call('patchGroupsByGroup', { params, body })
  t.deepEqual((await client.call('getGroupsByGroup', { params })).data, changed)
  const { items } = await client.collect('getGroups')
  t.is(items.find(({ name }) => name === 'crew')?.description, 'on deck')
  await client.call('deleteGroupsMembersByUsername', member)
  t.deepEqual((await client.collect('getGroupsMembers', { params })).items, [])
  await client.call('deleteGroupsByGroup', { params })
  const read = client.call('getGroupsByGroup', { params })
  await t.throwsAsync(read, { ...UNKNOWN, code: 'GROUP_UNKNOWN' })
})

test('a project is made, read, listed and changed', async (t) => {
  const { data: made } = await client.call('postProjects', { body: { name: 'life-of' } })
  t.is(made.visibility, 'private')
  const params = { project: 'life-of' }
  const body = { visibility: 'public' } as const
  const { data: changed } = await client.call('patchProjectsByProject', { params, body })
  t.deepEqual((await client.call('getProjectsByProject', { params })).data, changed)
  const query = { name: 'life-of', visibility: 'public' } as const
  t.deepEqual((await client.collect('getProjects', { query })).items, [changed])
})

test('members, users and groups, are set, read, listed and removed', async (t) => {
  await makeUser('of-project')
  await client.call('postGroups', { body: { name: 'of-project' } })
  await client.call('postProjects', { body: { name: 'manned' } })
  const user = { project: 'manned', username: 'of-project' }
  const group = { project: 'manned', group: 'of-project' }
  const body = { role: 'developer', repositories: ['web/**'] } as const
  const { data: one } = await client.call('putProjectsMembersUsersByUsername', {
    params: user,
    body,
  })
  t.deepEqual(one, { username: 'of-project', ...body, expiresAt: null })
  const { data: many } = await client.call('putProjectsMembersGroupsByGroup', {
    params: group,
    body: { role: 'guest', expiresAt: '2999-12-31T23:59:59Z' },
  })
  t.is(many.expiresAt, '2999-12-31T23:59:59.000Z')
  const readUser = () => client.call('getProjectsMembersUsersByUsername', { params: user })
  const readGroup = () => client.call('getProjectsMembersGroupsByGroup', { params: group })
  t.deepEqual([(await readUser()).data, (await readGroup()).data], [one, many])
  const params = { project: 'manned' }
  const { items } = await client.collect('getProjectsMembers', { params })
  t.deepEqual(items.slice(1), [one, many])
  await client.call('deleteProjectsMembersUsersByUsername', { params: user })
  await client.call('deleteProjectsMembersGroupsByGroup', { params: group })
  await t.throwsAsync(readUser(), { ...UNKNOWN, code: 'MEMBER_UNKNOWN' })
  await t.throwsAsync(readGroup(), { ...UNKNOWN, code: 'MEMBER_UNKNOWN' })
})

test('an access token is made, opens the API, is read, listed and revoked', async (t) => {
  const own = await makeUser('of-tokens')
  const body = { name: 'laptop', permissions: [{ repositories: '**', actions: ['api'] }] } as const
  const { data: made } = await own.call('postMeTokens', { body })
  const { secret: token = '', username, ...shown } = made
  t.is(username, 'of-tokens')
  const byToken = createClient({ url: service.url, credentials: { token } })
  t.is((await byToken.call('getMe')).data.username, 'of-tokens')
  const params = { id: String(made.id) }
  const { data: read } = await own.call('getMeTokensById', { params })
  t.deepEqual({ ...read, lastUsedAt: null }, shown)
  t.is((await own.collect('getMeTokens')).items.length, 1)
  const ofUser = { username: 'of-tokens' }
  t.is((await client.collect('getUsersTokens', { params: ofUser })).items[0]?.name, 'laptop')
  const asked = { params: { ...ofUser, ...params } }
  t.is((await client.call('getUsersTokensById', asked)).data.id, made.id)
  await own.call('deleteMeTokensById', { params })
  await t.throwsAsync(byToken.call('getMe'), { ...UNKNOWN, code: 'UNAUTHORIZED' })
  const gone = client.call('deleteUsersTokensById', asked)
  await t.throwsAsync(gone, { ...UNKNOWN, code: 'ACCESS_TOKEN_UNKNOWN' })
})

test('identity tokens are listed and revoked, by their owner and by administrators', async (t) => {
  const own = await makeUser('of-logins')
  const as = { username: 'of-logins', password: 'of-loginss-harbour-7' }
  const login = '/auth/token?service=registry-warden&offline_token=true&client_id=docker'
  for (const _time of [1, 2]) await service.request('GET', login, { as })
  const [newest, oldest] = (await own.collect('getMeIdentityTokens')).items
  t.deepEqual([newest?.client, oldest?.client], ['docker', 'docker'])
  await own.call('deleteMeIdentityTokensById', { params: { id: String(newest?.id) } })
  const params = { username: 'of-logins' }
  t.deepEqual((await client.collect('getUsersIdentityTokens', { params })).items, [oldest])
  await client.call('deleteUsersIdentityTokensById', {
    params: { ...params, id: String(oldest?.id) },
  })
  t.deepEqual((await own.collect('getMeIdentityTokens')).items, [])
})

const ROBOT = {
  name: 'ci',
  permissions: [{ repositories: ['**'], actions: ['pull', 'api'] }],
} as const

test('a robot of a project is made, read, listed, changed, rotated and deleted', async (t) => {
  const project = 'of-robots'
  await client.call('postProjects', { body: { name: project } })
  const { data: made } = await client.call('postProjectsRobots', {
    params: { project },
    body: ROBOT,
  })
  t.is(made.username, 'robot$of-robots+ci')
  const asRobot = (secret = '') =>
    createClient({
      url: service.url,
      credentials: { username: made.username, password: secret },
    }).call('getProjectsByProject', { params: { project } })
  t.is((await asRobot(made.secret)).data.name, project)
  const params = { project, robot: 'ci' }
  const { data: rotated } = await client.call('postProjectsRobotsSecret', {
    params,
    body: { overlapSeconds: 0 },
  })
  await t.throwsAsync(asRobot(made.secret), { ...UNKNOWN, code: 'UNAUTHORIZED' })
  t.is((await asRobot(rotated.secret)).status, 200)
  const body = { disabled: true, networks: ['10.0.0.0/8'] }
  const { data: changed } = await client.call('patchProjectsRobotsByRobot', { params, body })
  t.like(changed, body)
  t.deepEqual((await client.call('getProjectsRobotsByRobot', { params })).data, changed)
  const list = () => client.collect('getProjectsRobots', { params: { project } })
  t.deepEqual((await list()).items, [changed])
  await client.call('deleteProjectsRobotsByRobot', { params })
  t.deepEqual((await list()).items, [])
})

test('a robot of the system is made, read, listed, changed, rotated and deleted', async (t) => {
  const { data: made } = await client.call('postRobots', { body: ROBOT })
  t.deepEqual([made.username, made.project], ['robot$ci', null])
  const params = { robot: 'ci' }
  const { data: rotated } = await client.call('postRobotsSecret', { params })
  t.not(rotated.secret, made.secret)
  t.regex(rotated.previousSecretEndsAt ?? '', INSTANT)
  const body = { description: 'mirrors' }
  const { data: changed } = await client.call('patchRobotsByRobot', { params, body })
  t.is(changed.description, 'mirrors')
  t.deepEqual((await client.call('getRobotsByRobot', { params })).data, changed)
  t.deepEqual((await client.collect('getRobots')).items, [changed])
  await client.call('deleteRobotsByRobot', { params })
  const read = client.call('getRobotsByRobot', { params })
  await t.throwsAsync(read, { ...UNKNOWN, code: 'ROBOT_UNKNOWN' })
})

test('settings are changed only as they were read', async (t) => {
  const { etag } = await client.call('getSettings')
  const body = { auditRetentionDays: 365 }
  const { data } = await client.call('patchSettings', { body, ifMatch: etag })
  t.deepEqual(data.auditRetentionDays, { value: 365, pinnedBy: null })
  const late = client.call('patchSettings', { body: { auditRetentionDays: null }, ifMatch: etag })
  await t.throwsAsync(late, { ...UNKNOWN, code: 'PRECONDITION_FAILED' })
})

test('the audit record is read with filters, newest first, and exported as a stream', async (t) => {
  const names = ['recorded-a', 'recorded-b', 'recorded-c']
  for (const name of names) await client.call('postGroups', { body: { name } })
  const query = { action: 'group.create', targetPrefix: 'recorded-' }
  const two = await client.collect('getAudit', { query, atMost: 2 })
  t.deepEqual(
    two.items.map(({ actor, target, outcome }) => [actor, target, outcome]),
    [
      ['admin', 'recorded-c', 'done'],
      ['admin', 'recorded-b', 'done'],
    ],
  )
  t.true(two.hasMore)
  const decoder = new TextDecoder()
  let text = ''
  const rows = await client.stream('getAuditExport', { query: { ...query, format: 'jsonl' } })
  for await (const chunk of rows) text += decoder.decode(chunk, { stream: true })
  const targets = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).target)
  t.deepEqual(targets, ['recorded-c', 'recorded-b', 'recorded-a'])
})

test('a decision is explained', async (t) => {
  await makeUser('asked')
  const body = { subject: 'asked', scope: 'repository:nothing/here:pull' }
  const { data } = await client.call('postExplain', { body })
  t.like(data.decisions[0], { name: 'nothing/here', action: 'pull', allowed: false })
})

import test from 'ava'
import { type Credentials, type Service, startService } from '../support/service.ts'

let service: Service
const ANN = { username: 'ann', password: 'anns-own-pw-7' }
const AUDITOR = { username: 'audrey', password: 'audreys-own-7' }

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
  await service.admin('POST', '/api/v1/users', ANN)
  await service.admin('POST', '/api/v1/users', { ...AUDITOR, systemRole: 'auditor' })
})
test.after.always(() => service.stop())

const API = '/api/v1'
const as = (who: Credentials, method: string, path: string, json?: unknown) =>
  service.request(method, `${API}${path}`, { as: who, json })

/** What a token for all of it would grant. */
async function actionsOf(who: Credentials, repository: string): Promise<readonly string[]> {
  const scope = `repository:${repository}:*`
  const path = `/auth/token?service=registry-warden&scope=${scope}`
  const { body } = await service.request('GET', path, { as: who })
  const claims = JSON.parse(Buffer.from(body.token.split('.')[1], 'base64url').toString('utf8'))
  return claims.access[0]?.actions ?? []
}

/** A project with a group that has a role in it. */
async function makeTeam(name: string, membership: object): Promise<void> {
  await service.admin('POST', `${API}/projects`, { name })
  await service.admin('POST', `${API}/groups`, { name: `${name}-team` })
  await service.admin('PUT', `${API}/projects/${name}/members/groups/${name}-team`, membership)
}

const join = (name: string) => service.admin('PUT', `${API}/groups/${name}-team/members/ann`)

test('a group is made, read, described anew, listed and deleted', async (t) => {
  const made = await service.admin('POST', `${API}/groups`, { name: 'Ops', description: 'on call' })
  t.is(made.status, 201)
  t.is(made.headers.get('location'), '/api/v1/groups/ops')
  const { createdAt, updatedAt, ...rest } = made.body
  t.is(createdAt, updatedAt)
  t.deepEqual(rest, { name: 'ops', source: 'local', description: 'on call' })
  t.is((await service.admin('POST', `${API}/groups`, { name: 'ops' })).status, 409)
  const changed = await service.admin('PATCH', `${API}/groups/ops`, { description: null })
  t.is(changed.body.description, null)
  const { items } = (await service.admin('GET', `${API}/groups?limit=1000`)).body
  t.true(items.some(({ name }: { name: string }) => name === 'ops'))
  t.is((await service.admin('DELETE', `${API}/groups/ops`)).status, 204)
  t.is((await service.admin('GET', `${API}/groups/ops`)).status, 404)
})

test('users go into a group and out again', async (t) => {
  await service.admin('POST', `${API}/groups`, { name: 'choir' })
  t.is((await service.admin('PUT', `${API}/groups/choir/members/ann`)).status, 204)
  t.is((await service.admin('PUT', `${API}/groups/choir/members/ann`)).status, 204)
  const { body } = await service.admin('GET', `${API}/groups/choir/members`)
  t.deepEqual(body, { items: [{ username: 'ann' }], next: null })
  t.is((await service.admin('DELETE', `${API}/groups/choir/members/ann`)).status, 204)
  t.is((await service.admin('DELETE', `${API}/groups/choir/members/ann`)).status, 404)
  t.is((await service.admin('PUT', `${API}/groups/choir/members/nobody`)).status, 404)
  t.is((await service.admin('PUT', `${API}/groups/nothing/members/ann`)).status, 404)
  const rows = await service.database('audit').where({ target: 'choir/ann' }).orderBy('id')
  t.deepEqual(
    rows.map(({ action }) => action),
    ['group.member.add', 'group.member.remove'],
  )
})

test('auditors read groups, administrators change them, others do neither', async (t) => {
  await service.admin('POST', `${API}/groups`, { name: 'seen' })
  for (const [method, path, json] of [
    ['GET', '/groups', undefined],
    ['GET', '/groups/seen', undefined],
    ['GET', '/groups/seen/members', undefined],
    ['POST', '/groups', { name: 'more' }],
    ['PATCH', '/groups/seen', { description: 'x' }],
    ['DELETE', '/groups/seen', undefined],
    ['PUT', '/groups/seen/members/ann', {}],
    ['DELETE', '/groups/seen/members/ann', undefined],
  ] as const) {
    const isRead = method === 'GET'
    t.is((await as(AUDITOR, method, path, json)).status, isRead ? 200 : 403, `${method} ${path}`)
    t.is((await as(ANN, method, path, json)).status, 403, `${method} ${path}`)
    t.is((await service.request(method, `${API}${path}`, { json })).status, 401)
  }
})

test('R5: who joins a group has its rights at once, and has them no more when out of it', async (t) => {
  await makeTeam('alpha', { role: 'developer' })
  t.deepEqual(await actionsOf(ANN, 'alpha/app'), [])
  await join('alpha')
  t.deepEqual(await actionsOf(ANN, 'alpha/app'), ['pull', 'push'])
  const { items } = (await as(ANN, 'GET', '/projects?limit=1000')).body
  t.true(items.some(({ name }: { name: string }) => name === 'alpha'))
  t.is((await as(ANN, 'GET', '/projects/alpha')).status, 200)
  await service.admin('DELETE', `${API}/groups/alpha-team/members/ann`)
  t.deepEqual(await actionsOf(ANN, 'alpha/app'), [])
  t.is((await as(ANN, 'GET', '/projects/alpha')).status, 404)
})

test('rights of an own membership and of groups add up', async (t) => {
  await makeTeam('beta', { role: 'maintainer', repositories: ['web/**'] })
  await service.admin('PUT', `${API}/projects/beta/members/users/ann`, { role: 'guest' })
  await join('beta')
  t.deepEqual(await actionsOf(ANN, 'beta/web/app'), ['pull', 'push', 'delete'])
  t.deepEqual(await actionsOf(ANN, 'beta/api'), ['pull'])
})

test('R5: a changed or ended membership of a group is felt by all who are in it', async (t) => {
  await makeTeam('gamma', { role: 'maintainer' })
  await join('gamma')
  t.deepEqual(await actionsOf(ANN, 'gamma/app'), ['pull', 'push', 'delete'])
  const path = `${API}/projects/gamma/members/groups/gamma-team`
  await service.admin('PUT', path, { role: 'guest' })
  t.deepEqual(await actionsOf(ANN, 'gamma/app'), ['pull'])
  t.is((await service.admin('DELETE', path)).status, 204)
  t.deepEqual(await actionsOf(ANN, 'gamma/app'), [])
  t.is((await service.admin('DELETE', path)).status, 404)
})

test('R4: a group made anew under a deleted one’s name has none of its rights or people', async (t) => {
  await makeTeam('delta', { role: 'developer' })
  await join('delta')
  t.deepEqual(await actionsOf(ANN, 'delta/app'), ['pull', 'push'])
  await service.admin('DELETE', `${API}/groups/delta-team`)
  t.deepEqual(await actionsOf(ANN, 'delta/app'), [])
  await service.admin('POST', `${API}/groups`, { name: 'delta-team' })
  await join('delta')
  t.deepEqual(await actionsOf(ANN, 'delta/app'), [])
  const members = await service.admin('GET', `${API}/projects/delta/members`)
  t.deepEqual(
    members.body.items.map(({ username }: { username?: string }) => username),
    ['admin'],
  )
})

test('members are listed page by page, users first and then groups', async (t) => {
  await makeTeam('epsilon', { role: 'guest' })
  await service.admin('PUT', `${API}/projects/epsilon/members/users/ann`, { role: 'guest' })
  await service.admin('POST', `${API}/groups`, { name: 'admins' })
  const membership = { role: 'maintainer', repositories: ['a/**'] }
  await service.admin('PUT', `${API}/projects/epsilon/members/groups/admins`, membership)
  const seen: unknown[] = []
  let path: string | undefined = `${API}/projects/epsilon/members?limit=1`
  while (path !== undefined) {
    const { body, headers } = await service.admin('GET', path)
    seen.push(...body.items)
    const link: RegExpExecArray | null = /^<(.+)>; rel="next"$/.exec(headers.get('link') ?? '')
    path = link?.[1]
  }
  const whole = { repositories: null, expiresAt: null }
  t.deepEqual(seen, [
    { username: 'admin', role: 'projectAdmin', ...whole },
    { username: 'ann', role: 'guest', ...whole },
    { group: 'admins', role: 'maintainer', repositories: ['a/**'], expiresAt: null },
    { group: 'epsilon-team', role: 'guest', ...whole },
  ])
})

test('who may not change members of a project learns nothing of groups there', async (t) => {
  await makeTeam('zeta', { role: 'guest' })
  for (const group of ['zeta-team', 'nothing']) {
    const path = `/projects/zeta/members/groups/${group}`
    t.is((await as(ANN, 'PUT', path, { role: 'guest' })).body.errors[0].code, 'PROJECT_UNKNOWN')
    t.is((await as(ANN, 'DELETE', path)).status, 404)
  }
})

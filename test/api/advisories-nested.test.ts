import test from 'ava'
import { OCI_MANIFEST } from '../../src/protocol/media-types.ts'
import { pushIndexed } from '../support/index-rows.ts'
import { fingerprint, makeTarget } from '../support/matrix-cell.ts'
import { addImages, CALLERS, type RightsWorld, startRightsWorld } from '../support/rights-world.ts'
import { ADMIN, type Reply } from '../support/service.ts'

let world: RightsWorld

test.before(async () => {
  world = await startRightsWorld()
  await addImages(world)
  // Ids that stand in no other words of an answer.
  for (const table of ['access_tokens', 'identity_tokens']) {
    await world.database.raw('ALTER TABLE ?? AUTO_INCREMENT = 7100000', [table])
  }
  await pushIndexed(world, { as: ADMIN, repository: 'other/app', tags: ['theirs'], text: 'theirs' })
  for (const [path, json] of [
    ['/projects/other/members/users/bob', { role: 'guest' }],
    ['/groups/others', undefined],
    ['/projects/other/members/groups/others', { role: 'guest' }],
    ['/groups/others/members/bob', {}],
  ] as const) {
    if (json === undefined) await world.must('POST', '/groups', { name: 'others' })
    else await world.must('PUT', path, json)
  }
  const everything = [{ repositories: '**', actions: ['pull', 'push', 'delete', 'api'] }]
  await world.must('POST', '/projects/other/robots', { name: 'theirs', permissions: everything })
  const other = await world.database('projects').where({ name: 'other' }).first('id')
  await world.database('removals').insert({
    id: RUN,
    project: 'other',
    filter: '{}',
    is_dry_run: 1,
    actor_name: 'adm',
    created_at: new Date(),
  })
  await world.database('retention_runs').insert({
    id: RUN,
    project_id: other?.id,
    job_id: RUN,
    is_dry_run: 1,
    is_scheduled: 0,
    rules: '[]',
    actor_name: 'adm',
    outcome: 'done',
    created_at: new Date(),
  })
})
test.after.always(() => world?.stop())

/** Of `other`. */
const RUN = '7200001'

// Routes with a parent and a child of it: a child of another parent, one that is nowhere, and who
// may do this to a child of the parent. ~words are made anew, below the path in front of them.
const NESTED: Readonly<Record<string, readonly [own: string, foreign: string, may: string]>> = {
  'get /users/:username/tokens/:id': [
    '/users/out/tokens/',
    '/users/bob/tokens/~token',
    'out aud adm',
  ],
  'delete /users/:username/tokens/:id': [
    '/users/out/tokens/',
    '/users/bob/tokens/~token',
    'out adm',
  ],
  'delete /users/:username/identity-tokens/:id': [
    '/users/out/identity-tokens/',
    '/users/bob/identity-tokens/~identity',
    'out adm',
  ],
  'get /me/tokens/:id': [
    '/me/tokens/',
    '/users/bob/tokens/~token',
    'out lim gue dev mai pad aud adm tok web',
  ],
  'delete /me/tokens/:id': [
    '/me/tokens/',
    '/users/bob/tokens/~token',
    'out lim gue dev mai pad aud adm tok web',
  ],
  'delete /me/identity-tokens/:id': [
    '/me/identity-tokens/',
    '/users/bob/identity-tokens/~identity',
    'out lim gue dev mai pad aud adm',
  ],
  'delete /groups/:group/members/:username': [
    '/groups/crew/members/',
    '/groups/others/members/bob',
    'adm',
  ],
  'delete /projects/:project/members/users/:username': [
    '/projects/acme/members/users/',
    '/projects/other/members/users/bob',
    'pad adm tok',
  ],
  'delete /projects/:project/members/groups/:group': [
    '/projects/acme/members/groups/',
    '/projects/other/members/groups/others',
    'pad adm tok',
  ],
  'get /projects/:project/members/users/:username': [
    '/projects/acme/members/users/',
    '/projects/other/members/users/bob',
    'gue dev mai pad aud adm tok',
  ],
  'get /projects/:project/members/groups/:group': [
    '/projects/acme/members/groups/',
    '/projects/other/members/groups/others',
    'gue dev mai pad aud adm tok',
  ],
  'get /projects/:project/robots/:robot': [
    '/projects/acme/robots/',
    '/projects/other/robots/theirs',
    'gue dev mai pad aud adm tok',
  ],
  'patch /projects/:project/robots/:robot': [
    '/projects/acme/robots/',
    '/projects/other/robots/theirs',
    'pad adm tok',
  ],
  'delete /projects/:project/robots/:robot': [
    '/projects/acme/robots/',
    '/projects/other/robots/theirs',
    'pad adm tok',
  ],
  'post /projects/:project/robots/:robot/secret': [
    '/projects/acme/robots/{}/secret',
    '/projects/other/robots/theirs',
    'pad adm tok',
  ],
  'get /projects/:project/retention/runs/:id': [
    '/projects/acme/retention/runs/',
    `/projects/other/retention/runs/${RUN}`,
    'dev mai pad aud adm tok',
  ],
  'get /projects/:project/retention/runs/:id/items': [
    '/projects/acme/retention/runs/{}/items',
    `/projects/other/retention/runs/${RUN}`,
    'dev mai pad aud adm tok',
  ],
  'get /projects/:project/removals/:id': [
    '/projects/acme/removals/',
    `/projects/other/removals/${RUN}`,
    'mai pad aud adm tok',
  ],
  'get /projects/:project/removals/:id/items': [
    '/projects/acme/removals/{}/items',
    `/projects/other/removals/${RUN}`,
    'mai pad aud adm tok',
  ],
  'post /projects/:project/removals/:id/cancel': [
    '/projects/acme/removals/{}/cancel',
    `/projects/other/removals/${RUN}`,
    'mai pad adm tok',
  ],
  'get /repositories/*name/manifests/:digest/needs': [
    '/repositories/acme/app/manifests/{}/needs',
    `/repositories/other/app/manifests/sha256:${'1'.repeat(64)}`,
    'mai pad adm prj sys',
  ],
  'delete /repositories/*name/manifests/:digest': [
    '/repositories/acme/app/manifests/',
    `/repositories/other/app/manifests/sha256:${'1'.repeat(64)}`,
    'mai pad adm prj sys',
  ],
  'get /robots/:robot': ['/robots/', '/projects/other/robots/theirs', 'aud adm'],
  'patch /robots/:robot': ['/robots/', '/projects/other/robots/theirs', 'adm'],
  'delete /robots/:robot': ['/robots/', '/projects/other/robots/theirs', 'adm'],
  'post /robots/:robot/secret': ['/robots/{}/secret', '/projects/other/robots/theirs', 'adm'],
  'get /repositories/*name/tags/:tag': [
    '/repositories/acme/app/tags/',
    '/repositories/other/app/tags/theirs',
    'lim gue dev mai pad aud adm prj sys tok',
  ],
  'get /repositories/*name/manifests/:reference': [
    '/repositories/acme/app/manifests/',
    '/repositories/other/app/tags/theirs',
    'lim gue dev mai pad aud adm prj sys tok',
  ],
  'delete /repositories/*name/tags/:tag': [
    '/repositories/acme/app/tags/',
    '/repositories/other/app/tags/theirs',
    'mai pad adm prj sys',
  ],
}

/** What they put below a parent is nobody's child before. */
const MAKING: readonly string[] = [
  'put /groups/:group/members/:username',
  'put /projects/:project/members/users/:username',
  'put /projects/:project/members/groups/:group',
  'put /repositories/*name/tags/:tag',
]

/** What is about a digest may be there before it: nothing of it is found in another repository. */
const OF_ANYTHING: readonly string[] = ['get /repositories/*name/referrers/:digest']

const childOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** Somebody of nothing: a number where the child is one, a digest likewise. */
const missingLike = (child: string): string => {
  if (child.startsWith('sha256:')) return `sha256:${'0'.repeat(64)}`
  return /^\d+$/.test(child) ? '999999999' : 'nowhere-at-all'
}

const fill = (own: string, child: string): string =>
  own.includes('{}') ? own.replace('{}', child) : `${own}${child}`

const bodyOf = (method: string): object | undefined =>
  method === 'delete' || method === 'get' ? undefined : {}

/** All that a caller sees, without what differs from request to request. */
const anonymised = ({ status, body, headers }: Reply, child: string): string =>
  JSON.stringify([
    status,
    headers.get('content-type'),
    JSON.stringify({ ...body, requestId: '' }).replaceAll(child, 'CHILD'),
  ])

/** Tokens are made as somebody who is no caller, the others are there already. */
async function makeForeign(path: string): Promise<string> {
  if (!path.includes('~')) return childOf(path)
  // Made by lim, and then given to bob, who never signs in.
  const made = childOf(await makeTarget(world, 'lim', path.replace('/users/bob', '/me')))
  const table = path.includes('identity') ? 'identity_tokens' : 'access_tokens'
  const { id } = await world.database('users').where({ username: 'bob' }).first('id')
  await world.database(table).where({ id: made }).update({ user_id: id })
  return made
}

for (const [route, [own, foreign, may]] of Object.entries(NESTED)) {
  test.serial(`foreign child: ${route} takes none of another parent`, async (t) => {
    const [method = ''] = route.split(' ')
    const child = await makeForeign(foreign)
    const before = await fingerprint(world)
    for (const caller of CALLERS) {
      const ask = (name: string) =>
        world.ask(caller, method.toUpperCase(), fill(own, name), bodyOf(method))
      const there = await ask(child)
      const missing = await ask(missingLike(child))
      const mayDoIt = may.split(' ').includes(caller)
      // Who makes members of users finds out in any case whether there is one of a name.
      if (!mayDoIt || !/^delete .*members/.test(route)) {
        t.is(anonymised(there, child), anonymised(missing, missingLike(child)), caller)
      }
      const expected = mayDoIt ? [404] : [401, 403, 404]
      t.true(expected.includes(there.status), `${caller}: ${there.status}`)
    }
    t.is(await fingerprint(world), before)
  })
}

test.serial('foreign child: every route with a parent and a child is in the list', (t) => {
  const nested = world.routes
    .map(({ method, path }) => `${method} ${path.replace('/api/v1', '')}`)
    .filter((route) => (route.match(/[:*]\w+/g) ?? []).length > 1)
    .filter((route) => !MAKING.includes(route) && !OF_ANYTHING.includes(route))
  t.deepEqual(
    nested.filter((route) => !(route in NESTED)),
    [],
  )
})

test.serial(
  'foreign child: a tag is not reached through the digest of another repository',
  async (t) => {
    const { body } = await world.ask('adm', 'GET', '/repositories/other/app/tags/theirs')
    for (const digest of [body.digest, encodeURIComponent(body.digest)]) {
      const { status } = await world.ask('pad', 'GET', `/repositories/acme/app/tags/${digest}`)
      t.is(status, 400)
    }
  },
)

const tokenStatus = async (as: { username: string; password: string }, scope: string) => {
  const path = `/auth/token?service=registry-warden&scope=${scope}`
  const { status, body } = await world.request('GET', path, { as })
  if (status !== 200) return status
  const { access } = JSON.parse(Buffer.from(body.token.split('.')[1], 'base64url').toString())
  return access.map(({ actions }: { actions: readonly string[] }) => actions.join()).join()
}

const SCOPE = 'repository:acme/app:pull,push,delete'

/** Somebody new with a role, and with a token and a warm answer. */
async function makePerson(username: string, role: string) {
  const as = { username, password: 'a-quiet-harbour-71' }
  await world.must('POST', '/users', as)
  await world.must('PUT', `/projects/acme/members/users/${username}`, { role })
  const { body } = await world.request('POST', '/api/v1/me/tokens', { as, json: { name: 'mine' } })
  const token = { username, password: String(body.secret) }
  const read = async () => [
    await tokenStatus(as, SCOPE),
    await tokenStatus(token, SCOPE),
    (await world.request('GET', '/api/v1/projects/acme/members', { as })).status,
    (await world.request('GET', '/api/v1/projects/acme/members', { as: token })).status,
  ]
  await read()
  return { as, token, read }
}

test.serial(
  'stale authority: a demoted member has the lesser role in the next request',
  async (t) => {
    const { read } = await makePerson('demoted', 'maintainer')
    t.deepEqual(await read(), ['pull,push,delete', 'pull,push,delete', 200, 200])
    await world.must('PUT', '/projects/acme/members/users/demoted', { role: 'limitedGuest' })
    t.deepEqual(await read(), ['pull', 'pull', 403, 403])
  },
)

test.serial('stale authority: a removed member has nothing in the next request', async (t) => {
  const { read } = await makePerson('removed', 'projectAdmin')
  await world.must('DELETE', '/projects/acme/members/users/removed')
  t.deepEqual(await read(), ['', '', 404, 404])
})

test.serial(
  'stale authority: a disabled user, and their tokens, are refused in the next request',
  async (t) => {
    const { read } = await makePerson('paused', 'developer')
    await world.must('PATCH', '/users/paused', { disabled: true })
    t.deepEqual(await read(), [401, 401, 401, 401])
  },
)

test.serial(
  'stale authority: a deleted user, and their tokens, are refused in the next request',
  async (t) => {
    const { read } = await makePerson('leaver', 'developer')
    await world.must('DELETE', '/users/leaver')
    t.deepEqual(await read(), [401, 401, 401, 401])
  },
)

test.serial(
  'stale authority: who leaves a group loses what it gave in the next request',
  async (t) => {
    const { read } = await makePerson('mate', 'limitedGuest')
    await world.must('POST', '/groups', { name: 'pushers' })
    await world.must('PUT', '/groups/pushers/members/mate', {})
    await world.must('PUT', '/projects/acme/members/groups/pushers', { role: 'maintainer' })
    t.deepEqual(await read(), ['pull,push,delete', 'pull,push,delete', 200, 200])
    await world.must('DELETE', '/groups/pushers/members/mate')
    t.deepEqual(await read(), ['pull', 'pull', 403, 403])
  },
)

test.serial(
  'stale authority: a demoted administrator, and their tokens, rule no longer',
  async (t) => {
    const { as, token } = await makePerson('boss', 'guest')
    await world.must('PATCH', '/users/boss', { systemRole: 'administrator' })
    const list = async () =>
      Promise.all(
        [as, token].map(
          async (who) => (await world.request('GET', '/api/v1/users', { as: who })).status,
        ),
      )
    t.deepEqual(await list(), [200, 200])
    await world.must('PATCH', '/users/boss', { systemRole: null })
    t.deepEqual(await list(), [403, 403])
  },
)

test.serial(
  'stale authority: a project made private shows nothing in the next request',
  async (t) => {
    await world.must('POST', '/projects', { name: 'closing', visibility: 'public' })
    const scope = 'repository:closing/app:pull'
    const read = async () => [
      await tokenStatus(
        { username: 'out', password: world.credentials('out')?.password ?? '' },
        scope,
      ),
      (await world.ask('out', 'GET', '/projects/closing')).status,
      (await world.ask('anon', 'GET', '/projects/closing')).status,
    ]
    t.deepEqual(await read(), ['pull', 200, 200])
    await world.must('PATCH', '/projects/closing', { visibility: 'private' })
    t.deepEqual(await read(), ['', 404, 401])
  },
)

test.serial('R4: a robot made anew under an old name does not take the old secret', async (t) => {
  const json = { name: 'again', permissions: [{ repositories: '**', actions: ['pull', 'api'] }] }
  for (const home of ['/projects/acme/robots', '/robots']) {
    const first = await world.must('POST', home, json)
    const old = { username: first.body.username, password: first.body.secret }
    t.is(await tokenStatus(old, SCOPE), 'pull')
    await world.must('DELETE', `${home}/again`)
    t.is(await tokenStatus(old, SCOPE), 401)
    const second = await world.must('POST', home, json)
    t.is(await tokenStatus(old, SCOPE), 401)
    t.is(await tokenStatus({ ...old, password: second.body.secret }, SCOPE), 'pull')
  }
})

test.serial(
  'R4: a robot of the system does not take the secret of a project robot of its name',
  async (t) => {
    const json = { name: 'twin', permissions: [{ repositories: '**', actions: ['pull'] }] }
    const inProject = await world.must('POST', '/projects/acme/robots', json)
    const ofSystem = await world.must('POST', '/robots', json)
    const crossed = [
      { username: 'robot$twin', password: inProject.body.secret },
      { username: 'robot$acme+twin', password: ofSystem.body.secret },
      { username: 'robot$other+twin', password: inProject.body.secret },
      { username: 'robot$acme+twin+twin', password: inProject.body.secret },
      { username: 'twin', password: inProject.body.secret },
      { username: 'acme+twin', password: inProject.body.secret },
    ]
    for (const as of crossed) t.is(await tokenStatus(as, SCOPE), 401, as.username)
  },
)

test.serial(
  'R4: an access token made anew under an old name does not take the old secret',
  async (t) => {
    const { as, token } = await makePerson('remaker', 'guest')
    const list = await world.request('GET', '/api/v1/me/tokens', { as })
    const path = `/api/v1/me/tokens/${list.body.items[0].id}`
    await world.request('DELETE', path, { as })
    t.is(await tokenStatus(token, SCOPE), 401)
    const { body } = await world.request('POST', '/api/v1/me/tokens', {
      as,
      json: { name: 'mine' },
    })
    t.is(await tokenStatus(token, SCOPE), 401)
    t.not(body.id, list.body.items[0].id)
  },
)

test.serial('R4: the name of a deleted user comes back by no way', async (t) => {
  await makePerson('gone', 'projectAdmin')
  await world.must('DELETE', '/users/gone')
  for (const username of ['gone', 'GONE', 'Gone']) {
    const json = { username, password: 'a-quiet-harbour-71' }
    t.is((await world.ask('adm', 'POST', '/users', json)).status, 409)
  }
  t.is((await world.ask('adm', 'PATCH', '/users/gone', { disabled: false })).status, 404)
  t.is((await world.ask('adm', 'GET', '/users/gone')).status, 404)
  t.is((await world.ask('adm', 'GET', '/users/gone/tokens')).status, 404)
  const member = await world.ask('adm', 'PUT', '/projects/acme/members/users/gone', {
    role: 'guest',
  })
  t.is(member.status, 404)
})

test.serial(
  'a registry token of a deleted robot gets nothing here, not even another one',
  async (t) => {
    const json = { name: 'brief', permissions: [{ repositories: '**', actions: ['pull'] }] }
    const { body } = await world.must('POST', '/projects/acme/robots', json)
    const as = { username: body.username, password: body.secret }
    const issued = await world.request(
      'GET',
      `/auth/token?service=registry-warden&scope=${SCOPE}`,
      { as },
    )
    await world.must('DELETE', '/projects/acme/robots/brief')
    const headers = { authorization: `Bearer ${issued.body.token}`, accept: OCI_MANIFEST }
    const api = await world.request('GET', '/api/v1/projects/acme', { headers })
    const realm = await world.request('GET', '/auth/token?service=registry-warden', { headers })
    t.deepEqual([api.status, realm.status], [401, 401])
  },
)

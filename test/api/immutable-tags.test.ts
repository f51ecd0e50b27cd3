import test from 'ava'
import { pushIndexed } from '../support/index-rows.ts'
import { ADMIN, type Reply, type Service, startService } from '../support/service.ts'

let service: Service
const MAY = { username: 'may', password: 'mays-own-pw-7' }

test.before(async () => {
  service = await startService({ notifies: true })
  await service.admin('POST', '/api/v1/users', MAY)
  for (const name of ['acme', 'work', 'gone']) {
    await service.admin('POST', '/api/v1/projects', { name })
  }
  await service.admin('PUT', '/api/v1/projects/acme/members/users/may', { role: 'maintainer' })
  await pushIndexed(service, { as: ADMIN, repository: 'acme/app', tags: ['v1', 'latest'] })
})
test.after.always(() => service.stop())

const pathOf = (project: string): string => `/api/v1/projects/${project}/immutable-tags`

const set = (project: string, rules: unknown): Promise<Reply> =>
  service.admin('PUT', pathOf(project), { rules })

test.serial('a project has no rule until somebody sets one', async (t) => {
  const { status, body } = await service.admin('GET', pathOf('work'))
  t.deepEqual([status, body], [200, { rules: [], enforcement: 'door' }])
})

test.serial('rules are replaced as a whole, and a pattern may stand alone', async (t) => {
  await set('work', [{ repositories: '**', tags: ['a', 'b*'] }])
  const { status, body } = await set('work', [{ repositories: ['web/*', 'api'], tags: 'v*' }])
  const rules = [{ repositories: ['web/*', 'api'], tags: ['v*'] }]
  t.deepEqual([status, body.rules], [200, rules])
  t.deepEqual((await service.admin('GET', pathOf('work'))).body.rules, rules)
  t.deepEqual((await set('work', [])).body.rules, [])
})

test.serial('a maintainer sets rules, and the record says so', async (t) => {
  const json = { rules: [{ repositories: 'app', tags: 'v*' }] }
  const { status } = await service.request('PUT', pathOf('acme'), { as: MAY, json })
  t.is(status, 200)
  const { body } = await service.admin('GET', '/api/v1/audit?action=immutable-tags.set&actor=may')
  const [{ actor, target, outcome }] = body.items
  t.deepEqual([actor, target, outcome], ['may', 'acme', 'done'])
})

test.serial('a change that If-Match does not fit is refused', async (t) => {
  const { headers } = await service.admin('GET', pathOf('work'))
  const etag = headers.get('etag') ?? ''
  await set('work', [{ repositories: '**', tags: 'x' }])
  const { status } = await service.request('PUT', pathOf('work'), {
    as: ADMIN,
    json: { rules: [] },
    headers: { 'if-match': etag },
  })
  t.is(status, 412)
  t.is((await service.admin('GET', pathOf('work'))).body.rules.length, 1)
})

for (const [what, rules] of [
  ['no tags', [{ repositories: '**' }]],
  ['an empty list', [{ repositories: '**', tags: [] }]],
  ['a slash in a tag', [{ repositories: '**', tags: 'a/b' }]],
  ['two stars within a level', [{ repositories: 'a**', tags: 'v' }]],
  ['a regular expression', [{ repositories: '**', tags: 'v[0-9]+' }]],
  ['another field', [{ repositories: '**', tags: 'v', enabled: false }]],
  ['21 rules', Array.from({ length: 21 }, () => ({ repositories: '**', tags: 'v' }))],
  ['21 patterns', [{ repositories: '**', tags: Array.from({ length: 21 }, () => 'v') }]],
  [
    'more characters than all may have',
    Array.from({ length: 9 }, () => ({ repositories: '**', tags: 'v'.repeat(250) })),
  ],
] as const) {
  test.serial(`rules with ${what} are not taken`, async (t) => {
    const { status, body } = await set('work', rules)
    t.is(status, 400)
    t.regex(body.errors[0].detail.pointer, /^rules/)
  })
}

test.serial('tags say whether they are immutable, at once', async (t) => {
  const read = async () => {
    const { body } = await service.admin('GET', '/api/v1/repositories/acme/app/tags')
    const one = await service.admin('GET', '/api/v1/repositories/acme/app/tags/v1')
    const seen = body.items.map(({ name, immutable }: { name: string; immutable: boolean }) => [
      name,
      immutable,
    ])
    return [seen, one.body.immutable]
  }
  await set('acme', [{ repositories: 'app', tags: 'v*' }])
  t.deepEqual(await read(), [
    [
      ['latest', false],
      ['v1', true],
    ],
    true,
  ])
  await set('acme', [{ repositories: 'other', tags: 'v*' }])
  t.deepEqual(await read(), [
    [
      ['latest', false],
      ['v1', false],
    ],
    false,
  ])
})

test.serial('an immutable tag is not deleted until it is taken out of the rule', async (t) => {
  await set('acme', [{ repositories: '**', tags: 'v*' }])
  const path = '/api/v1/repositories/acme/app/tags/v1'
  const refused = await service.request('DELETE', path, { as: MAY })
  t.is(refused.status, 409)
  t.is(
    refused.body.detail,
    'the tag v1 of acme/app is immutable by a rule of the project acme, so it is not deleted; take it out of the rule first',
  )
  const unknown = await service.request('DELETE', path.replace('v1', 'v2'), { as: MAY })
  t.is(unknown.status, 404)
  await set('acme', [])
  t.is((await service.request('DELETE', path, { as: MAY })).status, 204)
})

test.serial(
  'R4: the rules of a deleted project are not those of the next of its name',
  async (t) => {
    await set('gone', [{ repositories: '**', tags: '*' }])
    await service.admin('DELETE', '/api/v1/projects/gone')
    await service.admin('POST', '/api/v1/projects?force=true', { name: 'gone' })
    t.deepEqual((await service.admin('GET', pathOf('gone'))).body.rules, [])
    const orphans = await service
      .database('immutable_tag_rules')
      .whereNotIn('project_id', service.database('projects').select('id'))
      .select('project_id')
    t.deepEqual(orphans, [])
  },
)

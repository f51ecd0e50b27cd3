import test from 'ava'
import { pullStatus } from '../support/image.ts'
import { pushIndexed, untilGone } from '../support/index-rows.ts'
import { ADMIN, type Credentials, type Service, startService } from '../support/service.ts'
import { waitFor } from '../support/wait-for.ts'

let service: Service
const MAINTAINER = { username: 'mia', password: 'mias-own-pw-7' }
const NARROW = { username: 'ned', password: 'neds-own-pw-7' }
const DEVELOPER = { username: 'dev', password: 'devs-own-pw-7' }

test.before(async () => {
  service = await startService({ notifies: true })
  for (const name of ['acme', 'other']) {
    await service.admin('POST', '/api/v1/projects', { name })
  }
  for (const [user, role, repositories] of [
    [MAINTAINER, 'maintainer', undefined],
    [NARROW, 'maintainer', ['own/**']],
    [DEVELOPER, 'developer', undefined],
  ] as const) {
    await service.admin('POST', '/api/v1/users', user)
    const path = `/api/v1/projects/acme/members/users/${user.username}`
    await service.admin('PUT', path, { role, ...(repositories && { repositories }) })
  }
})
test.after.always(() => service.stop())

const start = (json: object, as: Credentials = MAINTAINER) =>
  service.request('POST', '/api/v1/projects/acme/removals', { as, json })

/** Waits for its end. @returns what it says then, and what became of each tag */
async function ended(path: string, as: Credentials = MAINTAINER) {
  const { found } = await waitFor(
    async () => {
      const { body } = await service.request('GET', path, { as })
      return ['waiting', 'running'].includes(body.state) ? undefined : body
    },
    { mostMs: 30_000, what: path },
  )
  const { body } = await service.request('GET', `${path}/items?limit=1000`, { as })
  const outcomes: Record<string, string> = Object.fromEntries(
    body.items.map((item: { repository: string; tag: string; outcome: string }) => [
      `${item.repository}:${item.tag}`,
      item.outcome,
    ]),
  )
  return { removal: found, outcomes, items: body.items }
}

const statusOf = (repository: string, tag: string) =>
  pullStatus(service, { as: ADMIN, repository, tag })

test.serial(
  'a dry run tells what would go and what that frees at most, and removes nothing',
  async (t) => {
    const repository = 'acme/dry/app'
    const { sizeBytes } = await pushIndexed(service, {
      as: ADMIN,
      repository,
      tags: ['nightly-1', 'nightly-2'],
      text: 'of the night',
    })
    await pushIndexed(service, { as: ADMIN, repository, tags: ['nightly-3', 'v1'], text: 'kept' })
    const reply = await start({ repositories: 'dry/*', tags: ['nightly-*'] })
    t.is(reply.status, 202)
    t.is(reply.body.dryRun, true)
    const { removal, outcomes } = await ended(reply.headers.get('location') ?? '')
    t.like(removal, { state: 'done', error: null, actor: 'mia' })
    t.deepEqual(outcomes, {
      'acme/dry/app:nightly-1': 'waiting',
      'acme/dry/app:nightly-2': 'waiting',
      'acme/dry/app:nightly-3': 'waiting',
    })
    // The digest under nightly-3 stays, since v1 is on it.
    t.is(removal.reclaimableBytesAtMost, sizeBytes)
    t.is(await statusOf(repository, 'nightly-1'), 200)
  },
)

test.serial('what fits goes, also from a digest that other tags are on', async (t) => {
  const repository = 'acme/wet/app'
  await pushIndexed(service, { as: ADMIN, repository, tags: ['n1', 'n2', 'keep'], text: 'shared' })
  await pushIndexed(service, { as: ADMIN, repository, tags: ['n3'], text: 'alone' })
  const reply = await start({ repositories: ['wet/*'], tags: 'n*', dryRun: false })
  const { removal, outcomes } = await ended(reply.headers.get('location') ?? '')
  t.is(removal.state, 'done')
  t.deepEqual(removal.counts, {
    waiting: 0,
    removed: 3,
    needed: 0,
    absent: 0,
    changed: 0,
    immutable: 0,
    hollow: 0,
  })
  t.deepEqual(Object.keys(outcomes), ['acme/wet/app:n1', 'acme/wet/app:n2', 'acme/wet/app:n3'])
  t.deepEqual(
    await Promise.all(['n1', 'n2', 'n3', 'keep'].map((tag) => statusOf(repository, tag))),
    [404, 404, 404, 200],
  )
  const audit = await service
    .database('audit')
    .where({ action: 'tag.delete', project: 'acme' })
    .where('target', 'like', 'acme/wet/%')
    .orderBy('target')
    .select('target', 'actor_name', 'outcome')
  t.deepEqual(
    audit.map((row) => `${row.actor_name} ${row.target} ${row.outcome}`),
    ['n1', 'n2', 'n3'].map((tag) => `mia acme/wet/app:${tag} done`),
  )
})

test.serial('R21: a tag that was pushed anew since the selection stays', async (t) => {
  const repository = 'acme/moved/app'
  await pushIndexed(service, { as: ADMIN, repository, tags: ['old'], text: 'first' })
  // The index is made to believe in something older than what is there.
  await service
    .database('tags')
    .where({ name: 'old' })
    .update({ digest: `sha256:${'1'.repeat(64)}` })
  const reply = await start({ repositories: ['moved/*'], dryRun: false })
  const { items } = await ended(reply.headers.get('location') ?? '')
  t.is(items[0].outcome, 'changed')
  t.regex(
    items[0].reason,
    /^the tag old of acme\/moved\/app is on sha256:\w+ by now, not on sha256:1/,
  )
  t.is(await statusOf(repository, 'old'), 200)
})

test.serial('the signature of an image that stays, stays', async (t) => {
  const repository = 'acme/signed/app'
  const { digest } = await pushIndexed(service, { as: ADMIN, repository, tags: ['v1'], text: 's' })
  const signature = `${digest.replace(':', '-')}.sig`
  await pushIndexed(service, { as: ADMIN, repository, tags: [signature], text: 'signature' })
  const some = await start({ repositories: ['signed/*'], tags: ['sha256-*'], dryRun: false })
  const kept = await ended(some.headers.get('location') ?? '')
  t.is(kept.items[0].outcome, 'needed')
  t.is(kept.items[0].reason, `it belongs to ${digest}, on which the tag v1 stays`)
  const all = await start({ repositories: ['signed/*'], dryRun: false })
  const gone = await ended(all.headers.get('location') ?? '')
  t.deepEqual(Object.values(gone.outcomes), ['removed', 'removed'])
})

test.serial('times narrow it: pushed before, and neither pulled nor pushed since', async (t) => {
  const repository = 'acme/times/app'
  await pushIndexed(service, { as: ADMIN, repository, tags: ['a', 'b', 'c'], text: 'times' })
  const id = await service.database('repositories').where({ name: repository }).first('id')
  const set = (name: string, row: object) =>
    service.database('tags').where({ repository_id: id.id, name }).update(row)
  await set('a', { pushed_at: '2026-01-01 00:00:00', pulled_at: '2026-03-01 00:00:00' })
  await set('b', { pushed_at: '2026-01-01 00:00:00', pulled_at: '2026-05-01 00:00:00' })
  await set('c', { pushed_at: '2026-06-01 00:00:00', pulled_at: '1970-01-01 00:00:00' })
  const fitting = async (json: object): Promise<readonly string[]> => {
    const reply = await start({ repositories: ['times/*'], ...json })
    return Object.keys((await ended(reply.headers.get('location') ?? '')).outcomes)
  }
  t.deepEqual(await fitting({ pushedBefore: '2026-02-01T00:00:00Z' }), [
    'acme/times/app:a',
    'acme/times/app:b',
  ])
  t.deepEqual(await fitting({ pulledBefore: '2026-04-01T00:00:00+00:00' }), ['acme/times/app:a'])
})

test.serial(
  'a repository is deleted with all its tags, and comes back with the next push',
  async (t) => {
    const repository = 'acme/own/whole'
    await pushIndexed(service, { as: ADMIN, repository, tags: ['a', 'b'], text: 'one' })
    await pushIndexed(service, { as: ADMIN, repository, tags: ['c'], text: 'two' })
    const path = `/api/v1/repositories/${repository}`
    const reply = await service.request('DELETE', path, { as: NARROW })
    t.is(reply.status, 202)
    const { outcomes } = await ended(reply.headers.get('location') ?? '', NARROW)
    t.deepEqual(Object.values(outcomes), ['removed', 'removed', 'removed'])
    for (const tag of ['a', 'b', 'c']) await untilGone(service, { repository, tag })
    t.is((await service.admin('GET', path)).status, 404)
    t.is((await service.admin('DELETE', path)).status, 404)
    await pushIndexed(service, { as: ADMIN, repository, tags: ['a'], text: 'three' })
    t.is((await service.admin('GET', path)).status, 200)
  },
)

test.serial('of two names of library with one path only the one that was meant goes', async (t) => {
  for (const repository of ['ubuntu', 'library/ubuntu']) {
    await pushIndexed(service, { as: ADMIN, repository, tags: ['v1'], text: repository })
  }
  const { headers } = await service.admin('DELETE', '/api/v1/repositories/ubuntu')
  const { outcomes } = await ended(headers.get('location') ?? '', ADMIN)
  t.deepEqual(outcomes, { 'ubuntu:v1': 'removed' })
  t.deepEqual([await statusOf('ubuntu', 'v1'), await statusOf('library/ubuntu', 'v1')], [404, 200])
})

test.serial(
  'who may delete in a part of the project only, or not at all, removes nothing by filter',
  async (t) => {
    t.is((await start({}, NARROW)).status, 403)
    t.is((await start({}, DEVELOPER)).status, 403)
    const path = '/api/v1/repositories/acme/none/here'
    t.is((await service.request('DELETE', path, { as: DEVELOPER })).status, 403)
    t.is((await service.request('DELETE', path, { as: MAINTAINER })).status, 404)
  },
)

test.serial('a removal of another project is not found', async (t) => {
  const { body } = await start({ repositories: ['nothing'] })
  const path = `/api/v1/projects/other/removals/${body.id}`
  t.is((await service.admin('GET', path)).status, 404)
  t.is((await service.admin('GET', `${path}/items`)).status, 404)
  t.is((await service.admin('POST', `${path}/cancel`, {})).status, 404)
})

test.serial('a removal that has ended cannot be cancelled', async (t) => {
  const { body, headers } = await start({ repositories: ['nothing'] })
  await ended(headers.get('location') ?? '')
  const path = `/api/v1/projects/acme/removals/${body.id}/cancel`
  const { status } = await service.request('POST', path, { as: MAINTAINER, json: {} })
  t.is(status, 409)
})

test.serial(
  'R4: removals of a project that is gone are none of the next one of its name',
  async (t) => {
    await service.admin('POST', '/api/v1/projects', { name: 'brief' })
    const { headers } = await service.admin('POST', '/api/v1/projects/brief/removals', {})
    const path = headers.get('location') ?? ''
    await ended(path, ADMIN)
    // Names of projects rest for longer than the clocks of two machines differ.
    await service
      .database('removals')
      .where({ project: 'brief' })
      .update({ created_at: '2026-01-01' })
    await service.admin('DELETE', '/api/v1/projects/brief')
    await service.database('project_tombstones').where({ name: 'brief' }).delete()
    await service.admin('POST', '/api/v1/projects', { name: 'brief' })
    const member = `/api/v1/projects/brief/members/users/${MAINTAINER.username}`
    await service.admin('PUT', member, { role: 'projectAdmin' })
    const list = await service.request('GET', '/api/v1/projects/brief/removals', { as: MAINTAINER })
    t.deepEqual([list.status, list.body.items], [200, []])
    for (const part of ['', '/items']) {
      const { status } = await service.request('GET', `${path}${part}`, { as: MAINTAINER })
      t.is(status, 404)
    }
  },
)

test.serial(
  'a repository that outlasted its project is deleted, and that can be watched',
  async (t) => {
    await service.admin('POST', '/api/v1/projects', { name: 'past' })
    const repository = 'past/app'
    await pushIndexed(service, { as: ADMIN, repository, tags: ['v1'], text: 'past' })
    t.is((await service.admin('DELETE', '/api/v1/projects/past?force=true')).status, 204)
    const { headers } = await service.admin('DELETE', `/api/v1/repositories/${repository}`)
    const { removal, outcomes } = await ended(headers.get('location') ?? '', ADMIN)
    t.is(removal.state, 'done')
    t.deepEqual(outcomes, { 'past/app:v1': 'removed' })
  },
)

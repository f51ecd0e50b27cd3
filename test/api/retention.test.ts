import test from 'ava'
import { enqueueJob } from '../../src/jobs/enqueue-job.ts'
import { fillIndex } from '../support/fill-index.ts'
import { fetchToken, putManifest } from '../support/image.ts'
import { pushIndex } from '../support/index-maze.ts'
import { pushIndexed, untilIndexed } from '../support/index-rows.ts'
import { openRegistry } from '../support/registry-client.ts'
import { dryRun, noteReconcile, setAge } from '../support/retention-world.ts'
import { ADMIN, type Credentials, type Service, startService } from '../support/service.ts'
import { waitFor } from '../support/wait-for.ts'

const DEV = { username: 'dev', password: 'devs-own-pw-17' }
const MAI = { username: 'mai', password: 'mais-own-pw-17' }
const RULES = [
  { template: 'latestPushed', k: 2, repositories: ['**'], tags: ['*'] },
  { template: 'always', repositories: ['web/*'], tags: ['v*', 'stable'] },
]

let service: Service

test.before(async () => {
  service = await startService({ notifies: true })
  for (const user of [DEV, MAI]) await service.admin('POST', '/api/v1/users', user)
  for (const name of ['acme', 'other', 'empty', 'gone']) {
    await service.admin('POST', '/api/v1/projects', { name })
  }
  await service.admin('PUT', '/api/v1/projects/acme/members/users/dev', { role: 'developer' })
  await service.admin('PUT', '/api/v1/projects/acme/members/users/mai', { role: 'maintainer' })
})
test.after.always(() => service.stop())

const ask = (method: string, path: string, json?: unknown, as: Credentials = ADMIN) =>
  service.request(method, `/api/v1/projects/${path}`, { as, json })

const listAll = async (path: string) => (await ask('GET', path)).body.items

test.serial('a project without rules keeps everything, and runs nothing', async (t) => {
  t.deepEqual((await ask('GET', 'acme/retention')).body, {
    rules: [],
    schedule: null,
    untaggedDays: null,
    nextRunAt: null,
    enforcement: 'door',
  })
  await noteReconcile(service)
  const { status, body } = await ask('POST', 'acme/retention/runs', { dryRun: true })
  t.is(status, 409)
  t.is(body.detail, 'the project acme has no rules of retention; set them first')
  await service.database('reconcile_runs').delete()
})

test.serial('rules are kept as they are sent, with what they leave out', async (t) => {
  const sent = [
    { template: 'latestPushed', k: 2 },
    { template: 'always', repositories: 'web/*', tags: ['v*', 'stable'] },
  ]
  const put = await ask('PUT', 'acme/retention', { rules: sent, schedule: '15 3 * * *' }, MAI)
  t.is(put.status, 200)
  t.deepEqual(put.body.rules, RULES)
  t.is(put.body.schedule, '15 3 * * *')
  t.is(put.body.nextRunAt.slice(11), '03:15:00.000Z')
  const read = await ask('GET', 'acme/retention', undefined, DEV)
  t.deepEqual(read.body, put.body)
  const again = await ask('PUT', 'acme/retention', { rules: read.body.rules }, MAI)
  t.deepEqual(again.body, {
    rules: RULES,
    schedule: null,
    untaggedDays: null,
    nextRunAt: null,
    enforcement: 'door',
  })
  const rows = await service.database('audit').where({ action: 'retention.set' }).select('target')
  t.deepEqual(rows, [{ target: 'acme' }, { target: 'acme' }])
})

test.serial('rules are changed only as they were read, where If-Match says so', async (t) => {
  const tag = (await ask('GET', 'acme/retention')).headers.get('etag') ?? ''
  const change = (json: object | undefined, method: string) =>
    service.request(method, '/api/v1/projects/acme/retention', {
      as: ADMIN,
      json,
      headers: { 'if-match': tag },
    })
  const rules = [{ template: 'always' }]
  t.is((await change({ rules }, 'PUT')).status, 200)
  t.is((await change({ rules: RULES }, 'PUT')).status, 412)
  t.is((await change(undefined, 'DELETE')).status, 412)
  t.is((await ask('GET', 'acme/retention')).body.rules[0].template, 'always')
})

test.serial('rules are taken away, once or twice', async (t) => {
  t.is((await ask('DELETE', 'acme/retention')).status, 204)
  t.is((await ask('DELETE', 'acme/retention')).status, 204)
  t.deepEqual((await ask('GET', 'acme/retention')).body.rules, [])
  const rows = await service.database('audit').where({ action: 'retention.delete' })
  t.is(rows.length, 1)
})

for (const [what, body] of [
  ['no rules', { rules: [] }],
  ['more than fifteen', { rules: Array.from({ length: 16 }, () => ({ template: 'always' })) }],
  ['an unknown template', { rules: [{ template: 'latestPushedK', k: 1 }] }],
  ['k below 1', { rules: [{ template: 'latestPushed', k: 0 }] }],
  ['days in place of k', { rules: [{ template: 'latestPulled', days: 3 }] }],
  ['a field of no rule', { rules: [{ template: 'always', k: 1 }] }],
  ['a part of a day', { rules: [{ template: 'pushedWithin', days: 0.5 }] }],
  ['a tag with a slash', { rules: [{ template: 'always', tags: 'a/b' }] }],
  ['a pattern that is none', { rules: [{ template: 'always', repositories: ['(a+)+$'] }] }],
  [
    'patterns of more than 2000 characters in all',
    { rules: [{ template: 'always', tags: Array.from({ length: 16 }, () => 'v'.repeat(126)) }] },
  ],
  ['a schedule of every minute', { rules: RULES, schedule: '* * * * *' }],
  ['a schedule of seconds', { rules: RULES, schedule: '0 15 3 * * *' }],
  ['a schedule that never comes', { rules: RULES, schedule: '0 0 30 2 *' }],
  ['a schedule that is none', { rules: RULES, schedule: '61 3 * * *' }],
] as const) {
  test.serial(`${what} is refused`, async (t) => {
    const reply = await ask('PUT', 'acme/retention', body)
    t.is(reply.status, 400)
    t.is(reply.body.errors[0].code, 'REQUEST_INVALID')
    t.deepEqual((await ask('GET', 'acme/retention')).body.rules, [])
  })
}

test.serial('developers read the rules, maintainers set them', async (t) => {
  t.is((await ask('GET', 'acme/retention', undefined, DEV)).status, 200)
  t.is((await ask('PUT', 'acme/retention', { rules: RULES }, DEV)).status, 403)
  t.is((await ask('DELETE', 'acme/retention', undefined, DEV)).status, 403)
  t.is((await ask('POST', 'acme/retention/runs', { dryRun: true }, DEV)).status, 403)
  t.is((await ask('PUT', 'acme/retention', { rules: RULES }, MAI)).status, 200)
  t.is((await ask('PUT', 'other/retention', { rules: RULES }, MAI)).status, 404)
})

test.serial('R11: an access token that may not delete sets no rules', async (t) => {
  const makeToken = async (actions: readonly string[]) => {
    const permissions = [{ repositories: 'acme/**', actions }]
    const json = { name: `token of ${actions}`, permissions }
    const { body } = await service.request('POST', '/api/v1/me/tokens', { as: MAI, json })
    return { username: MAI.username, password: body.secret }
  }
  const narrow = await makeToken(['api', 'pull', 'push'])
  const refused = await ask('PUT', 'acme/retention', { rules: RULES }, narrow)
  t.is(refused.status, 403)
  t.regex(refused.body.detail, /may not delete in all of acme/)
  t.is((await ask('DELETE', 'acme/retention', undefined, narrow)).status, 403)
  t.is((await ask('POST', 'acme/retention/runs', { dryRun: false }, narrow)).status, 403)
  const wide = await makeToken(['api', 'delete'])
  t.is((await ask('PUT', 'acme/retention', { rules: RULES }, wide)).status, 200)
})

test.serial(
  'R28: no run begins on an index that is not to be trusted, and it says why',
  async (t) => {
    const { database } = service
    const refusal = async () => {
      const { status, body } = await ask('POST', 'acme/retention/runs', { dryRun: true })
      return `${status} ${body.detail.replace('the index cannot be trusted with a removal now: ', '')}`
    }
    t.is(
      await refusal(),
      '409 the index was never compared with the registry as a whole; run warden reconcile --wait',
    )
    await noteReconcile(service)
    const ago = (hours: number) => database.raw('UTC_TIMESTAMP(3) - INTERVAL ? HOUR', [hours])
    await database('reconcile_runs').update({ ended_at: ago(49) })
    t.is(
      await refusal(),
      '409 the index was compared with the registry 49 hours ago; run warden reconcile --wait',
    )
    await database('reconcile_runs').update({ ended_at: ago(47) })
    await database('index_brake').update({
      engaged_at: ago(1),
      reason: 'vanished',
      detail: 'much is gone',
    })
    t.is(await refusal(), '409 the brake on the index is engaged; see warden reconcile --status')
    await database('index_brake').update({ engaged_at: null, reason: null, detail: null })
    t.is((await ask('GET', 'acme/retention/runs')).body.items.length, 0)
  },
)

const signatureOf = (digest: string): string => `${digest.replace(':', '-')}.sig`

async function fill(): Promise<Readonly<Record<string, string>>> {
  const push = async (tag: string, text: string) =>
    (await pushIndexed(service, { as: ADMIN, repository: 'acme/app', tags: [tag], text })).digest
  const digests = {
    old: await push('old', 'one'),
    part: await push('1.0-amd64', 'two'),
    new: await push('new', 'three'),
  }
  await pushIndex(service, {
    repository: 'acme/app',
    tags: ['1.0'],
    child: digests.part,
    isChildImage: true,
  })
  await pushIndexed(service, {
    as: ADMIN,
    repository: 'acme/app',
    tags: [signatureOf(digests.old), signatureOf(digests.new)],
    text: 'four',
  })
  await untilIndexed(service, { repository: 'acme/app', tags: ['1.0'] })
  for (const [tag, pushed] of [
    ['old', 90],
    ['1.0-amd64', 80],
    ['1.0', 2],
    ['new', 1],
  ] as const) {
    await setAge(service, { repository: 'acme/app', tag, pushed })
  }
  return digests
}

test.serial('a dry run tells what would go and why, and leaves the registry alone', async (t) => {
  const digests = await fill()
  const run = await dryRun(service, 'acme')
  t.like(run, {
    dryRun: true,
    scheduled: false,
    actor: 'admin',
    state: 'done',
    detail: null,
    repositories: 1,
    kept: 4,
    toRemove: 2,
    removed: 0,
    notRemoved: 0,
    itemCount: 6,
  })
  const items = await listAll(`acme/retention/runs/${run.id}/items`)
  const told = items.map((item: Record<string, unknown>) =>
    [item.repository, item.tag, item.decision, item.reason, item.rule, item.neededBy].join(' '),
  )
  t.deepEqual(told, [
    'acme/app 1.0 keep rule 1 ',
    'acme/app 1.0-amd64 keep needed  1.0',
    'acme/app new keep rule 1 ',
    'acme/app old remove rule 1 ',
    ...[
      `acme/app ${signatureOf(digests.new ?? '')} keep needed  new`,
      `acme/app ${signatureOf(digests.old ?? '')} remove subject  `,
    ].sort(),
  ])
  const old = items.find(({ tag }: { readonly tag: string }) => tag === 'old')
  const { body: indexed } = await service.admin('GET', '/api/v1/repositories/acme/app/tags/old')
  t.is(old.reclaimableBytes, indexed.sizeBytes)
  t.is(old.digest, digests.old)
  t.is(old.outcome, null)
  const registry = await openRegistry(service)
  const left = await registry.listTags('acme/app')
  await registry.close()
  t.deepEqual(left?.toSorted(), items.map(({ tag }: { readonly tag: string }) => tag).sort())
  t.deepEqual(await service.database('audit').where({ action: 'retention.run' }), [])
})

test.serial('decisions come page by page, all of them or those of one kind', async (t) => {
  const [{ id }] = await listAll('acme/retention/runs')
  const seen: string[] = []
  let path = `acme/retention/runs/${id}/items?limit=1`
  for (;;) {
    const { body } = await ask('GET', path)
    seen.push(...body.items.map(({ tag }: { readonly tag: string }) => tag))
    if (body.next === null) break
    path = `acme/retention/runs/${id}/items?limit=1&cursor=${body.next}`
  }
  t.is(seen.length, 6)
  t.deepEqual(seen, [...new Set(seen)].sort())
  const removed = await listAll(`acme/retention/runs/${id}/items?decision=remove`)
  t.is(removed.length, 2)
  t.is((await ask('GET', `acme/retention/runs/${id}/items?cursor=abc`)).status, 400)
})

test.serial(
  'a tag that moved, and one that was found absent, are no matter of the rules',
  async (t) => {
    const { database } = service
    await database('tags').where({ name: 'old' }).update({ missing_since: new Date() })
    const run = await dryRun(service, 'acme')
    const items = await listAll(`acme/retention/runs/${run.id}/items`)
    t.false(items.some(({ tag }: { readonly tag: string }) => tag === 'old'))
    await database('tags').where({ name: 'old' }).update({ missing_since: null })
    const token = await fetchToken(service, { as: ADMIN, scope: 'repository:acme/app:pull,push' })
    const response = await fetch(`${service.registryUrl}/v2/acme/app/manifests/new`, {
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/vnd.oci.image.manifest.v1+json',
      },
    })
    const content = Buffer.from(await response.arrayBuffer())
    const mediaType = 'application/vnd.oci.image.manifest.v1+json'
    await putManifest(
      service,
      { repository: 'acme/app', tag: 'old', token },
      { mediaType, content },
    )
    // R28: what counts is the push that we were told of.
    await waitFor(async () => {
      const next = await dryRun(service, 'acme')
      const decided = await listAll(`acme/retention/runs/${next.id}/items`)
      return decided.some(
        ({ tag, decision }: Record<string, string>) => tag === 'old' && decision === 'keep',
      )
    })
    t.pass()
  },
)

test.serial('a run of another project is not there', async (t) => {
  const [{ id }] = await listAll('acme/retention/runs')
  for (const path of [`other/retention/runs/${id}`, `other/retention/runs/${id}/items`]) {
    const { status, body } = await ask('GET', path)
    t.is(status, 404)
    t.is(body.errors[0].code, 'RETENTION_RUN_UNKNOWN')
  }
  t.is((await ask('GET', `acme/retention/runs/${id}`, undefined, DEV)).status, 200)
})

test.serial('while a run waits there is no second one', async (t) => {
  const { database } = service
  const project = await database('projects').where({ name: 'empty' }).first('id')
  await ask('PUT', 'empty/retention', { rules: RULES })
  const jobId = await enqueueJob(database, { kind: 'nobody-runs-it', payload: {} })
  await database('retention_runs').insert({
    project_id: project?.id,
    job_id: jobId,
    is_dry_run: 1,
    is_scheduled: 0,
    rules: '[]',
    actor_name: 'admin',
    created_at: new Date(),
  })
  const [{ id, state }] = await listAll('empty/retention/runs')
  t.is(state, 'waiting')
  const { status, body } = await ask('POST', 'empty/retention/runs', { dryRun: true })
  t.is(status, 409)
  t.is(body.detail, `the run ${id} of empty is under way; wait until it has ended`)
  await database('jobs').where({ id: jobId }).update({ state: 'failed', ended_at: new Date() })
  const [failed] = await listAll('empty/retention/runs')
  t.is(failed.state, 'failed')
  t.is(failed.detail, `its job failed; an administrator sees why by warden job show ${jobId}`)
  t.not(failed.endedAt, null)
  t.is((await dryRun(service, 'empty')).state, 'done')
})

test.serial('a dry run of very many tags counts all and writes down ten thousand', async (t) => {
  const { database } = service
  await service.admin('POST', '/api/v1/projects', { name: 'large' })
  const pushedAt = new Date('2026-01-31T08:00:00.000Z')
  const tags = Array.from({ length: 10_100 }, (_, n) => `t${n}`)
  const pulledAt = new Date(0)
  for (let from = 0; from < tags.length; from += 1010) {
    const some = tags.slice(from, from + 1010)
    const name = `large/r${from}`
    await fillIndex(database, [{ name, tags: some, pushedAt, pulledAt, sizeBytes: 1 }])
  }
  // Those of an odd number are a second younger; all of these tie.
  const rules = [{ template: 'latestPushed', k: 5 }]
  await ask('PUT', 'large/retention', { rules })
  const run = await dryRun(service, 'large')
  t.like(run, { state: 'done', repositories: 10, kept: 5050, toRemove: 5050, itemCount: 10_000 })
  t.is(
    (await ask('GET', `large/retention/runs/${run.id}/items?limit=1000`)).body.items.length,
    1000,
  )
})

test.serial('a schedule whose time has come makes a run, and has a next time', async (t) => {
  const { database } = service
  const schedule = '7 4 * * *'
  await ask('PUT', 'empty/retention', { rules: RULES, schedule })
  const project = await database('projects').where({ name: 'empty' }).first('id')
  const past = new Date(Date.now() - 60_000)
  await database('job_schedules')
    .where({ name: `retention/${project?.id}` })
    .update({ next_at: past })
  const { found } = await waitFor(async () => {
    const runs = await listAll('empty/retention/runs')
    return runs.find(
      ({ scheduled, endedAt }: Record<string, unknown>) => scheduled && endedAt !== null,
    )
  })
  t.is(found.actor, 'warden$retention')
  const { nextRunAt } = (await ask('GET', 'empty/retention')).body
  t.true(new Date(nextRunAt) > new Date())
  t.is(nextRunAt.slice(11), '04:07:00.000Z')
})

test.serial('a project that is deleted takes its rules and its schedule along', async (t) => {
  const { database } = service
  await ask('PUT', 'gone/retention', { rules: RULES, schedule: '7 4 * * *' })
  const project = await database('projects').where({ name: 'gone' }).first('id')
  const count = async () => [
    (await database('retention_policies').where({ project_id: project?.id })).length,
    (await database('job_schedules').where({ name: `retention/${project?.id}` })).length,
  ]
  t.deepEqual(await count(), [1, 1])
  t.is((await ask('DELETE', 'gone')).status, 204)
  t.deepEqual(await count(), [0, 0])
})

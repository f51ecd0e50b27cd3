import test from 'ava'
import type { Database } from '../../../src/database/open-database.ts'
import { decideQuota } from '../../../src/policies/quota/decide-quota.ts'
import { DEFAULT_SETTINGS } from '../../../src/settings/types.ts'
import { countQueries } from '../../support/count-queries.ts'
import { digestOf, openIndexDatabase } from '../../support/index-database.ts'

let database: Database
let stop: () => Promise<void>

const GIB = 1024 ** 3

test.before(async () => {
  ;({ database, stop } = await openIndexDatabase())
  const now = new Date()
  const counted = { repository_count: 1, tag_count: 1, computed_at: now }
  await database('project_figures').insert({ ...counted, project: 'acme', size_bytes: 10 * GIB })
  await database('repositories').insert({
    id: 1,
    name: 'acme/app',
    project: 'acme',
    created_at: now,
  })
  await database('manifests').insert({
    id: 1,
    digest: digestOf(1),
    media_type: 'x',
    kind: 'image',
    content_bytes: 1,
  })
  await database('repository_manifests').insert({
    repository_id: 1,
    manifest_id: 1,
    created_at: now,
  })
})
test.after.always(() => stop())

interface Limits {
  readonly own?: number
  readonly byDefault?: number
}

const depsOf = ({ own, byDefault }: Limits, db = database) => ({
  database: db,
  policies: {
    read: async () => ({
      projectId: 1,
      createdAt: new Date(0),
      immutableTags: [],
      limitBytes: own,
    }),
  },
  runtimeSettings: {
    read: async () => ({ ...DEFAULT_SETTINGS, defaultQuotaBytes: byDefault ?? null }),
  },
})

for (const [what, limits, allowed] of [
  ['without any limit', {}, true],
  ['below its limit', { own: 10 * GIB + 1 }, true],
  ['at its limit', { own: 10 * GIB }, false],
  ['above its limit', { own: 9 * GIB }, false],
  ['below the limit of the settings', { byDefault: 11 * GIB }, true],
  ['above the limit of the settings', { byDefault: GIB }, false],
  ['above that of the settings and below its own', { own: 11 * GIB, byDefault: GIB }, true],
  ['below that of the settings and above its own', { own: GIB, byDefault: 11 * GIB }, false],
  ['that may keep nothing', { own: 0 }, false],
] as const) {
  test(`a project ${what} ${allowed ? 'takes' : 'takes no'} uploads`, async (t) => {
    const verdict = await decideQuota(depsOf(limits), { repository: 'acme/app' })
    t.is(verdict.allowed, allowed)
  })
}

test('who is refused is told how much is used of how much, and what to do', async (t) => {
  t.deepEqual(await decideQuota(depsOf({ own: 9.5 * GIB }), { repository: 'acme/app' }), {
    allowed: false,
    reason:
      'the project acme uses 10 GiB of 9.5 GiB; delete tags and collect garbage, or ask an administrator for more',
  })
})

test('at the limit a manifest that the repository has may be written again, and no other', async (t) => {
  const deps = depsOf({ own: GIB })
  const isAllowed = async (repository: string, digest: string) =>
    (await decideQuota(deps, { repository, digest })).allowed
  t.true(await isAllowed('acme/app', digestOf(1)))
  t.false(await isAllowed('acme/app', digestOf(2)))
  t.false(await isAllowed('acme/other', digestOf(1)))
})

test('a project that was never counted uses nothing', async (t) => {
  const deps = depsOf({ own: 1 })
  t.deepEqual(await decideQuota(deps, { repository: 'fresh/app' }), { allowed: true })
})

test.serial(
  'R32: deciding asks the database once below the limit, and nothing where there is none',
  async (t) => {
    const asked = await countQueries({ database }, async () => {
      await decideQuota(depsOf({ own: 11 * GIB }), { repository: 'acme/app', digest: digestOf(2) })
    })
    t.is(asked.asked.length, 1)
    const none = await countQueries({ database }, async () => {
      await decideQuota(depsOf({}), { repository: 'acme/app', digest: digestOf(2) })
    })
    t.deepEqual(none.asked, [])
  },
)

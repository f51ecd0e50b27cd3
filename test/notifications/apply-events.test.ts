import test from 'ava'
import { inBatches } from '../../src/database/bulk.ts'
import {
  countProject,
  countRepositories,
  writeProject,
  writeRepositories,
} from '../../src/images/figure-queries.ts'
import { ensureRepositories, takeTicket } from '../../src/images/repository-queries.ts'
import { applyEvents } from '../../src/notifications/apply-events.ts'
import { insertEvents } from '../../src/notifications/queries.ts'
import type { RegistryEvent } from '../../src/protocol/event.ts'
import { OCI_MANIFEST } from '../../src/protocol/media-types.ts'
import { insertTagRemovals } from '../../src/removal/queries.ts'
import { digestOf, openIndexDatabase } from '../support/index-database.ts'
import { AT, registryEvent } from '../support/registry-event.ts'

let index: Awaited<ReturnType<typeof openIndexDatabase>>

test.before(async () => {
  index = await openIndexDatabase()
})
test.after.always(() => index?.stop())

const after = (seconds: number): Date => new Date(AT.getTime() + seconds * 1000)

/** Applies them all, one envelope each. */
async function apply(...events: readonly RegistryEvent[]): Promise<void> {
  for (const one of events) await insertEvents(index.database, [one], AT)
  while ((await applyEvents(index.database)) > 0);
}

const pullsOf = async (repository: string): Promise<number> => {
  const row = await index
    .database('repository_days')
    .join('repositories', 'repositories.id', 'repository_days.repository_id')
    .where({ name: repository })
    .sum({ pulls: 'pulls' })
    .first()
  return Number(row?.pulls ?? 0)
}

const marksOf = (repository: string) =>
  index
    .database('dirty_references')
    .where({ repository })
    .orderBy('reference')
    .select('reference', 'is_deletion', 'actor')

test.serial('R29: an event that comes again counts once', async (t) => {
  const repository = 'twice/app'
  const once = registryEvent({ repository, tag: 'v1' })
  await apply(once, once)
  await apply(once)
  t.is(await pullsOf(repository), 1)
})

test.serial('R29: events write no tag, they say what is to be read', async (t) => {
  const repository = 'marks/app'
  await apply(
    registryEvent({ repository, action: 'push', tag: 'v1' }),
    registryEvent({ repository, action: 'push', digest: digestOf(2) }),
    registryEvent({ repository, action: 'delete', tag: 'v2', digest: undefined, actor: 'bob' }),
  )
  t.deepEqual(await marksOf(repository), [
    { reference: digestOf(2), is_deletion: 0, actor: 'alice' },
    { reference: 'v1', is_deletion: 0, actor: 'alice' },
    { reference: 'v2', is_deletion: 1, actor: 'bob' },
  ])
  t.is(await index.database('tags').first(), undefined)
})

test.serial('R29: our own pulls are nobody’s', async (t) => {
  const repository = 'own/app'
  await apply(registryEvent({ repository, tag: 'v1', actor: 'warden$system' }))
  t.is(await pullsOf(repository), 0)
  t.is(await index.database('repositories').where({ name: repository }).first(), undefined)
})

test.serial(
  'R23: an empty index that we put on a tag ourselves is not read; another push is',
  async (t) => {
    const repository = 'passing/app'
    const dummyDigest = digestOf(23)
    await insertTagRemovals(
      index.database,
      [
        {
          repository,
          tag: 'v1',
          digest: digestOf(1),
          mediaType: OCI_MANIFEST,
          content: Buffer.from('{}'),
          dummyDigest,
          actorId: undefined,
          actorName: 'alice',
          onBehalfOf: undefined,
        },
      ],
      { holder: 'h', termSeconds: 60 },
    )
    const push = { repository, action: 'push' } as const
    await apply(
      registryEvent({ ...push, tag: 'v1', digest: dummyDigest, actor: 'warden$system' }),
      registryEvent({ ...push, tag: 'v2', digest: digestOf(2), actor: 'warden$system' }),
      registryEvent({ ...push, tag: 'v3', digest: dummyDigest, actor: 'mallory' }),
    )
    t.deepEqual(
      (await marksOf(repository)).map(({ reference }) => reference),
      ['v2', 'v3'],
    )
  },
)

const EMPTY_INDEX = { action: 'push', actor: 'warden$system', sizeBytes: 172 } as const

test.serial(
  'R23: an empty index of ours that is told of when its removal is over says that the tag went',
  async (t) => {
    const repository = 'late/app'
    await apply(
      registryEvent({ ...EMPTY_INDEX, repository, tag: 'v1', digest: digestOf(31) }),
      registryEvent({
        ...EMPTY_INDEX,
        repository,
        tag: 'v2',
        digest: digestOf(32),
        sizeBytes: 173,
      }),
      registryEvent({
        ...EMPTY_INDEX,
        repository,
        tag: 'v3',
        digest: digestOf(33),
        actor: 'mallory',
      }),
    )
    t.deepEqual(
      (await marksOf(repository)).map(({ reference, is_deletion }) => [reference, is_deletion]),
      [
        ['v1', 1],
        ['v2', 0],
        ['v3', 0],
      ],
    )
  },
)

test.serial(
  'R23: an empty index of ours that is told of when the index has missed the tag is not read again',
  async (t) => {
    const repository = 'missed/app'
    await apply(
      registryEvent({ repository, action: 'push', content: 'blob', digest: digestOf(60) }),
    )
    const { database } = index
    const { id: repository_id } = await database('repositories')
      .where({ name: repository })
      .first('id')
    const tag = {
      repository_id,
      project: 'missed',
      media_type: OCI_MANIFEST,
      size_bytes: 1,
      is_measured: 1,
      ticket: 1,
      digest: digestOf(61),
      pushed_at: new Date(),
      created_at: new Date(),
      version_key: '',
    }
    await database('tags').insert([
      { ...tag, name: 'gone', is_listed: 0 },
      { ...tag, name: 'missing', is_listed: 1, missing_since: new Date() },
      { ...tag, name: 'there', is_listed: 1 },
    ])
    await apply(
      ...['gone', 'missing', 'there'].map((name, n) =>
        registryEvent({ ...EMPTY_INDEX, repository, tag: name, digest: digestOf(70 + n) }),
      ),
    )
    t.deepEqual(
      (await marksOf(repository)).map(({ reference }) => reference),
      ['there'],
    )
  },
)

test.serial('a client that asks by tag and then by digest pulls once, by HEAD too', async (t) => {
  const repository = 'client/app'
  await apply(
    registryEvent({ repository, tag: 'v1', method: 'HEAD' }),
    registryEvent({ repository, happenedAt: after(1) }),
    registryEvent({ repository, tag: 'v1', happenedAt: after(2) }),
  )
  t.is(await pullsOf(repository), 1)
})

test.serial(
  'a clock that is far ahead, and then right again, lets no pull count twice',
  async (t) => {
    const repository = 'ahead/app'
    const ahead = new Date('2999-01-01T00:00:00.000Z')
    await apply(registryEvent({ repository, tag: 'v1', happenedAt: ahead }))
    await apply(registryEvent({ repository, tag: 'v1', happenedAt: after(1) }))
    await apply(registryEvent({ repository, happenedAt: after(2) }))
    t.is(await pullsOf(repository), 1)
  },
)

test.serial('the child of an index that was pulled a moment before is the same pull', async (t) => {
  const repository = 'child/app'
  await apply(registryEvent({ repository, action: 'push', content: 'blob', digest: digestOf(50) }))
  const { database } = index
  const { id } = await database('repositories').where({ name: repository }).first('id')
  const [manifest_id] = await database('manifests').insert({
    digest: digestOf(10),
    media_type: 'x',
    kind: 'index',
    content_bytes: 1,
  })
  const child = { position: 0, digest: digestOf(11), media_type: 'x', role: 'image' }
  await database('manifest_children').insert({ manifest_id, ...child })
  const placed = { repository_id: id, manifest_id, created_at: AT }
  await database('repository_manifests').insert(placed)
  await database('tags').insert({
    repository_id: id,
    name: 'v1',
    digest: digestOf(10),
    media_type: 'x',
    version_key: '',
    pushed_at: AT,
    created_at: AT,
    ticket: await takeTicket(database),
  })
  const pulledAt = async () =>
    (await database('tags').where({ repository_id: id }).first('pulled_at')).pulled_at
  await apply(registryEvent({ repository, digest: digestOf(11), actor: 'bob' }))
  t.deepEqual(await pulledAt(), AT)
  t.is(await pullsOf(repository), 1)
  await apply(
    registryEvent({ repository, tag: 'v1', digest: digestOf(10) }),
    registryEvent({ repository, digest: digestOf(11), happenedAt: after(3) }),
  )
  t.is(await pullsOf(repository), 2)
})

test.serial('other clients, other tags and later pulls count', async (t) => {
  const repository = 'others/app'
  const tag = 'v1'
  await apply(
    registryEvent({ repository, tag }),
    registryEvent({ repository, tag, actor: 'bob' }),
    registryEvent({ repository, tag, address: '10.0.0.8' }),
    registryEvent({ repository, tag: 'v2' }),
    registryEvent({ repository, tag, happenedAt: after(59) }),
    registryEvent({ repository, tag, happenedAt: after(61) }),
  )
  t.is(await pullsOf(repository), 5)
})

test.serial('events in any order come to the same', async (t) => {
  const make = (repository: string) => [
    registryEvent({ repository, tag: 'v1' }),
    registryEvent({ repository, happenedAt: after(1) }),
    registryEvent({ repository, action: 'push', content: 'blob', digest: digestOf(60) }),
    registryEvent({ repository, action: 'mount', content: 'blob', digest: digestOf(61) }),
    registryEvent({ repository, action: 'push', tag: 'v1' }),
  ]
  const insert = async (events: readonly RegistryEvent[]) => {
    await insertEvents(index.database, events, AT)
    while ((await applyEvents(index.database)) > 0);
  }
  await insert(make('order/forth'))
  await insert(make('order/back').toReversed())
  const sums = async (repository: string) => {
    const row = await index
      .database('repository_days')
      .join('repositories', 'repositories.id', 'repository_days.repository_id')
      .where({ name: repository })
      .first('pulls', 'pushes', 'pulled_bytes', 'pushed_bytes')
    return { ...row }
  }
  const expected = { pulls: 1, pushes: 1, pulled_bytes: 0, pushed_bytes: 100 }
  t.deepEqual(await sums('order/forth'), expected)
  t.deepEqual(await sums('order/back'), expected)
})

test.serial('of two appliers at once each event is applied by one', async (t) => {
  const repository = 'race/app'
  const events = Array.from({ length: 300 }, (_, n) => registryEvent({ repository, tag: `v${n}` }))
  await insertEvents(index.database, events, AT)
  const applied = await Promise.all([1, 2, 3].map(() => applyEvents(index.database)))
  while ((await applyEvents(index.database)) > 0);
  t.true(applied.reduce((sum, count) => sum + count, 0) <= 300)
  t.is(await pullsOf(repository), 300)
})

test.serial(
  'R33: a pull of an image that is in thousands of indexes asks for few marks',
  async (t) => {
    const repository = 'maze/app'
    const repositoryId =
      (await ensureRepositories(index.database, [repository])).get(repository) ?? 0
    const child = digestOf(7777)
    const parents = Array.from({ length: 3000 }, (_, n) => ({
      id: 100_000 + n,
      digest: digestOf(100_000 + n),
    }))
    for (const batch of inBatches(parents)) {
      const { database } = index
      const one = { media_type: 'index', kind: 'index', content_bytes: 1 }
      await database('manifests').insert(batch.map((parent) => ({ ...parent, ...one })))
      const leads = { position: 0, digest: child, media_type: 'image', role: 'image' }
      await database('manifest_children').insert(
        batch.map(({ id: manifest_id }) => ({ manifest_id, ...leads })),
      )
      const placed = { repository_id: repositoryId, created_at: AT }
      await database('repository_manifests').insert(
        batch.map(({ id: manifest_id }) => ({ manifest_id, ...placed })),
      )
    }
    let asked = 0
    const onQuery = ({ sql, bindings }: { readonly sql: string; readonly bindings: unknown[] }) => {
      if (/^select .* from `pull_marks`/.test(sql)) asked += bindings.length
    }
    index.database.on('query', onQuery)
    await apply(registryEvent({ repository, digest: child }))
    index.database.removeListener('query', onQuery)
    t.is(asked, 101)
    t.is(await pullsOf(repository), 1)
  },
)

test.serial('R32: sizes that no registry has are counted as far as a column goes', async (t) => {
  const repository = 'huge/app'
  const sizeBytes = Number.MAX_SAFE_INTEGER
  const blobs = Array.from({ length: 2500 }, (_, n) =>
    registryEvent({
      repository,
      action: 'push',
      content: 'blob',
      method: 'PUT',
      digest: digestOf(n),
      sizeBytes,
    }),
  )
  for (const batch of inBatches(blobs)) await insertEvents(index.database, batch, AT)
  while ((await applyEvents(index.database)) > 0);
  const days = await index
    .database('project_days')
    .where({ project: 'huge' })
    .select('pushed_bytes')
  t.deepEqual(days, [{ pushed_bytes: sizeBytes }])
  await writeRepositories(index.database, await countRepositories(index.database, [repository]))
  await writeProject(index.database, await countProject(index.database, 'huge'))
  const of = await index.database('repositories').where({ name: repository }).first('size_bytes')
  t.deepEqual(of, { size_bytes: sizeBytes })
  const figures = await index.database('project_figures').where({ project: 'huge' }).first()
  t.is(figures.size_bytes, sizeBytes)
})

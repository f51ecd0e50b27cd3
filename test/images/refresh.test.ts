import test from 'ava'
import { countVanished } from '../../src/images/brake-queries.ts'
import { type DirtyMark, markDirty } from '../../src/images/dirty-queries.ts'
import { refreshDirty } from '../../src/images/refresh-dirty.ts'
import type { RefreshDeps, RefreshState } from '../../src/images/refresh-outcome.ts'
import { refreshReferences } from '../../src/images/refresh-references.ts'
import { noteDeletedTags } from '../../src/images/tag-change-queries.ts'
import { readSlice } from '../../src/maintenance/reconcile/read-slice.ts'
import { OCI_MANIFEST } from '../../src/protocol/media-types.ts'
import { digestOf, openIndexDatabase, scriptRegistry } from '../support/index-database.ts'
import { findIndexedTag } from '../support/index-rows.ts'

let index: Awaited<ReturnType<typeof openIndexDatabase>>

test.before(async () => {
  index = await openIndexDatabase()
})
test.after.always(() => index?.stop())

const tag = 'v1'
/** Reads one tag at the registry, and fails as that did. */
async function refreshTag(
  deps: RefreshDeps,
  { tag: reference, ...mark }: { readonly tag: string } & Omit<DirtyMark, 'reference'>,
): Promise<RefreshState | undefined> {
  const [outcome] = await refreshReferences(deps, [{ ...mark, reference }])
  if (outcome?.error !== undefined) throw outcome.error
  return outcome?.state
}

const find = (repository: string) => findIndexedTag(index, { repository, tag })
/** Moves the time of all first looks into the past. */
const passGrace = (repository: string) =>
  index
    .database('tags')
    .update({
      missing_since: index.database.raw('missing_since - INTERVAL 11 MINUTE'),
    })
    .whereIn(
      'repository_id',
      index.database('repositories').where({ name: repository }).select('id'),
    )

const historyOf = (repository: string) =>
  index
    .database('tag_history')
    .join('repositories', 'repositories.id', 'tag_history.repository_id')
    .where({ 'repositories.name': repository })
    .orderBy('ticket')
    .select('digest', 'actor')

test.serial(
  'R30: a tag goes after two absences with a grace in between, and its history stays',
  async (t) => {
    const deps = scriptRegistry(index.database)
    const repository = 'r30/tag'
    deps.script.tags.set(`${repository}:v1`, digestOf(1))
    t.is(await refreshTag(deps, { repository, tag, actor: 'alice' }), 'read')
    deps.script.tags.clear()
    t.is(await refreshTag(deps, { repository, tag }), 'waiting')
    t.is(await refreshTag(deps, { repository, tag }), 'waiting')
    t.is((await find(repository))?.digest, digestOf(1))
    await passGrace(repository)
    t.is(await refreshTag(deps, { repository, tag, actor: 'bob' }), 'settled')
    t.is(await find(repository), undefined)
    t.deepEqual(await historyOf(repository), [
      { digest: digestOf(1), actor: 'alice' },
      { digest: null, actor: 'bob' },
    ])
  },
)

test.serial('R30: a tag that was absent once and is there again starts anew', async (t) => {
  const deps = scriptRegistry(index.database)
  const repository = 'r30/back'
  deps.script.tags.set(`${repository}:v1`, digestOf(1))
  await refreshTag(deps, { repository, tag })
  deps.script.tags.clear()
  await refreshTag(deps, { repository, tag })
  await passGrace(repository)
  deps.script.tags.set(`${repository}:v1`, digestOf(1))
  await refreshTag(deps, { repository, tag })
  deps.script.tags.clear()
  t.is(await refreshTag(deps, { repository, tag }), 'waiting')
  t.is((await find(repository))?.digest, digestOf(1))
})

test.serial(
  'R30: a registry that fails takes nothing away, and is asked again later',
  async (t) => {
    const deps = scriptRegistry(index.database)
    const repository = 'r30/fails'
    deps.script.tags.set(`${repository}:v1`, digestOf(1))
    await refreshTag(deps, { repository, tag })
    deps.script.onLookUp = () => {
      throw new Error('500')
    }
    await t.throwsAsync(refreshTag(deps, { repository, tag }), { message: '500' })
    await markDirty(index.database, [{ repository, reference: tag, isDeletion: true }])
    t.is((await refreshDirty(deps)).failures.length, 1)
    const row = await index.database('dirty_references').where({ repository }).first('tries')
    t.is(row.tries, 1)
    t.is((await find(repository))?.digest, digestOf(1))
  },
)

test.serial(
  'a tag is found by its project, also when an older version wrote it first',
  async (t) => {
    const deps = scriptRegistry(index.database)
    const repository = 'found/by/project'
    deps.script.tags.set(`${repository}:v1`, digestOf(1))
    await refreshTag(deps, { repository, tag })
    const rows = index.database('tags').where({ project: 'found' })
    t.like(await rows.clone().first(), { name: 'v1' })
    await rows.clone().update({ project: '' })
    await refreshTag(deps, { repository, tag })
    t.like(await rows.clone().first(), { name: 'v1' })
  },
)

test.serial('R30: a list of the registry without a tag takes nothing away', async (t) => {
  const deps = scriptRegistry(index.database)
  const repository = 'r30/list'
  deps.script.tags.set(`${repository}:v1`, digestOf(1))
  await refreshTag(deps, { repository, tag })
  const listTags = async () => []
  const log = { info: () => undefined, warn: () => undefined }
  const half = { ...deps, registry: { ...deps.registry, listTags }, log }
  const slice = await readSlice(half, { names: [repository], check: () => undefined })
  t.like(slice.counts, { tags: 0, omittedTags: 1, missing: 0 })
  t.deepEqual(slice.failures, [])
  t.is((await find(repository))?.digest, digestOf(1))
})

test.serial('R29: what a reader found under an older ticket is let go', async (t) => {
  const deps = scriptRegistry(index.database)
  const repository = 'r29/slow'
  deps.script.tags.set(`${repository}:v1`, digestOf(1))
  let goOn: () => void = () => undefined
  let onAsked: () => void = () => undefined
  const asked = new Promise<void>((resolve) => {
    onAsked = resolve
  })
  // It got its answer, and is held up with it.
  deps.script.onLookUp = () => {
    onAsked()
    return new Promise<void>((resolve) => {
      goOn = resolve
    })
  }
  const slow = refreshTag(deps, { repository, tag })
  await asked
  deps.script.onLookUp = () => undefined
  deps.script.tags.set(`${repository}:v1`, digestOf(2))
  await refreshTag(deps, { repository, tag })
  goOn()
  await slow
  t.is((await find(repository))?.digest, digestOf(2))
  t.deepEqual(
    (await historyOf(repository)).map(({ digest }) => digest),
    [digestOf(2)],
  )
})

test.serial('R29: a mark that comes while its tag is read is not lost', async (t) => {
  const deps = scriptRegistry(index.database)
  const repository = 'r29/marked'
  const mark = { repository, reference: tag }
  deps.script.tags.set(`${repository}:v1`, digestOf(1))
  deps.script.onLookUp = async (asked) => {
    if (asked !== repository) return
    deps.script.onLookUp = () => undefined
    deps.script.tags.set(`${repository}:v1`, digestOf(2))
    await markDirty(index.database, [mark])
  }
  await markDirty(index.database, [mark])
  await refreshDirty(deps)
  t.is((await find(repository))?.digest, digestOf(1))
  await refreshDirty(deps)
  t.is((await find(repository))?.digest, digestOf(2))
  t.is(await index.database('dirty_references').where({ repository }).first(), undefined)
})

test.serial(
  'R30: a deletion is told of, also where an older push is told of after it',
  async (t) => {
    const deps = scriptRegistry(index.database)
    const repository = 'r30/late-push'
    const mark = { repository, reference: tag }
    deps.script.tags.set(`${repository}:v1`, digestOf(1))
    await refreshTag(deps, { repository, tag })
    deps.script.tags.clear()
    const { tag: before } = await countVanished(index.database)
    await markDirty(index.database, [{ ...mark, isDeletion: true }])
    await markDirty(index.database, [{ ...mark, pushedAt: new Date() }])
    await refreshDirty(deps)
    const rows = index.database('tags').where({ project: 'r30' }).whereNotNull('missing_since')
    const aMomentAgo = index.database.raw('missing_since - INTERVAL 2 SECOND')
    await rows.update({ missing_since: aMomentAgo })
    await index
      .database('dirty_references')
      .where(mark)
      .update({ due_at: new Date(0) })
    await refreshDirty(deps)
    t.is(await find(repository), undefined)
    t.is((await countVanished(index.database)).tag, before)
  },
)

test.serial('R30: what is gone after a push that was told of is no loss, else it is', async (t) => {
  const deps = scriptRegistry(index.database)
  const [pushed, unheard] = ['r30/pushed', 'r30/unheard']
  for (const repository of [pushed, unheard]) {
    deps.script.tags.set(`${repository}:v1`, digestOf(1))
    await refreshTag(deps, { repository, tag })
  }
  deps.script.tags.clear()
  const before = await countVanished(index.database)
  await refreshTag(deps, { repository: pushed, tag, pushedAt: new Date() })
  t.deepEqual(await countVanished(index.database), before)
  await refreshTag(deps, { repository: unheard, tag })
  t.deepEqual(await countVanished(index.database), {
    repository: before.repository + 1,
    tag: before.tag + 1,
  })
})

test.serial('R29: a reader that was held up takes no mark away that was made anew', async (t) => {
  const deps = scriptRegistry(index.database)
  const repository = 'r29/held-up'
  const mark = { repository, reference: tag }
  deps.script.tags.set(`${repository}:v1`, digestOf(1))
  let goOn: () => void = () => undefined
  const isAsked = new Promise<void>((onAsked) => {
    deps.script.onLookUp = (asked) => {
      if (asked !== repository) return undefined
      deps.script.onLookUp = () => undefined
      onAsked()
      return new Promise((resolve) => {
        goOn = resolve
      })
    }
  })
  await markDirty(index.database, [mark])
  const heldUp = refreshDirty(deps)
  await isAsked
  await refreshDirty(deps)
  t.is(await index.database('dirty_references').where({ repository }).first(), undefined)
  deps.script.tags.set(`${repository}:v1`, digestOf(2))
  await markDirty(index.database, [mark])
  goOn()
  await heldUp
  await refreshDirty(deps)
  t.is((await find(repository))?.digest, digestOf(2))
})

test.serial('a digest that is passing over a tag is not written', async (t) => {
  const deps = scriptRegistry(index.database)
  const repository = 'r23/passing'
  deps.script.tags.set(`${repository}:v1`, digestOf(7))
  const passing = { ...deps, findPassing: async () => new Set([digestOf(7)]) }
  t.is(await refreshTag(passing, { repository, tag }), 'passing')
  t.is(await find(repository), undefined)
})

test.serial(
  'the push time of a tag is when we were told, and stays when it is only read again',
  async (t) => {
    const deps = scriptRegistry(index.database)
    const repository = 'times/app'
    const pushedAt = new Date('2026-01-02T03:04:05.678Z')
    deps.script.tags.set(`${repository}:v1`, digestOf(1))
    await refreshTag(deps, { repository, tag, pushedAt })
    await refreshTag(deps, { repository, tag })
    t.deepEqual((await find(repository))?.pushedAt, pushedAt)
  },
)

test.serial('R30: a manifest that was absent once and is there again starts anew', async (t) => {
  const deps = scriptRegistry(index.database)
  const repository = 'r30/manifest'
  const reference = digestOf(30)
  const isPlaced = async () => {
    const row = await index
      .database('repository_manifests')
      .join('manifests', 'manifests.id', 'repository_manifests.manifest_id')
      .where({ digest: reference })
      .first('missing_since')
    return row !== undefined
  }
  const look = () => refreshReferences(deps, [{ repository, reference, isDeletion: true }])
  deps.script.tags.set(`${repository}:${reference}`, reference)
  await look()
  deps.script.tags.clear()
  t.is((await look())[0]?.state, 'waiting')
  await index.database('repository_manifests').update({ missing_since: new Date(0) })
  deps.script.tags.set(`${repository}:${reference}`, reference)
  t.is((await look())[0]?.state, 'read')
  deps.script.tags.clear()
  t.is((await look())[0]?.state, 'waiting')
  t.true(await isPlaced())
})

test.serial(
  'R30: a delete of our own is the first absence; the second is a look of its own',
  async (t) => {
    const deps = scriptRegistry(index.database)
    const repository = 'r30/own'
    const told = { repository, tag, isDeletion: true }
    deps.script.tags.set(`${repository}:v1`, digestOf(1))
    await refreshTag(deps, { repository, tag })
    await noteDeletedTags(index.database, { repository, tags: [tag] })
    t.is((await find(repository))?.digest, digestOf(1))
    // It is there again: the look says so, and another delete begins anew.
    t.is(await refreshTag(deps, told), 'read')
    deps.script.tags.clear()
    t.is(await refreshTag(deps, told), 'waiting')
    await passGrace(repository)
    t.is(await refreshTag(deps, told), 'settled')
    t.is(await find(repository), undefined)
  },
)

test.serial('R30: of many tags those go whose grace is over', async (t) => {
  const deps = scriptRegistry(index.database)
  const repository = 'r30/many'
  const marks = ['v1', 'v2'].map((reference) => ({ repository, reference, isDeletion: true }))
  for (const { reference } of marks) deps.script.tags.set(`${repository}:${reference}`, digestOf(1))
  await refreshReferences(deps, marks)
  await noteDeletedTags(index.database, { repository, tags: ['v1'] })
  await passGrace(repository)
  deps.script.tags.clear()
  const outcomes = await refreshReferences(deps, marks)
  t.deepEqual(
    outcomes.map(({ reference, state }) => [reference, state]),
    [
      ['v1', 'settled'],
      ['v2', 'waiting'],
    ],
  )
})

test.serial('a reference that the database does not take leaves the others alone', async (t) => {
  await index.database('dirty_references').delete()
  const deps = scriptRegistry(index.database)
  const repository = 'odd/app'
  const tags = ['v1', 'v2', 'v3']
  for (const name of tags) deps.script.tags.set(`${repository}:${name}`, digestOf(1))
  const lookUpManifest: typeof deps.registry.lookUpManifest = async (asked) => {
    const found = await deps.registry.lookUpManifest(asked)
    const isOdd = asked.reference === 'v2' && found !== 'unknown'
    return isOdd ? { ...found, mediaType: 'application/größer' } : found
  }
  await markDirty(
    index.database,
    tags.map((reference) => ({ repository, reference })),
  )
  const odd = { ...deps, registry: { ...deps.registry, lookUpManifest } }
  const { read, failures } = await refreshDirty(odd)
  t.is(read, 3)
  t.is(failures.length, 1)
  t.is((await findIndexedTag(index, { repository, tag: 'v1' }))?.digest, digestOf(1))
  t.is((await findIndexedTag(index, { repository, tag: 'v3' }))?.digest, digestOf(1))
  const left = await index.database('dirty_references').where({ repository }).select('reference')
  t.deepEqual(left, [{ reference: 'v2' }])
})

test.serial('R33: fifty manifests with as many words as are kept are written', async (t) => {
  await index.database('dirty_references').delete()
  const deps = scriptRegistry(index.database)
  const repository = 'wordy/app'
  const tags = Array.from({ length: 50 }, (_, n) => `v${n}`)
  for (const [n, name] of tags.entries()) {
    deps.script.tags.set(`${repository}:${name}`, digestOf(500 + n))
  }
  // Each letter becomes four in a statement.
  const words = Array.from({ length: 30 }, (_, n) => [`word${n}`, '"'.repeat(4096)])
  const content = Buffer.from(
    JSON.stringify({ layers: [], annotations: Object.fromEntries(words) }),
  )
  const readManifest = async ({ reference: digest }: { readonly reference: string }) => ({
    digest,
    mediaType: OCI_MANIFEST,
    content,
  })
  await markDirty(
    index.database,
    tags.map((reference) => ({ repository, reference })),
  )
  const wordy = { ...deps, registry: { ...deps.registry, readManifest } }
  t.deepEqual(await refreshDirty(wordy), { read: 50, failures: [] })
  const row = await index
    .database('manifest_details')
    .join('manifests', 'manifests.id', 'manifest_details.manifest_id')
    .where({ digest: digestOf(549) })
    .first('annotations')
  t.is(JSON.parse(row.annotations).word29.length, 4096)
})

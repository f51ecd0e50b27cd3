import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { OCI_INDEX, OCI_MANIFEST } from '../../src/protocol/media-types.ts'
import { digestOf } from '../../src/registry/manifests.ts'
import { type CollectWorld, type Report, startCollectWorld } from '../support/collect-world.ts'
import { fetchToken, pushImage, putBlob, putManifest } from '../support/image.ts'
import { ADMIN } from '../support/service.ts'
import { waitFor } from '../support/wait-for.ts'

const RETENTION = '/api/v1/projects/acme/retention'
const APP = 'acme/app'

let world: CollectWorld

test.before(async () => {
  world = await startCollectWorld()
  for (const name of ['acme', 'other']) {
    await world.service.admin('POST', '/api/v1/projects', { name, visibility: 'private' })
  }
  const policy = { rules: [{ template: 'always' }], untaggedDays: 30 }
  const { status, body } = await world.service.admin('PUT', RETENTION, policy)
  if (status !== 200 || body.untaggedDays !== 30) throw new Error(JSON.stringify(body))
})
test.after.always(() => world?.stop())

const tokenFor = (repository: string): Promise<string> =>
  fetchToken(world.places, { as: ADMIN, scope: `repository:${repository}:pull,push` })

async function put(
  repository: string,
  tag: string | undefined,
  value: { readonly mediaType: string },
): Promise<string> {
  const content = Buffer.from(JSON.stringify({ schemaVersion: 2, ...value }))
  const token = await tokenFor(repository)
  const reference = tag ?? digestOf(content)
  const { mediaType } = value
  await putManifest(world.places, { repository, tag: reference, token }, { mediaType, content })
  return digestOf(content)
}

const putIndex = (tag: string | undefined, digests: readonly string[]): Promise<string> =>
  put(APP, tag, {
    mediaType: OCI_INDEX,
    manifests: digests.map((digest) => ({ mediaType: OCI_MANIFEST, digest, size: 7 })),
  } as never)

/** Something about a manifest, without a tag of its own. */
async function putReferrer(subject: string, text: string): Promise<string> {
  const token = await tokenFor(APP)
  const layer = await putBlob(world.places, APP, token, Buffer.from(text))
  const config = await putBlob(world.places, APP, token, Buffer.from('{}'))
  return put(APP, undefined, {
    mediaType: OCI_MANIFEST,
    artifactType: 'application/vnd.example.signature',
    config: { mediaType: 'application/vnd.oci.empty.v1+json', ...config },
    layers: [{ mediaType: 'application/octet-stream', ...layer }],
    subject: { mediaType: OCI_MANIFEST, digest: subject, size: 7 },
  } as never)
}

/** An image that lost its tag to another one. */
async function leaveUntagged(repository: string, text: string): Promise<string> {
  const { digest } = await pushImage(world.places, { as: ADMIN, repository, tags: [text], text })
  await waitFor(() => isKnown(digest), { mostMs: 20_000, what: text })
  await pushImage(world.places, { as: ADMIN, repository, tags: [text], text: `${text} later` })
  return digest
}

const isKnown = async (digest: string): Promise<boolean> =>
  (await world.service
    .database('repository_manifests')
    .join('manifests', 'manifests.id', 'manifest_id')
    .where({ digest, missing_since: null })
    .first('digest')) !== undefined

const revisionOf = (digest: string, repository: string): string =>
  join(
    world.registryDir,
    `data/docker/registry/v2/repositories/${repository}/_manifests/revisions/sha256`,
    digest.slice('sha256:'.length),
  )

/** In the storage of the registry: to ask for it would be a pull. */
const isThere = (digest: string, repository = APP): boolean =>
  existsSync(join(revisionOf(digest, repository), 'link'))

/** Lets everything that the index has be forty days old, and events be told of for longer. */
async function grow(days = 40): Promise<void> {
  const { database } = world.service
  const ago = database.raw('UTC_TIMESTAMP(3) - INTERVAL ? DAY', [days])
  await database('repository_manifests').update({ created_at: ago, pushed_at: ago, pulled_at: ago })
  await database('project_days')
    .insert({ project: 'acme', day: '2026-01-01' })
    .onConflict()
    .ignore()
}

async function waitUntilRead(digests: readonly string[]): Promise<void> {
  for (const digest of digests) await waitFor(() => isKnown(digest), { what: digest })
  const idle = async () =>
    (await world.service.database('dirty_references').first('repository')) === undefined &&
    (await world.service.database('events').whereNull('applied_at').first('id')) === undefined
  await waitFor(idle, { mostMs: 20_000, what: 'an index that has read all' })
}

test.serial('R28: where pulls are not known for long enough, all stay', async (t) => {
  const left = await leaveUntagged(APP, 'early')
  await waitUntilRead([left])
  await world.service.database('repository_manifests').update({ created_at: '2026-01-01' })
  const report = await world.collect()
  t.like(report, { state: 'done', untaggedCount: 0 })
  t.deepEqual(report.notes, [
    'untagged manifests of acme stay: pulls are not known for 30 days yet',
  ])
  t.true(isThere(left))
})

/** One of each, all of them old by what the index knows. */
async function makeScene() {
  const pushPlatform = (text: string) =>
    pushImage(world.places, { as: ADMIN, repository: APP, tags: ['platform'], text })
  const { digest: platform } = await pushPlatform('a platform')
  const index = await putIndex('multi', [platform])
  await pushPlatform('moved')
  const signature = await putReferrer(platform, 'a signature')
  const image = await leaveUntagged(APP, 'old')
  const about = await putReferrer(image, 'about what goes')
  const elsewhere = await leaveUntagged('other/app', 'elsewhere')
  const fresh = await leaveUntagged(APP, 'fresh')
  const pulled = await leaveUntagged(APP, 'pulled')
  const again = await leaveUntagged(APP, 'again')
  const scene = { platform, index, signature, image, about, elsewhere, fresh, pulled, again }
  await waitUntilRead(Object.values(scene))
  await grow()
  return scene
}

/** Lets one manifest be newer than the others. */
const renew = async (digest: string, column: 'created_at' | 'pulled_at'): Promise<void> => {
  const { database } = world.service
  const yesterday = database.raw('UTC_TIMESTAMP(3) - INTERVAL 1 DAY')
  await database('repository_manifests')
    .where('manifest_id', database('manifests').select('id').where({ digest }))
    .update({ pushed_at: null, [column]: yesterday })
}

async function pushByDigest(digest: string): Promise<number> {
  const path = `/v2/${APP}/manifests/${digest}`
  const token = await tokenFor(APP)
  const { text } = await world.send('GET', path, { token, headers: { accept: OCI_MANIFEST } })
  const body = Buffer.from(text)
  return (await world.send('PUT', path, { token, body, mediaType: OCI_MANIFEST })).status
}

test.serial(
  'R28: only what nothing needs goes, what is about it first, where a project says so',
  async (t) => {
    const scene = await makeScene()
    const { image, about, elsewhere, fresh, pulled, again, ...needed } = scene
    await renew(fresh, 'created_at')
    await renew(pulled, 'pulled_at')
    t.is(await pushByDigest(again), 201)
    await waitUntilRead([again])
    const all: readonly string[] = Object.values(scene)
    const toldOf = (report: Report): readonly string[] =>
      report.untagged
        .map((one: { readonly digest: string }) => one.digest)
        .filter((digest: string) => all.includes(digest))
    const dry = await world.collect(true)
    t.like(dry, { state: 'done', dryRun: true })
    t.deepEqual(toldOf(dry), [about, image])
    t.true(isThere(image))
    const report = await world.collect()
    t.like(report, { state: 'done', gapCount: 0, notes: [] })
    t.deepEqual(toldOf(report), [about, image])
    t.deepEqual([isThere(image), isThere(about)], [false, false])
    for (const digest of [...Object.values(needed), fresh, pulled, again]) {
      t.true(isThere(digest), digest)
    }
    t.true(isThere(elsewhere, 'other/app'))
    t.true(report.blobs >= 4)
    const { body: audit } = await world.service.admin('GET', '/api/v1/audit?action=manifest.delete')
    t.true(audit.items.some((item: { target: string }) => item.target === `${APP}@${image}`))
    await waitFor(async () => !(await isKnown(image)), { what: 'an index without it' })
  },
)

test.serial(
  'R28: a repository that cannot be read to its end is left alone, and told',
  async (t) => {
    const left = await leaveUntagged('acme/broken', 'left')
    const child = await put('acme/broken', undefined, {
      mediaType: OCI_INDEX,
      manifests: [],
    } as never)
    const manifests = [{ mediaType: OCI_INDEX, digest: child, size: 7 }]
    await put('acme/broken', 'index', { mediaType: OCI_INDEX, manifests } as never)
    await waitUntilRead([left, child])
    await grow()
    rmSync(revisionOf(child, 'acme/broken'), { recursive: true })
    const report = await world.collect()
    t.like(report, { state: 'done' })
    const told = report.notes.filter((note: string) => note.includes('acme/broken'))
    t.deepEqual(told, [
      'untagged manifests of acme/broken stay: it could not be read to its end, or the index does not know all of it yet',
    ])
    t.true(isThere(left, 'acme/broken'))
  },
)

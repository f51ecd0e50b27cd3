import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import test from 'ava'
import { readConfig } from '../../src/config/read-config.ts'
import { type Database, openDatabase } from '../../src/database/open-database.ts'
import { runDoctor } from '../../src/maintenance/doctor/run-doctor.ts'
import { OCI_INDEX, OCI_MANIFEST } from '../../src/protocol/media-types.ts'
import { fetchToken, pushImage, putManifest } from '../support/image.ts'
import { findIndexedRepository, findIndexedTag, isSettled } from '../support/index-rows.ts'
import { writeOciIndexLayout } from '../support/layered-image.ts'
import { runCommand } from '../support/run-command.ts'
import { findObstacle, testUnless } from '../support/skip-aloud.ts'
import {
  ALICE,
  addPeople,
  startDatabaseAgain,
  startTestStack,
  type TestStack,
} from '../support/stack.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'
import { waitFor } from '../support/wait-for.ts'

const obstacle = findObstacle(['skopeo', 'docker-registry', 'mariadbd', 'nginx'], { asRoot: false })
const declare = testUnless(obstacle)
const dir = makeTemporaryDir()
let stack: TestStack
let database: Database

test.before(async () => {
  if (obstacle !== undefined) return
  stack = await startTestStack()
  await addPeople(stack)
  const { host, port, user, password, database: name } = stack.database
  database = openDatabase(
    {
      host,
      port,
      user,
      password,
      name,
      tls: 'off',
      ca: undefined,
      poolMax: 2,
      waitSeconds: 10,
      graceSeconds: 10,
    },
    { warn: () => undefined, error: () => undefined },
  )
})

test.after.always(async () => {
  await database?.destroy()
  await stack?.remove()
  removeDir(dir)
})

const find = (repository: string, tag: string) => findIndexedTag({ database }, { repository, tag })
const settle = () => waitFor(async () => (await isSettled({ database })) || undefined)
const service = () => ({ url: stack.url, registryUrl: stack.registryUrl })

/** Bytes of all blobs in a layout: what a registry that has all of it holds. */
const bytesOf = (layout: string): number =>
  readdirSync(join(layout, 'blobs', 'sha256')).reduce(
    (sum, name) => sum + statSync(join(layout, 'blobs', 'sha256', name)).size,
    0,
  )

const copy = (from: string, repository: string) =>
  runCommand('skopeo', [
    'copy',
    '--all',
    '--preserve-digests',
    '--insecure-policy',
    '--dest-tls-verify=false',
    '--dest-creds',
    `${ALICE.username}:${ALICE.password}`,
    from,
    `docker://${stack.address}/${repository}`,
  ])

declare('an image of two platforms is in the index within two seconds of its push', async (t) => {
  const layout = join(dir, 'platforms')
  const digest = writeOciIndexLayout(layout, ['amd64', 'arm64'])
  const { code, output } = await copy(`oci:${layout}:latest`, 'acme/multi:v1')
  t.is(code, 0, output)
  const { found, tookMs } = await waitFor(() => find('acme/multi', 'v1'))
  t.true(tookMs < 2000, `${tookMs} ms`)
  t.is(found.digest, digest)
  t.is(found.sizeBytes, bytesOf(layout))
  await settle()
  t.is((await findIndexedRepository({ database }, 'acme/multi'))?.sizeBytes, bytesOf(layout))
  const labels = await database('manifest_labels')
    .where({ name: 'org.example.text' })
    .select('value')
  t.deepEqual(labels.map(({ value }) => value).sort(), ['for amd64', 'for arm64'])
  const children = await database('manifest_children').orderBy('position').select('architecture')
  t.deepEqual(
    children.map(({ architecture }) => architecture),
    ['amd64', 'arm64'],
  )
})

declare('an artifact about an image is known as its referrer, its fallback tag too', async (t) => {
  const repository = 'acme/signed'
  const image = await pushImage(service(), { as: ALICE, repository, tags: ['v1'] })
  const token = await fetchToken(service(), {
    as: ALICE,
    scope: `repository:${repository}:pull,push`,
  })
  await waitFor(() => find(repository, 'v1'))
  const config = await database('blobs').where({ size_bytes: 14 }).first('digest', 'size_bytes')
  const content = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      artifactType: 'application/spdx+json',
      config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: config.digest, size: 14 },
      layers: [],
      subject: { mediaType: OCI_MANIFEST, digest: image.digest, size: 1 },
    }),
  )
  const hex = image.digest.slice('sha256:'.length)
  const digest = await putManifest(
    service(),
    { repository, tag: 'sbom', token },
    { mediaType: OCI_MANIFEST, content },
  )
  const index = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: [{ mediaType: OCI_MANIFEST, digest, size: content.length }],
    }),
  )
  const tag = `sha256-${hex}`
  await putManifest(service(), { repository, tag, token }, { mediaType: OCI_INDEX, content: index })
  await waitFor(() => find(repository, tag))
  const row = await database('tags').where({ name: tag }).first('accessory', 'subject_digest')
  t.deepEqual({ ...row }, { accessory: 'referrers', subject_digest: image.digest })
  const referrer = await database('repository_manifests')
    .join('manifests', 'manifests.id', 'repository_manifests.manifest_id')
    .where({ 'repository_manifests.subject_digest': image.digest })
    .first('digest', 'artifact_type', 'kind')
  t.deepEqual({ ...referrer }, { digest, artifact_type: 'application/spdx+json', kind: 'artifact' })
  t.is((await find(repository, 'sbom'))?.sizeBytes, content.length + 14)
})

declare('the doctor proves that events arrive', async (t) => {
  const env = parseEnv(readFileSync(stack.warden.environmentPath, 'utf8'))
  const { config } = readConfig(env)
  const stateOf = async () => {
    const { checks } = await runDoctor({ url: stack.url, config })
    return checks.find(({ name }) => name === 'events')?.state
  }
  t.is(await stateOf(), 'ok')
})

declare('what is pushed while MySQL is away is in the index when it is back', async (t) => {
  const repository = 'acme/away'
  const token = await fetchToken(service(), {
    as: ALICE,
    scope: `repository:${repository}:pull,push`,
  })
  await stack.database.stop()
  const pushed = await pushImage(service(), { as: ALICE, repository, tags: ['v1'], token })
  const again = await startDatabaseAgain(stack)
  try {
    const { found } = await waitFor(() => find(repository, 'v1'), { mostMs: 30_000 })
    t.is(found.digest, pushed.digest)
    t.is(found.sizeBytes, pushed.sizeBytes)
  } finally {
    await stack.warden.stop()
    await again.stop()
  }
})

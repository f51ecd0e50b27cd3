import test from 'ava'
import type { RefreshDeps } from '../../src/images/refresh-outcome.ts'
import { refreshReferences } from '../../src/images/refresh-references.ts'
import { OCI_INDEX, OCI_MANIFEST } from '../../src/protocol/media-types.ts'
import type { RegistryClient } from '../../src/registry/client.ts'
import { digestOf, openIndexDatabase } from '../support/index-database.ts'

let index: Awaited<ReturnType<typeof openIndexDatabase>>

test.before(async () => {
  index = await openIndexDatabase()
})
test.after.always(() => index?.stop())

const MIB = 1024 * 1024
const [ROOT, LARGE, SMALL] = [1, 2, 3].map(digestOf)
const configOf = (digest: string | undefined) => `${digest}`.replace('sha256:0', 'sha256:a')

const manifest = (digest: string | undefined) => ({
  config: {
    digest: configOf(digest),
    mediaType: 'application/vnd.oci.image.config.v1+json',
  },
})

const CONTENT = new Map<string | undefined, object>([
  [ROOT, { manifests: [LARGE, SMALL].map((digest) => ({ digest, mediaType: OCI_MANIFEST })) }],
  [LARGE, manifest(LARGE)],
  [SMALL, manifest(SMALL)],
])

function configBytes(digest: string): Buffer {
  const config = { os: 'linux', architecture: 'arm64', config: { Labels: { team: 'tools' } } }
  const text = JSON.stringify({ ...config, history: [{ comment: 'made' }] })
  return Buffer.from(digest === configOf(LARGE) ? text.padEnd(4 * MIB) : text)
}

/** Every tag is on what is called like it. */
const registry = {
  lookUpManifest: async ({ reference }: { readonly reference: string }) => ({
    digest: reference === 'many' ? ROOT : SMALL,
    mediaType: reference === 'many' ? OCI_INDEX : OCI_MANIFEST,
  }),
  readManifest: async ({ reference }: { readonly reference: string }) => ({
    digest: reference,
    mediaType: reference === ROOT ? OCI_INDEX : OCI_MANIFEST,
    content: Buffer.from(JSON.stringify(CONTENT.get(reference))),
  }),
  readBlob: async ({ digest }: { readonly digest: string }) => configBytes(digest),
  findBlobSize: async ({ digest }: { readonly digest: string }) => configBytes(digest).length,
} as unknown as RegistryClient

const deps = (): RefreshDeps => ({
  database: index.database,
  registry,
  findPassing: async () => new Set(),
})

const describe = () =>
  index
    .database('manifests')
    .leftJoin('manifest_labels', 'manifest_labels.manifest_id', 'manifests.id')
    .join('manifest_details', 'manifest_details.manifest_id', 'manifests.id')
    .where({ digest: SMALL })
    .first('os', 'architecture', 'value', 'labels', 'history')

test('what an index had no room for is told of an image when it stands alone', async (t) => {
  const [first] = await refreshReferences(deps(), [{ repository: 'one/index', reference: 'many' }])
  t.is(first?.state, 'read')
  t.like(await describe(), { os: null, value: null, labels: null, history: null })
  const [second] = await refreshReferences(deps(), [{ repository: 'other/app', reference: 'v1' }])
  t.is(second?.state, 'read')
  t.like(await describe(), { os: 'linux', architecture: 'arm64', value: 'tools' })
  t.deepEqual(JSON.parse((await describe()).labels), { team: 'tools' })
  t.is(JSON.parse((await describe()).history)[0].comment, 'made')
})

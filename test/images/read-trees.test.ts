import test from 'ava'
import { readTrees } from '../../src/images/read-trees.ts'
import { OCI_INDEX, OCI_MANIFEST } from '../../src/protocol/media-types.ts'
import type { RegistryClient } from '../../src/registry/client.ts'
import { digestOf, openIndexDatabase } from '../support/index-database.ts'

let index: Awaited<ReturnType<typeof openIndexDatabase>>

test.before(async () => {
  index = await openIndexDatabase()
})
test.after.always(() => index?.stop())

const CONFIG = digestOf(900)
const config = { digest: CONFIG, mediaType: 'application/vnd.oci.image.config.v1+json' }
const MIB = 1024 * 1024

/** A registry with an index of so many images, all with the same config. */
function createRegistry(images: number, configBytes: number) {
  const children = Array.from({ length: images }, (_, n) => digestOf(n + 2))
  const manifests = children.map((digest) => ({ digest, mediaType: OCI_MANIFEST }))
  const padding = 'x'.repeat(configBytes)
  const reads: string[] = []
  const registry = {
    readManifest: async ({ reference }: { readonly reference: string }) => ({
      digest: reference,
      mediaType: OCI_INDEX,
      content: Buffer.from(JSON.stringify(reference === digestOf(1) ? { manifests } : { config })),
    }),
    readBlob: async ({ digest }: { readonly digest: string }) => {
      reads.push(digest)
      return Buffer.from(JSON.stringify({ os: 'linux', padding }))
    },
    findBlobSize: async () => configBytes,
  } as unknown as RegistryClient
  return { registry, reads }
}

const sought = { repository: 'acme/app', repositoryId: 1, root: digestOf(1) }

test('R33: of the configs of one tree no more than eight MiB are held, however many images', async (t) => {
  const { registry, reads } = createRegistry(100, 1.5 * MIB)
  const [tree] = await readTrees({ database: index.database, registry }, [sought])
  if (tree === undefined || tree === 'deferred' || 'error' in tree) return t.fail()
  t.is(tree.manifests.length, 101)
  t.is(reads.length, 3)
  t.is(tree.manifests.filter(({ config: read }) => read?.os === 'linux').length, 3)
})

test('the small configs of many images are all read', async (t) => {
  const { registry, reads } = createRegistry(100, 20_000)
  const [tree] = await readTrees({ database: index.database, registry }, [sought])
  if (tree === undefined || tree === 'deferred' || 'error' in tree) return t.fail()
  t.is(reads.length, 100)
  t.is(tree.manifests.filter(({ config: read }) => read?.os === 'linux').length, 100)
})

test('R33: configs count for what a batch may hold', async (t) => {
  const { registry } = createRegistry(3, 3 * MIB)
  const many = Array.from({ length: 40 }, (_, n) => ({ ...sought, repositoryId: n + 1 }))
  const trees = await readTrees({ database: index.database, registry }, many)
  t.is(trees[0] === 'deferred', false)
  t.is(trees.at(-1), 'deferred')
})

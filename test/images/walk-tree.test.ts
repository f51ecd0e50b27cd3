import test from 'ava'
import { measureTree, walkTree } from '../../src/images/walk-tree.ts'
import { OCI_INDEX, OCI_MANIFEST } from '../../src/protocol/media-types.ts'
import type { RegistryClient } from '../../src/registry/client.ts'

const digestOf = (n: number): string => `sha256:${String(n).padStart(64, '0')}`

/** A registry that has these manifests by number, and counts how often it is read. */
function createRegistry(manifests: Readonly<Record<number, object>>) {
  const reads: string[] = []
  const registry = {
    readManifest: async ({ reference }: { readonly reference: string }) => {
      reads.push(reference)
      const found = manifests[Number(reference.slice(7))]
      if (found === undefined) return undefined
      const content = Buffer.from(JSON.stringify(found))
      return { digest: reference, mediaType: OCI_INDEX, content }
    },
  } as unknown as RegistryClient
  return { registry, reads }
}

const index = (...children: readonly number[]) => ({
  manifests: children.map((n) => ({ digest: digestOf(n), mediaType: OCI_MANIFEST, size: 9e15 })),
})
const image = (...blobs: readonly number[]) => ({
  config: { digest: digestOf(900), mediaType: 'application/vnd.oci.image.config.v1+json', size: 0 },
  layers: blobs.map((n) => ({ digest: digestOf(n), size: 9e15 })),
})
const bytes = (value: object): number => JSON.stringify(value).length
const walk = (registry: RegistryClient, n = 1) =>
  walkTree(registry, { repository: 'acme/app', root: digestOf(n) })

test('R33: of a diamond each manifest is read once and each blob counted once', async (t) => {
  const [left, right] = [index(4), index(4, 5)]
  const manifests = { 1: index(2, 3), 2: left, 3: right, 4: image(901), 5: image(901, 902) }
  const { registry, reads } = createRegistry(manifests)
  const tree = await walk(registry)
  t.deepEqual(reads, [1, 2, 3, 4, 5].map(digestOf))
  t.true(tree.isWhole)
  const blobs = new Map([900, 901, 902].map((n) => [digestOf(n), n]))
  const contents = Object.values(manifests).reduce((sum, one) => sum + bytes(one), 0)
  t.is(measureTree(tree.manifests, digestOf(1), blobs), contents + 900 + 901 + 902)
})

test('R33: an index that leads back to itself ends', async (t) => {
  const { registry, reads } = createRegistry({ 1: index(2), 2: index(1) })
  await walk(registry)
  t.is(reads.length, 2)
})

test('R33: a maze is left after 128 manifests or four levels, and has no size', async (t) => {
  const many = (from: number) => index(...Array.from({ length: 100 }, (_, n) => from + n))
  const wide = createRegistry({ 1: index(2, 3), 2: many(100), 3: many(300) })
  const tree = await walk(wide.registry)
  t.false(tree.isWhole)
  t.is(wide.reads.length, 3)
  const deep = createRegistry({ 1: index(2), 2: index(3), 3: index(4), 4: index(5), 5: image() })
  t.false((await walk(deep.registry)).isWhole)
  t.is(deep.reads.length, 4)
})

test('R33: no more than 16 MiB of manifests are held', async (t) => {
  const heavy = { ...image(), annotations: { padding: 'x'.repeat(4_000_000) } }
  const children = [2, 3, 4, 5, 6, 7, 8, 9]
  const manifests = Object.fromEntries(children.map((n) => [n, heavy]))
  const { registry, reads } = createRegistry({ 1: index(...children), ...manifests })
  const tree = await walk(registry)
  t.false(tree.isWhole)
  t.is(reads.length, 6)
})

test('a tree with a missing part, or a blob without a proven size, has no size', async (t) => {
  const { registry } = createRegistry({ 1: index(2, 3), 2: image(901) })
  const tree = await walk(registry)
  t.false(tree.isWhole)
  t.is(measureTree(tree.manifests, digestOf(1), new Map()), undefined)
  t.is(measureTree(tree.manifests, digestOf(2), new Map([[digestOf(900), 1]])), undefined)
})

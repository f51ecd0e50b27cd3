import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import test from 'ava'
import { isRepositoryName } from '../../src/protocol/reference.ts'
import { parseRegistryRequest } from '../../src/protocol/registry-request.ts'
import { digestOf } from '../../src/registry/manifests.ts'
import { type BareRegistry, emptyManifest, startBareRegistry } from '../support/bare-registry.ts'
import { chooseSeed, createGenerator } from '../support/generate.ts'
import { generateDelete, generateTarget } from '../support/odd-targets.ts'
import { rawRequest } from '../support/raw-request.ts'

const DIGEST = `sha256:${'ab'.repeat(32)}`
let registry: BareRegistry

test.before(async () => {
  registry = await startBareRegistry()
})
test.after.always(() => registry?.remove())

for (const [method, target, expected] of [
  ['GET', '/v2/', { kind: 'base' }],
  ['GET', '/v2/_catalog?n=1', { kind: 'catalog' }],
  ['GET', '/v2/acme/app/tags/list', { kind: 'tags', repository: 'acme/app' }],
  [
    'PUT',
    `/v2/acme/app/manifests/${DIGEST}`,
    { kind: 'manifest', repository: 'acme/app', reference: DIGEST },
  ],
  [
    'PUT',
    '/v2/acme/manifests/tags/manifests/list',
    { kind: 'manifest', repository: 'acme/manifests/tags', reference: 'list' },
  ],
  ['GET', `/v2/acme/app/blobs/${DIGEST}`, { kind: 'blob', repository: 'acme/app', digest: DIGEST }],
  ['POST', '/v2/acme/app/blobs/uploads/', { kind: 'upload-start', repository: 'acme/app' }],
  [
    'POST',
    '/v2/acme%2Fapp/blobs%2Fuploads%2f?mount=x',
    { kind: 'upload-start', repository: 'acme/app' },
  ],
  [
    'PATCH',
    '/v2/acme/app/blobs/uploads/4f-4c_=.x?_state=y',
    { kind: 'upload', repository: 'acme/app', upload: '4f-4c_=.x' },
  ],
  ['POST', '/v2/acme/app/blobs/uploads', undefined],
  ['POST', '/v2/acme/app/manifests/v1', undefined],
  ['PUT', '/v2/acme/app/tags/list', undefined],
  ['PUT', '/v2/acme/app/manifests/', undefined],
  ['PUT', `/v2/${'a'.repeat(256)}/manifests/v1`, undefined],
  ['PUT', `/v2/acme/app/manifests/${'a'.repeat(129)}`, undefined],
  ['PUT', `/v2/acme/app/manifests/v1?${'x'.repeat(9000)}`, undefined],
  ['PUT', '', undefined],
  ['PUT', '*', undefined],
] as const) {
  test(`${method} ${target.slice(0, 60)} asks for ${expected?.kind ?? 'nothing'}`, (t) => {
    t.deepEqual(parseRegistryRequest(method, target), expected)
  })
}

/** What the registry did to its storage; undefined: nothing. */
async function findActedOn(target: string) {
  const { mediaType, content } = emptyManifest()
  const headers = { 'Content-Type': mediaType, 'Content-Length': String(content.length) }
  const { status, head } = await rawRequest(registry.port, 'PUT', target, headers, content)
  if (status !== 201) return undefined
  const [, repository = ''] = /^location: \S+?\/v2\/(\S+)\/manifests\/sha256:/im.exec(head) ?? []
  const tagsDir = join(registry.repositoriesDir, repository, '_manifests/tags')
  const isOn = (tag: string): boolean =>
    readFileSync(join(tagsDir, tag, 'current/link'), 'utf8') === digestOf(content)
  return { kind: 'manifest', repository, reference: readdirSync(tagsDir).find(isOn) }
}

for (const target of [
  '/v2/acme%2Fapp/manifests/v1',
  '/v2/acme/app/%6danifests/v1',
  '/v2/acme/app/manifests%2Fv1',
  '/v2/acme/app/manifests/v%31',
  '/v2/acme/app/manifests/v1?x=/manifests/v2',
  '/%76%32/acme/app/manifests/v1',
]) {
  test.serial(`R15: the registry takes ${target} for the tag v1, and so do we`, async (t) => {
    const expected = { kind: 'manifest', repository: 'acme/app', reference: 'v1' }
    t.deepEqual(await findActedOn(target), expected)
    t.deepEqual(parseRegistryRequest('PUT', target), expected)
  })
}

for (const [target, repository] of [
  ['/v2/acme/app/tags/manifests/v1', 'acme/app/tags'],
  ['/v2/acme/blobs/uploads/manifests/v1', 'acme/blobs/uploads'],
  ['/v2/manifests/manifests/v1', 'manifests'],
  ['/v2/acme/manifests/v1/manifests/v1', 'acme/manifests/v1'],
] as const) {
  test.serial(
    `R18: the last reserved word of ${target} counts for the registry and us`,
    async (t) => {
      const expected = { kind: 'manifest', repository, reference: 'v1' }
      t.deepEqual(await findActedOn(target), expected)
      t.deepEqual(parseRegistryRequest('PUT', target), expected)
    },
  )
}

/** What we read, where it is a manifest that the registry must then act on. */
function readOf(target: string) {
  const read = parseRegistryRequest('PUT', target)
  // An address that is good is refused for a digest that is not the body's.
  return read?.kind === 'manifest' && read.reference !== DIGEST ? read : undefined
}

test.serial('R15: what the registry acts on is what we read, in 1500 odd paths', async (t) => {
  const seed = chooseSeed()
  const generator = createGenerator(seed)
  let taken = 0
  for (let n = 0; n < 1500; n++) {
    const target = generateTarget(generator)
    const acted = await findActedOn(target)
    if (acted !== undefined) taken++
    // Names with a host before them are no names to us.
    const isName = acted !== undefined && isRepositoryName(acted.repository)
    t.deepEqual(readOf(target), isName ? acted : undefined, `TEST_SEED=${seed}: ${target}`)
  }
  t.true(taken > 200 && taken < 1300, String(taken))
})

interface Seeded {
  readonly repository: string
  readonly digest: string
  /** What the registry deletes: the file that says that the repository has the manifest. */
  readonly link: string
}

/** Pushes a manifest of its own to a repository, however odd its name. */
async function seed(repository: string): Promise<Seeded> {
  const { mediaType, content } = emptyManifest()
  const headers = { 'Content-Type': mediaType, 'Content-Length': String(content.length) }
  const target = `/v2/${repository}/manifests/v1`
  const { status, body } = await rawRequest(registry.port, 'PUT', target, headers, content)
  if (status !== 201) throw new Error(`${target}: ${status} ${body}`)
  const digest = digestOf(content)
  const revision = `_manifests/revisions/${digest.replace(':', '/')}/link`
  return { repository, digest, link: join(registry.repositoriesDir, repository, revision) }
}

/** Deletes by a target. @returns what is gone by that; what was there is put back */
async function findDeleted(method: string, target: string, seeded: readonly Seeded[]) {
  await rawRequest(registry.port, method, target)
  const gone = seeded.filter(({ link }) => !existsSync(link))
  for (const { link, digest } of gone) {
    mkdirSync(dirname(link), { recursive: true })
    writeFileSync(link, digest)
  }
  return gone.map(({ repository, digest: reference }) => ({
    kind: 'manifest',
    repository,
    reference,
  }))
}

for (const [method, prefix, middle, end] of [
  ['DELETE', '/v2/acme/app/', 'manifests/', ''],
  ['DELETE', '/v2/acme%2Fapp/', 'manifests/', ''],
  ['DELETE', '/v2/acme/app/', '%6danifests/', ''],
  ['DELETE', '/v2/acme/app/', 'manifests%2f', ''],
  ['DELETE', '/v2/acme/app/', 'manifests/', '?x=/manifests/v1'],
] as const) {
  test.serial(`R16: the registry deletes by ${prefix}${middle}…${end}, and so do we`, async (t) => {
    const app = await seed('acme/app')
    const target = `${prefix}${middle}${app.digest}${end}`
    const deleted = await findDeleted(method, target, [app])
    t.deepEqual(deleted, [{ kind: 'manifest', repository: 'acme/app', reference: app.digest }])
    t.deepEqual(parseRegistryRequest(method, target), deleted[0] as never)
  })
}

test.serial(
  'R16: in another case the method deletes nothing, and asks us for nothing',
  async (t) => {
    const app = await seed('acme/app')
    const target = `/v2/acme/app/manifests/${app.digest}`
    for (const method of ['delete', 'Delete', 'DELETED', 'DELETE\t']) {
      t.deepEqual(await findDeleted(method, target, [app]), [], method)
      t.is(parseRegistryRequest(method, target), undefined, method)
    }
  },
)

/** Names that hold words of the paths are names to the registry. */
const SEEDED = [
  'acme/app',
  'acme',
  'acme/app/tags',
  'acme/manifests',
  'manifests/x',
  'a/blobs/uploads',
]

test.serial('R16: what the registry deletes is what we read, in 1000 odd paths', async (t) => {
  const seedNumber = chooseSeed()
  const generator = createGenerator(seedNumber)
  const seeded = await Promise.all(SEEDED.map(seed))
  let taken = 0
  for (let n = 0; n < 1000; n++) {
    const wanted = generator.pick(seeded)
    const target = generateDelete(generator, wanted)
    const [deleted, ...more] = await findDeleted('DELETE', target, seeded)
    t.deepEqual(more, [])
    if (deleted !== undefined) taken++
    const read = parseRegistryRequest('DELETE', target)
    const isSeeded = seeded.some(
      ({ repository, digest }) =>
        read?.kind === 'manifest' && read.repository === repository && read.reference === digest,
    )
    t.deepEqual(isSeeded ? read : undefined, deleted as never, `TEST_SEED=${seedNumber}: ${target}`)
  }
  t.true(taken > 150 && taken < 900, String(taken))
})

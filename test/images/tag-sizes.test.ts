import test from 'ava'
import { AppError } from '../../src/errors.ts'
import { createImageReads, type ImageReads } from '../../src/images/image-reads.ts'
import { listTags, readTag } from '../../src/images/list-tags.ts'
import type { RegistryClient } from '../../src/registry/client.ts'
import { pushImage } from '../support/image.ts'
import { pushIndex } from '../support/index-maze.ts'
import { openRegistry } from '../support/registry-client.ts'
import { ADMIN, type Service, startService } from '../support/service.ts'

const MIB = 1024 * 1024
/** A piece of an answer is told of when it has come. */
const LAST_PIECE = 64 * 1024

let service: Service
let registry: RegistryClient

test.before(async () => {
  service = await startService()
  await service.admin('POST', '/api/v1/projects', { name: 'acme' })
  registry = await openRegistry(service)
})
test.after.always(async () => {
  await registry.close()
  await service.stop()
})

const names = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `t${String(index).padStart(3, '0')}`)

const nobodyLeaves = (): AbortSignal => new AbortController().signal
const page = (repository: string) => ({
  repository,
  after: '',
  limit: 1000,
  left: nobodyLeaves(),
})

/** The real registry, with what is read of its manifests counted. */
function counting(real: RegistryClient) {
  const count = { reads: 0, looks: 0, bytes: 0, atOnce: 0, mostAtOnce: 0 }
  const during = async <T>(work: Promise<T>): Promise<T> => {
    count.mostAtOnce = Math.max(count.mostAtOnce, ++count.atOnce)
    try {
      return await work
    } finally {
      count.atOnce--
    }
  }
  const client: RegistryClient = {
    ...real,
    findManifest: (reference, reading) => {
      count.looks++
      return during(real.findManifest(reference, reading))
    },
    readManifest: (reference, reading) => {
      count.reads++
      const spend = (bytes: number): void => {
        count.bytes += bytes
        reading?.spend?.(bytes)
      }
      return during(real.readManifest(reference, { ...reading, spend }))
    },
  }
  return { client, count }
}

test('R33: a chain of nested indexes under many tags is read three levels deep, once', async (t) => {
  const repository = 'acme/chain'
  let child = (await pushImage(service, { as: ADMIN, repository, tags: ['image'] })).digest
  for (let level = 0; level < 6; level++) {
    child = await pushIndex(service, {
      repository,
      child,
      isChildImage: level === 0,
      tags: level === 5 ? names(12) : ['below'],
    })
  }
  const { client, count } = counting(registry)
  const { items } = await listTags(
    { registry: client, reads: createImageReads() },
    page(repository),
  )
  const sizes = new Map(items.map(({ name, sizeBytes }) => [name, sizeBytes]))
  t.deepEqual([items.length, sizes.get('t000'), sizes.get('t011')], [14, undefined, undefined])
  t.is(typeof sizes.get('image'), 'number')
  // Of the top three levels, of the three from `below` on, and the image.
  t.deepEqual({ looks: count.looks, reads: count.reads }, { looks: 14, reads: 5 })
})

test('an index of an index of an image is measured', async (t) => {
  const repository = 'acme/three'
  const image = await pushImage(service, { as: ADMIN, repository, tags: ['image'] })
  const inner = await pushIndex(service, {
    repository,
    child: image.digest,
    isChildImage: true,
    tags: ['inner'],
  })
  await pushIndex(service, { repository, child: inner, tags: ['outer'] })
  const deps = { registry, reads: createImageReads() }
  const { sizeBytes } = await readTag(deps, { ...page(repository), tag: 'outer' })
  t.true((sizeBytes ?? 0) > image.sizeBytes)
})

test('a manifest that many tags are on is read once', async (t) => {
  const repository = 'acme/equal'
  const { sizeBytes } = await pushImage(service, { as: ADMIN, repository, tags: names(10) })
  const { client, count } = counting(registry)
  const { items } = await listTags(
    { registry: client, reads: createImageReads() },
    page(repository),
  )
  t.deepEqual(
    items.map((tag) => tag.sizeBytes),
    Array.from({ length: 10 }, () => sizeBytes),
  )
  t.is(count.reads, 1)
})

test('R33: one page reads 16 MiB of manifests, and lists the other tags without a size', async (t) => {
  const repository = 'acme/fat'
  for (const tag of names(30))
    await pushIndex(service, { repository, tags: [tag], padding: 900_000 })
  const { client, count } = counting(registry)
  const { items } = await listTags(
    { registry: client, reads: createImageReads() },
    page(repository),
  )
  const measured = items.filter(({ sizeBytes }) => sizeBytes !== undefined)
  t.is(items.length, 30)
  t.true(measured.length >= 14 && measured.length <= 18, `${measured.length}`)
  t.true(count.bytes <= 16 * MIB + 4 * LAST_PIECE, `${count.bytes}`)
})

test('R33: a manifest of more than 1 MiB is not read to its end', async (t) => {
  const repository = 'acme/huge'
  await pushIndex(service, { repository, tags: ['huge'], padding: 3 * MIB })
  const { client, count } = counting(registry)
  const deps = { registry: client, reads: createImageReads() }
  const tag = await readTag(deps, { ...page(repository), tag: 'huge' })
  t.is(tag.sizeBytes, undefined)
  t.true(count.bytes <= MIB + LAST_PIECE, `${count.bytes}`)
})

test('all pages together have eight manifests in hand at a time', async (t) => {
  const repository = 'acme/crowd'
  await pushImage(service, { as: ADMIN, repository, tags: names(12) })
  const { client, count } = counting(registry)
  const deps = { registry: client, reads: createImageReads() }
  await Promise.all(Array.from({ length: 10 }, () => listTags(deps, page(repository))))
  t.is(count.mostAtOnce, 8)
})

test('nothing more is asked of the registry when the client has left', async (t) => {
  const repository = 'acme/left'
  await pushImage(service, { as: ADMIN, repository, tags: names(40) })
  const { client, count } = counting(registry)
  const leaving = new AbortController()
  const findManifest: RegistryClient['findManifest'] = (reference, reading) => {
    if (count.looks === 5) leaving.abort(new AppError('REQUEST_INVALID', { detail: 'gone' }))
    return client.findManifest(reference, reading)
  }
  const deps = { registry: { ...client, findManifest }, reads: createImageReads() }
  const input = { ...page(repository), left: leaving.signal }
  await t.throwsAsync(listTags(deps, input), { message: 'gone' })
  t.true(count.looks <= 9, `${count.looks}`)
})

test('tags whose measuring takes too long are listed without a size', async (t) => {
  const repository = 'acme/slow'
  await pushImage(service, { as: ADMIN, repository, tags: names(6) })
  const ending = new AbortController()
  const readManifest: RegistryClient['readManifest'] = () => {
    ending.abort()
    return new Promise(() => undefined)
  }
  const reads: ImageReads = { ...createImageReads(), deadline: () => ending.signal }
  const { items } = await listTags(
    { registry: { ...registry, readManifest }, reads },
    page(repository),
  )
  t.deepEqual(
    items.map(({ name, sizeBytes }) => [name, sizeBytes]),
    names(6).map((name) => [name, undefined]),
  )
})

test('all pages together hold 64 MiB, and get back what a page gives back', (t) => {
  const { openBudget } = createImageReads()
  const pages = Array.from({ length: 4 }, openBudget)
  for (const { spend } of pages) t.notThrows(() => spend(16 * MIB))
  t.throws(() => openBudget().spend(1), { code: 'BUSY' })
  for (const { close } of pages) close()
  t.throws(() => pages[0]?.spend(1), { code: 'BUSY' })
  t.notThrows(() => openBudget().spend(16 * MIB))
})

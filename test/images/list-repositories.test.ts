import test from 'ava'
import { listRepositories } from '../../src/images/list-repositories.ts'
import { ANONYMOUS, type Subject } from '../../src/protocol/subject.ts'
import type { RegistryClient } from '../../src/registry/client.ts'
import { openRegistry } from '../support/registry-client.ts'
import { type Service, startService } from '../support/service.ts'

const ADMINISTRATOR: Subject = {
  kind: 'user',
  id: 1,
  username: 'admin',
  systemRole: 'administrator',
}

let service: Service
let real: RegistryClient

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
  for (const [name, visibility] of [
    ['hidden', 'private'],
    ['open', 'public'],
  ]) {
    await service.admin('POST', '/api/v1/projects', { name, visibility })
  }
  real = await openRegistry(service)
})
test.after.always(async () => {
  await real.close()
  await service.stop()
})

const numbered = (project: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${project}/r${String(index).padStart(5, '0')}`)

/** A registry with this catalog, in pages of a thousand. */
function withCatalog(catalog: readonly string[], tags: readonly string[]) {
  const calls = { catalog: 0, tags: 0, firstAfter: undefined as string | undefined }
  const registry: RegistryClient = {
    ...real,
    listCatalog: async (after) => {
      calls.catalog++
      calls.firstAfter ??= after
      const rest = catalog.filter((name) => name > after)
      const names = rest.slice(0, 1000)
      return { names, next: rest.length > 1000 ? names.at(-1) : undefined }
    },
    listTags: async () => {
      calls.tags++
      return tags
    },
  }
  return { registry, calls }
}

const list = (
  registry: RegistryClient,
  input: { readonly subject: Subject; readonly after?: string; readonly project?: string },
) =>
  listRepositories(
    { database: service.database, registry, now: () => new Date() },
    { after: '', limit: 50, left: new AbortController().signal, ...input },
  )

test('one page looks at ten pages of the catalog, and goes on where it ended', async (t) => {
  const { registry, calls } = withCatalog([...numbered('hidden', 12_000), 'open/site'], ['1'])
  const first = await list(registry, { subject: ANONYMOUS })
  t.deepEqual(first, { items: [], next: 'hidden/r09999' })
  t.is(calls.catalog, 10)
  const second = await list(registry, { subject: ANONYMOUS, after: 'hidden/r09999' })
  t.deepEqual(second, {
    items: [{ name: 'open/site', project: 'open', tagCount: 1 }],
    next: undefined,
  })
})

test('one page counts the tags of 2000 repositories, and goes on where it ended', async (t) => {
  const { registry, calls } = withCatalog(numbered('open', 2500), [])
  const first = await list(registry, { subject: ADMINISTRATOR })
  t.deepEqual(first, { items: [], next: 'open/r01999' })
  t.is(calls.tags, 2000)
  const second = await list(registry, { subject: ADMINISTRATOR, after: 'open/r01999' })
  t.deepEqual(second, { items: [], next: undefined })
  t.is(calls.tags, 2500)
})

test('a page that is full tells whether there is more', async (t) => {
  const { registry } = withCatalog(numbered('open', 100), ['1'])
  const first = await list(registry, { subject: ANONYMOUS })
  t.deepEqual([first.items.length, first.next], [50, 'open/r00049'])
  const second = await list(registry, { subject: ANONYMOUS, after: 'open/r00049' })
  t.deepEqual([second.items.length, second.next], [50, undefined])
})

test('the repositories of a project are looked for from its name on', async (t) => {
  const { registry, calls } = withCatalog([...numbered('hidden', 3000), 'open/site'], ['1'])
  const { items } = await list(registry, { subject: ANONYMOUS, project: 'open' })
  t.deepEqual(
    items.map(({ name }) => name),
    ['open/site'],
  )
  t.deepEqual(calls, { catalog: 1, tags: 1, firstAfter: 'open' })
})

test('no more tags are counted when one count has failed', async (t) => {
  const { registry } = withCatalog(numbered('open', 50), ['1'])
  let calls = 0
  const listTags: RegistryClient['listTags'] = async () => {
    calls++
    throw new Error('away')
  }
  await t.throwsAsync(list({ ...registry, listTags }, { subject: ANONYMOUS }), { message: 'away' })
  await new Promise((resolve) => setImmediate(resolve))
  t.true(calls <= 8, `${calls}`)
})

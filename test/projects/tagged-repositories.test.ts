import test from 'ava'
import { AppError } from '../../src/errors.ts'
import { requireNoRepositories } from '../../src/projects/require-no-repositories.ts'
import { requireNoTags } from '../../src/projects/tagged-repositories.ts'

const NEXT = 2

/** A registry whose catalog has these names in this order, two on a page. */
function registryOf(names: readonly string[], tagged: readonly string[] = names) {
  const asked: string[] = []
  return {
    asked,
    listCatalog: async (after: string) => {
      asked.push(after)
      const from = names.includes(after)
        ? names.indexOf(after) + 1
        : names.findIndex((name) => name > after)
      const page = from === -1 ? [] : names.slice(from, from + NEXT)
      return { names: page, next: from + NEXT < names.length ? page.at(-1) : undefined }
    },
    listTags: async (name: string) => (tagged.includes(name) ? ['v1'] : undefined),
  }
}

const BY_SEGMENT = ['acme/app', 'acme/web', 'acme-x/a', 'acme.x/a', 'acme0/a', 'zoo/a']
const BY_LETTER = ['acme-x/a', 'acme-x/b', 'acme.x/a', 'acme/app', 'acme0/a', 'zoo/a']

for (const [order, names] of [
  ['by path segment', BY_SEGMENT],
  ['by letter', BY_LETTER],
] as const) {
  test(`R4: repositories of a project are found in a catalog ${order}`, async (t) => {
    const error = await t.throwsAsync(
      requireNoTags(registryOf(names), { project: 'acme', remedy: 'delete them' }),
      { instanceOf: AppError },
    )
    t.is(error.code, 'CONFLICT')
    t.regex(error.message, /^the registry has repositories of acme with tags: acme\/app/)
    await t.throwsAsync(requireNoRepositories(registryOf(names), 'acme'), { code: 'CONFLICT' })
  })
}

test('neighbours of the same beginning are not of the project', async (t) => {
  const others = ['acme-x/a', 'acme.x/a', 'acme0/a', 'acme0/b', 'acme_b/c', 'acmeb/d']
  const registry = registryOf(others)
  await t.notThrowsAsync(requireNoTags(registry, { project: 'acme', remedy: '' }))
  // The third page and those behind it can hold none any more.
  t.deepEqual(registry.asked, ['acme', 'acme.x/a'])
})

test('repositories without a tag are none', async (t) => {
  const registry = registryOf(BY_SEGMENT, ['acme-x/a'])
  await t.notThrowsAsync(requireNoTags(registry, { project: 'acme', remedy: '' }))
})

test('a few are named and the rest is not looked at', async (t) => {
  const many = Array.from({ length: 90 }, (_, i) => `acme/${String(i).padStart(2, '0')}`)
  const registry = registryOf(many)
  const error = await t.throwsAsync(
    requireNoTags(registry, { project: 'acme', remedy: 'delete their tags first' }),
  )
  t.is(
    error?.message,
    'the registry has repositories of acme with tags: acme/00, acme/01, acme/02 and more; delete their tags first',
  )
  t.is(registry.asked.length, 2)
})

test('R4: a list that cannot be read proves no repository empty', async (t) => {
  const registry = {
    ...registryOf(['acme/app']),
    listTags: () => Promise.reject(new AppError('UNAVAILABLE')),
  }
  await t.throwsAsync(requireNoTags(registry, { project: 'acme', remedy: '' }), {
    code: 'UNAVAILABLE',
  })
})

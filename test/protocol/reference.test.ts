import test from 'ava'
import {
  hasReservedSegment,
  isDigest,
  isProjectName,
  isRepositoryName,
  isTag,
  pathInProject,
  projectOf,
} from '../../src/protocol/reference.ts'

for (const name of ['ubuntu', 'acme/app', 'a/b/c/d', 'acme/my--app', 'acme/a__b', 'acme/a.b_c-d']) {
  test(`isRepositoryName takes ${name}`, (t) => t.true(isRepositoryName(name)))
}

for (const name of [
  '',
  '/',
  'Acme/app',
  'acme/app/',
  'acme//app',
  'acme/-app',
  'acme/a..b',
  'host:5000/app',
  'acme/app\n',
  `acme/${'a'.repeat(251)}`,
]) {
  test(`isRepositoryName refuses ${JSON.stringify(name.slice(0, 20))}`, (t) =>
    t.false(isRepositoryName(name)))
}

test('isProjectName refuses a slash, and names longer than 64', (t) => {
  t.deepEqual(['acme', 'acme/app', 'a'.repeat(65)].map(isProjectName), [true, false, false])
})

test('isTag follows the grammar of the specification', (t) => {
  const tags = ['v1', '_x', 'A.b-c', '.v1', '-v1', 'v 1', 'x'.repeat(128), 'x'.repeat(129)]
  t.deepEqual(tags.map(isTag), [true, true, true, false, false, false, true, false])
})

test('isDigest takes whole sha256 and sha512 digests only', (t) => {
  const digests = [`sha256:${'a'.repeat(64)}`, `sha512:${'0'.repeat(128)}`, 'sha256:ab', 'md5:00']
  t.deepEqual(digests.map(isDigest), [true, true, false, false])
})

test('a name without a slash belongs to the project library', (t) => {
  t.deepEqual(
    ['ubuntu', 'acme/app', 'acme/team/app'].map((name) => [projectOf(name), pathInProject(name)]),
    [
      ['library', 'ubuntu'],
      ['acme', 'app'],
      ['acme', 'team/app'],
    ],
  )
})

test('R18: names with a word of the registry’s own routes are known', (t) => {
  const names = [
    'acme/app/tags',
    'acme/blobs/uploads',
    'tags/list',
    'acme/manifests',
    'acme/tagset',
  ]
  t.deepEqual(names.map(hasReservedSegment), [true, true, true, true, false])
})

import test from 'ava'
import { readManifestContent } from '../../src/images/manifest-content.ts'

const annotationsOf = (annotations: unknown): Readonly<Record<string, string>> =>
  readManifestContent(Buffer.from(JSON.stringify({ layers: [], annotations }))).annotations

test('annotations are kept up to 200, with values of 4,096 letters', (t) => {
  const many = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`name-${n}`, 'x']))
  const kept = annotationsOf({ long: 'x'.repeat(5000), ...many })
  t.is(Object.keys(kept).length, 200)
  t.is(kept.long?.length, 4096)
  t.is(kept['name-198'], 'x')
})

test('annotations that are too much together are kept as far as their column goes', (t) => {
  const words = Array.from({ length: 100 }, (_, n) => [`name-${n}`, '"'.repeat(4096)])
  const kept = annotationsOf(Object.fromEntries(words))
  const length = JSON.stringify(kept).length
  t.true(length <= 256 * 1024, `${length}`)
  t.is(Object.keys(kept).length, 31)
})

test('an annotation that is none leaves the others alone', (t) => {
  const given = { good: '1', number: 7, '': 'no name', ['n'.repeat(256)]: 'x', list: ['a'] }
  t.deepEqual(annotationsOf(given), { good: '1' })
  for (const none of [undefined, null, 'text', ['a'], 7]) t.deepEqual(annotationsOf(none), {})
})

test('what builders put beside their images is told by its annotation', (t) => {
  const digest = `sha256:${'a'.repeat(64)}`
  const child = (n: number, annotations: unknown) => ({
    mediaType: 'm',
    digest: `sha256:${String(n).repeat(64)}`,
    annotations,
  })
  const manifests = [
    child(1, { 'vnd.docker.reference.type': 'attestation-manifest', other: 7 }),
    child(2, { 'vnd.docker.reference.type': 7 }),
    child(3, 'attestation-manifest'),
  ]
  const content = Buffer.from(JSON.stringify({ manifests, subject: { digest } }))
  t.deepEqual(
    readManifestContent(content).children.map(({ role }) => role),
    ['attestation', 'image', 'image'],
  )
})

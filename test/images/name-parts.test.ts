import test from 'ava'
import { gramsOf, segmentsOf } from '../../src/images/name-parts.ts'

test('a search by prefix may begin at every word of a name', (t) => {
  t.deepEqual(segmentsOf('acme/web-api/v1_2.x'), ['acme', 'web-api', 'api', 'v1_2.x', '2.x', 'x'])
})

test('every three letters in a row are found, each once', (t) => {
  t.deepEqual(gramsOf('aaaa/ab'), ['aaa', 'aa/', 'a/a', '/ab'])
  t.deepEqual(gramsOf('ab'), [])
})

test('a name of 255 letters has no more than 253 of them', (t) => {
  t.is(gramsOf(`${'ab'.repeat(127)}c`).length, 3)
  t.true(segmentsOf('a-'.repeat(127).slice(0, 253)).length <= 127)
})

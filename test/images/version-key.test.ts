import test from 'ava'
import { versionKey } from '../../src/images/version-key.ts'

const IN_ORDER = [
  'latest',
  '0.9',
  '1.0.0-alpha',
  '1.0.0-alpha.1',
  '1.0.0-alpha.beta',
  '1.0.0-beta.2',
  '1.0.0-beta.11',
  '1.0.0-rc.1',
  '1.0.0',
  '1.9',
  'v1.10.0',
  '2',
  '20261127',
]

test('keys sort as versions do, and what is no version comes first', (t) => {
  const sorted = IN_ORDER.toReversed().toSorted((a, b) => (versionKey(a) < versionKey(b) ? -1 : 1))
  t.deepEqual(sorted, IN_ORDER)
})

test('the same version has the same key however it is written', (t) => {
  t.is(versionKey('v1.2'), versionKey('1.2.0'))
})

test('no tag makes a key of more than 255 characters', (t) => {
  t.is(versionKey(`1.0.0-${'1.'.repeat(60)}1`).length, 255)
})

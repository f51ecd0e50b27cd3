import test from 'ava'
import { openCursor, type SealedKey, sealKey } from '../../../src/images/browse/sealed-cursor.ts'
import { createNameSeal } from '../../../src/images/name-seal.ts'

const seal = createNameSeal('4f9d1c1e-5c52-4c35-a5f3-0a7a0a6e0a11')
const query = { limit: 50 }
const question = { list: 'search', query }

/** As a caller sees it, who sends it back. */
const cursorOf = (key: SealedKey): string =>
  Buffer.from(sealKey(seal, question, key) ?? '').toString('base64url')
const open = (cursor: string) => openCursor(seal, { ...question, query: { ...query, cursor } })

const LONGEST = [1, 'n'.repeat(255), Number.MAX_SAFE_INTEGER, 't'.repeat(128)] as const

test('a list goes on after the longest names and tags that there are', (t) => {
  const cursor = cursorOf(LONGEST)
  t.true(cursor.length <= 1024)
  t.deepEqual(open(cursor), LONGEST)
})

test('the length of a cursor tells nothing of the name where the list goes on', (t) => {
  t.is(cursorOf(['a', null]).length, cursorOf(['acme/secret-thing', null]).length)
  t.is(cursorOf(['a']).length, cursorOf(LONGEST).length)
})

import test from 'ava'
import { readBasicCredentials } from '../../src/http/basic-auth.ts'

const encode = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

test('no header is no credentials', (t) => t.is(readBasicCredentials(''), undefined))

test('a password keeps its colons and its letters of any alphabet', (t) => {
  t.deepEqual(readBasicCredentials(encode('alice:a:b:密码')), {
    username: 'alice',
    secret: 'a:b:密码',
  })
})

test('the scheme is read in any case', (t) => {
  t.deepEqual(readBasicCredentials(encode('a:b').replace('Basic', 'bAsIc')), {
    username: 'a',
    secret: 'b',
  })
})

for (const header of ['Bearer abc', 'Basic', 'Basic !!!', encode('no colon'), 'Basic YTpi x']) {
  test(`${header} is refused, never taken for anonymous`, (t) => {
    t.throws(() => readBasicCredentials(header), {
      name: 'AppError',
      code: 'UNAUTHORIZED',
    } as object)
  })
}

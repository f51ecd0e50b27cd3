import test from 'ava'
import { createNameSeal } from '../../src/images/name-seal.ts'

const secret = '4f9d1c1e-5c52-4c35-a5f3-0a7a0a6e0a11'
const { seal, open } = createNameSeal(secret)

test('a sealed name opens on every replica and does not show itself', (t) => {
  const name = `acme/${'x'.repeat(250)}`
  const sealed = seal(name)
  t.is(createNameSeal(secret).open(sealed), name)
  t.is(createNameSeal(secret).seal(name), sealed)
  t.false(Buffer.from(sealed, 'base64url').includes('acme'))
  t.true(sealed.length <= 512)
})

test('what was not sealed here is refused', (t) => {
  const other = createNameSeal('another-installation')
  for (const text of ['', 'acme/app', `${seal('acme/app')}A`, other.seal('acme/app')]) {
    t.throws(() => open(text), { code: 'REQUEST_INVALID' })
  }
})

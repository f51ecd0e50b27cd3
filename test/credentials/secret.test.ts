import test from 'ava'
import { createSecret, hashSecret, readSecret } from '../../src/credentials/secret.ts'

test('a secret says by its beginning what it is for, and its checksum holds', (t) => {
  t.regex(createSecret('accessToken'), /^rwt_[0-9A-Za-z]{49}$/)
  t.regex(createSecret('robot'), /^rwr_[0-9A-Za-z]{49}$/)
  t.deepEqual(readSecret(createSecret('identityToken')), {
    kind: 'identityToken',
    isBroken: false,
  })
})

test('no two secrets are alike', (t) => {
  const secrets = new Set(Array.from({ length: 1000 }, () => createSecret('robot')))
  t.is(secrets.size, 1000)
})

test('R7: a secret with one other letter is known as broken without any look-up', (t) => {
  const secret = createSecret('accessToken')
  for (let at = 4; at < secret.length; at++) {
    const letter = secret[at] === 'a' ? 'b' : 'a'
    const other = secret.slice(0, at) + letter + secret.slice(at + 1)
    t.deepEqual(readSecret(other), { kind: 'accessToken', isBroken: true })
  }
})

test('what is no secret of ours is a password', (t) => {
  for (const text of ['', 'rwt_', 'rwt_short', `rwx_${'a'.repeat(49)}`, `rwt_${'a'.repeat(50)}`]) {
    t.is(readSecret(text), undefined)
  }
})

test('a secret is stored as its SHA-256', (t) => {
  t.is(hashSecret('rwt_0'), 'e6ee89a51ada5f236cd7b423c15fef34137c82de1621fa0d53fe35f392f565b5')
})

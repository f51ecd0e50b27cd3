import { generateKeyPairSync } from 'node:crypto'
import test from 'ava'
import { deriveSecret } from '../../src/signing/derive-secret.ts'

const makeAuthority = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })

test('R1: what is derived from the authority is its own for each authority and each use', (t) => {
  const [one, other] = [makeAuthority(), makeAuthority()]
  const secret = deriveSecret(one, 'a use')
  t.is(secret.length, 32)
  t.deepEqual(deriveSecret(one, 'a use'), secret)
  t.notDeepEqual(deriveSecret(one, 'another use'), secret)
  t.notDeepEqual(deriveSecret(other, 'a use'), secret)
})

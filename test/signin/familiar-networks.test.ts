import test from 'ava'
import { createFamiliarNetworks } from '../../src/signin/familiar-networks.ts'

const ONE = { id: 1, signInEpoch: 1 }
const TWO = { id: 2, signInEpoch: 1 }

test('R17: an account is familiar in the network that it proved itself from, and in no other', (t) => {
  const { remember, isFamiliar } = createFamiliarNetworks()
  remember(ONE, '198.51.100.7')
  t.true(isFamiliar(ONE, '198.51.100.200'))
  t.false(isFamiliar(ONE, '198.51.101.7'))
  t.false(isFamiliar(TWO, '198.51.100.7'))
})

test('R17: one account with many networks forgets its own oldest, and nobody else', (t) => {
  const { remember, isFamiliar } = createFamiliarNetworks({ mostAccounts: 10, mostNetworks: 2 })
  remember(ONE, '198.51.100.7')
  for (const network of [1, 2, 1, 3]) remember(TWO, `203.0.${network}.7`)
  t.deepEqual(
    [1, 2, 3].map((network) => isFamiliar(TWO, `203.0.${network}.7`)),
    [true, false, true],
  )
  t.true(isFamiliar(ONE, '198.51.100.7'))
})

test('R17: the accounts that are remembered are bounded; the longest unused one goes', (t) => {
  const { remember, isFamiliar } = createFamiliarNetworks({ mostAccounts: 2, mostNetworks: 2 })
  for (const account of [1, 2, 3]) remember({ id: account, signInEpoch: 1 }, '198.51.100.7')
  t.deepEqual(
    [1, 2, 3].map((account) => isFamiliar({ id: account, signInEpoch: 1 }, '198.51.100.7')),
    [false, true, true],
  )
})

test('R17: after a new password an account is familiar nowhere, and what was begun before brings none back', (t) => {
  const { remember, isFamiliar } = createFamiliarNetworks()
  const after = { ...ONE, signInEpoch: 2 }
  remember(ONE, '198.51.100.7')
  t.false(isFamiliar(after, '198.51.100.7'))
  remember(after, '203.0.113.7')
  t.true(isFamiliar(after, '203.0.113.7'))
  remember(ONE, '198.51.100.7')
  t.false(isFamiliar(after, '198.51.100.7'))
  t.true(isFamiliar(after, '203.0.113.7'))
})

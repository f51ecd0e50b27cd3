import test from 'ava'
import { createFamiliarNetworks } from '../../src/signin/familiar-networks.ts'

test('R17: an account is familiar in the network that it proved itself from, and in no other', (t) => {
  const { remember, isFamiliar } = createFamiliarNetworks()
  remember(1, '198.51.100.7')
  t.true(isFamiliar(1, '198.51.100.200'))
  t.false(isFamiliar(1, '198.51.101.7'))
  t.false(isFamiliar(2, '198.51.100.7'))
})

test('R17: one account with many networks forgets its own oldest, and nobody else', (t) => {
  const { remember, isFamiliar } = createFamiliarNetworks({ mostAccounts: 10, mostNetworks: 2 })
  remember(1, '198.51.100.7')
  for (const network of [1, 2, 1, 3]) remember(2, `203.0.${network}.7`)
  t.deepEqual(
    [1, 2, 3].map((network) => isFamiliar(2, `203.0.${network}.7`)),
    [true, false, true],
  )
  t.true(isFamiliar(1, '198.51.100.7'))
})

test('R17: the accounts that are remembered are bounded; the longest unused one goes', (t) => {
  const { remember, isFamiliar } = createFamiliarNetworks({ mostAccounts: 2, mostNetworks: 2 })
  for (const account of [1, 2, 3]) remember(account, '198.51.100.7')
  t.deepEqual(
    [1, 2, 3].map((account) => isFamiliar(account, '198.51.100.7')),
    [false, true, true],
  )
})

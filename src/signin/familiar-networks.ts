import { LRUCache } from 'lru-cache'
import { addressPrefix } from '../accounts/address-prefix.ts'

const MOST_ACCOUNTS = 20_000
const MOST_NETWORKS = 16

/**
 * Remembers which account proved itself from which network, so that it does not have to wait there
 * behind strangers (R17). Known to this process alone, and gone with it.
 */
export interface FamiliarNetworks {
  readonly remember: (accountId: number, address: string) => void
  readonly isFamiliar: (accountId: number, address: string) => boolean
}

/**
 * Each account keeps the networks that it used last, and has only so many: whoever owns one account
 * and many addresses pushes nobody else out.
 */
export function createFamiliarNetworks({
  mostAccounts = MOST_ACCOUNTS,
  mostNetworks = MOST_NETWORKS,
}: {
  readonly mostAccounts?: number
  readonly mostNetworks?: number
} = {}): FamiliarNetworks {
  const accounts = new LRUCache<number, Set<string>>({ max: mostAccounts })
  return {
    remember: (accountId, address) => {
      const networks = accounts.get(accountId) ?? new Set()
      const prefix = addressPrefix(address)
      // A set keeps the order in which its members came.
      networks.delete(prefix)
      networks.add(prefix)
      const [oldest] = networks
      if (networks.size > mostNetworks && oldest !== undefined) networks.delete(oldest)
      accounts.set(accountId, networks)
    },
    isFamiliar: (accountId, address) =>
      accounts.get(accountId)?.has(addressPrefix(address)) === true,
  }
}

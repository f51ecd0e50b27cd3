import { LRUCache } from 'lru-cache'
import { addressPrefix } from '../accounts/address-prefix.ts'
import type { UserWithPassword } from '../accounts/types.ts'

const MOST_ACCOUNTS = 20_000
const MOST_NETWORKS = 16

/** An account as it was when it proved itself. */
type Account = Pick<UserWithPassword, 'id' | 'signInEpoch'>

/**
 * Remembers which account proved itself from which network, so that it does not have to wait there
 * behind strangers (R17). Known to this process alone, and gone with it; and over for an account
 * whose password changes or that is disabled, which raises its sign-in epoch.
 */
export interface FamiliarNetworks {
  readonly remember: (account: Account, address: string) => void
  readonly isFamiliar: (account: Account, address: string) => boolean
}

interface Remembered {
  readonly signInEpoch: number
  readonly networks: Set<string>
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
  const accounts = new LRUCache<number, Remembered>({ max: mostAccounts })
  const networksOf = ({ id, signInEpoch }: Account): Set<string> | undefined => {
    const remembered = accounts.get(id)
    return remembered?.signInEpoch === signInEpoch ? remembered.networks : undefined
  }
  return {
    remember: (account, address) => {
      const { id, signInEpoch } = account
      const isOver = (accounts.get(id)?.signInEpoch ?? 0) > signInEpoch
      if (isOver) return
      const networks = networksOf(account) ?? new Set()
      const prefix = addressPrefix(address)
      // A set keeps the order in which its members came.
      networks.delete(prefix)
      networks.add(prefix)
      const [oldest] = networks
      if (networks.size > mostNetworks && oldest !== undefined) networks.delete(oldest)
      accounts.set(id, { signInEpoch, networks })
    },
    isFamiliar: (account, address) => networksOf(account)?.has(addressPrefix(address)) === true,
  }
}

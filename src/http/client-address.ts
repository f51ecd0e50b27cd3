import { BlockList, isIP } from 'node:net'

const MOST_KNOWN = 1000

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

/** Without the zone of a link-local address, which may be any text. */
const plain = (address: string): string =>
  (MAPPED.exec(address)?.[1] ?? address).replace(/%.*$/, '')

/** Networks in CIDR form, or single addresses, to hold addresses against. */
export function toBlockList(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', prefix] = network.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return list
}

export type ReadClientAddress = (peer: string | undefined, forwardedFor: string) => string

/** Whether an address stands in one of the networks; what is no address stands in none. */
export function isInNetworks(networks: BlockList, address: string): boolean {
  const family = isIP(address)
  return family !== 0 && networks.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

/**
 * Makes the function that tells a client's address.
 *
 * The list in `X-Forwarded-For` is walked from its right end, the one our own proxy wrote, for as
 * long as the address stands in a trusted network; the first other one is the client. What stands
 * further left may be invented by anybody.
 *
 * @param trustedProxies addresses and networks in CIDR form
 */
export function createClientAddressReader(trustedProxies: readonly string[]): ReadClientAddress {
  const trusted = toBlockList(trustedProxies)
  // A proxy sends all its requests from one address.
  const known = new Map<string, boolean>()
  const isTrusted = (address: string): boolean => {
    const before = known.get(address)
    if (before !== undefined) return before
    const answer = trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
    if (known.size >= MOST_KNOWN) known.clear()
    known.set(address, answer)
    return answer
  }
  return (peer, forwardedFor) => {
    let client = plain(peer ?? '')
    const hops = forwardedFor.split(',').map((hop) => plain(hop.trim()))
    while (isIP(client) !== 0 && isTrusted(client)) {
      const hop = hops.pop()
      if (hop === undefined || isIP(hop) === 0) break
      client = hop
    }
    return client
  }
}

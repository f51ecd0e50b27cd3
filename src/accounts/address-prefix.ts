import { isIP } from 'node:net'

const IPV6_GROUPS = 8

/** All eight groups of an IPv6 address, in lower case without leading zeros. */
function groupsOf(address: string): readonly string[] {
  // The parser of URLs gives every address its one short spelling.
  const short = new URL(`http://[${address}]/`).hostname.slice(1, -1)
  const [head = [], tail = []] = short.split('::').map((half) => half.split(':').filter(Boolean))
  const zeros = Array.from({ length: IPV6_GROUPS - head.length - tail.length }, () => '0')
  return [...head, ...zeros, ...tail]
}

/**
 * The network that a client's address is counted under: one person commonly has all of an IPv6 /64,
 * and seldom more than an IPv4 /24 (R17).
 *
 * @param address without a zone; anything that is no address counts as one network
 */
export function addressPrefix(address: string): string {
  const family = isIP(address)
  if (family === 4) return `${address.split('.').slice(0, 3).join('.')}.0/24`
  if (family === 6 && !address.includes('%'))
    return `${groupsOf(address).slice(0, 4).join(':')}::/64`
  return 'unknown'
}

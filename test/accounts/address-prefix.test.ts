import test from 'ava'
import { addressPrefix } from '../../src/accounts/address-prefix.ts'

for (const [address, prefix] of [
  ['203.0.113.9', '203.0.113.0/24'],
  ['203.0.113.255', '203.0.113.0/24'],
  ['203.0.114.9', '203.0.114.0/24'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::7', '2001:db8:0:0::/64'],
  ['2001:db8:0:0:ffff::', '2001:db8:0:0::/64'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'unknown'],
  ['', 'unknown'],
  ['unix socket', 'unknown'],
] as const) {
  test(`R17: ${JSON.stringify(address)} counts under ${prefix}`, (t) => {
    t.is(addressPrefix(address), prefix)
  })
}

import test from 'ava'
import { createClientAddressReader } from '../../src/http/client-address.ts'

const read = createClientAddressReader(['127.0.0.0/8', '::1', '10.1.0.0/16', 'fd00::/8'])

for (const [outcome, peer, forwardedFor, expected] of [
  ['the peer where nothing was forwarded', '203.0.113.9', '', '203.0.113.9'],
  ['the forwarded client behind our proxy', '127.0.0.1', '198.51.100.7', '198.51.100.7'],
  ['the peer where it is not trusted', '203.0.113.9', '198.51.100.7', '203.0.113.9'],
  ['the right-most untrusted hop', '127.0.0.1', '1.2.3.4, 198.51.100.7', '198.51.100.7'],
  ['past trusted hops', '127.0.0.1', '198.51.100.7, 10.1.2.3', '198.51.100.7'],
  ['the last good hop before nonsense', '127.0.0.1', 'nonsense, 10.1.2.3', '10.1.2.3'],
  ['the peer where the header is nonsense', '127.0.0.1', 'unknown', '127.0.0.1'],
  ['IPv4 inside IPv6', '::ffff:127.0.0.1', '::ffff:198.51.100.7', '198.51.100.7'],
  ['without its zone', '127.0.0.1', `fe80::1%${'a'.repeat(300)}`, 'fe80::1'],
  ['an IPv6 client', 'fd00::1', '2001:db8::7', '2001:db8::7'],
] as const) {
  test(`R14: the client's address is ${outcome}`, (t) => {
    t.is(read(peer, forwardedFor), expected)
  })
}

import test from 'ava'
import { isNetwork } from '../../src/config/variables.ts'

for (const text of ['10.0.0.0/8', '192.0.2.1', '::1', '2001:db8::/32', '0.0.0.0/0']) {
  test(`${text} is a network`, (t) => t.true(isNetwork(text)))
}

for (const text of [
  '',
  '10.0.0.0/33',
  '10.0.0.0/8/9',
  '10.0.0.0/032',
  '10.0.0.0/',
  'fe80::1%eth0',
  '2001:db8::/129',
  'example.com',
]) {
  test(`${JSON.stringify(text)} is no network`, (t) => t.false(isNetwork(text)))
}

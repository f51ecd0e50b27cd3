import test from 'ava'
import { ConfigError } from '../../src/config/config-error.ts'
import { readConfig } from '../../src/config/read-config.ts'

const read = (env: NodeJS.ProcessEnv) =>
  readConfig({
    WARDEN_PUBLIC_URL: 'https://registry.example.com',
    WARDEN_REGISTRY_URL: 'http://registry:5000',
    WARDEN_DB_PASSWORD: 'secret',
    ...env,
  }).config.audit

test('the audit record is sent nowhere by default', (t) => {
  t.deepEqual(read({}), { forward: { kind: 'off' } })
})

for (const url of [
  'https://logs.example.com/a?b=c',
  'http://127.0.0.1:9000',
  'http://[::1]:9000',
]) {
  test(`the audit record may be forwarded to ${url}`, (t) => {
    const { forward } = read({ WARDEN_AUDIT_FORWARD: url, WARDEN_AUDIT_FORWARD_TOKEN: 'sesame' })
    t.deepEqual(forward, { kind: 'url', url, token: 'sesame' })
  })
}

for (const target of [
  'http://logs.example.com',
  'http://127.0.0.1.example.com',
  'https://user:secret@logs.example.com',
  'file:///tmp/audit',
  'syslog',
]) {
  test(`R20: the audit record is not forwarded to ${target}`, (t) => {
    t.throws(() => read({ WARDEN_AUDIT_FORWARD: target }), { instanceOf: ConfigError })
  })
}

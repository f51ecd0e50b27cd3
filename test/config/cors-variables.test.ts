import test from 'ava'
import { ConfigError } from '../../src/config/config-error.ts'
import { type Config, readConfig } from '../../src/config/read-config.ts'

const NEEDED = {
  WARDEN_PUBLIC_URL: 'https://registry.example.com',
  WARDEN_REGISTRY_URL: 'http://registry:5000',
  WARDEN_DB_PASSWORD: 'secret',
}

const corsOf = (env: Readonly<Record<string, string>>): Config['cors'] =>
  readConfig({ ...NEEDED, ...env }).config.cors

const faultsOf = (env: Readonly<Record<string, string>>): readonly string[] => {
  try {
    readConfig({ ...NEEDED, ...env })
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
  }
  return []
}

test('R19: no origin is let in by default', (t) => {
  t.deepEqual(corsOf({}), { origins: [], maxAgeSeconds: 7200 })
})

test('R19: origins are a list of exact ones, each once', (t) => {
  const WARDEN_CORS_ORIGINS =
    'https://portal.example.com, http://localhost:3000,,https://portal.example.com,http://[::1]:8080'
  t.deepEqual(corsOf({ WARDEN_CORS_ORIGINS, WARDEN_CORS_MAX_AGE_SECONDS: '0' }), {
    origins: ['https://portal.example.com', 'http://localhost:3000', 'http://[::1]:8080'],
    maxAgeSeconds: 0,
  })
})

for (const [text, said] of [
  ['*', /"\*" is no origin: name each one in full/],
  ['https://*.example.com', /is no origin: name each one in full/],
  ['null', /"null" is no origin/],
  ['portal.example.com', /must be http:\/\/ or https:\/\//],
  ['ftp://portal.example.com', /must be http:\/\/ or https:\/\//],
  ['https://', /is no origin/],
  ['https://portal.example.com/', /write https:\/\/portal\.example\.com$/],
  ['https://portal.example.com/app', /write https:\/\/portal\.example\.com$/],
  ['https://portal.example.com?a=b', /write https:\/\/portal\.example\.com$/],
  ['https://Portal.example.com', /write https:\/\/portal\.example\.com$/],
  ['HTTPS://portal.example.com', /write https:\/\/portal\.example\.com$/],
  ['https://portal.example.com:443', /write https:\/\/portal\.example\.com$/],
  ['http://127.1', /write http:\/\/127\.0\.0\.1$/],
  ['https://user:word@portal.example.com', /write https:\/\/portal\.example\.com$/],
  ['https://bücher.example', /write https:\/\/xn--bcher-kva\.example$/],
  ['https://a.example https://b.example', /is no origin/],
] as const) {
  test(`R19: the origin ${text} is a fault that says what to write`, (t) => {
    const WARDEN_CORS_ORIGINS = `https://good.example.com,${text}`
    const [fault = '', ...more] = faultsOf({ WARDEN_CORS_ORIGINS })
    t.deepEqual(more, [])
    t.regex(fault, /^WARDEN_CORS_ORIGINS: /)
    t.regex(fault, said)
    t.notRegex(fault, /good\.example/)
  })
}

test('R19: more than 50 origins are a fault', (t) => {
  const some = (count: number): string =>
    Array.from({ length: count }, (_, n) => `https://p${n}.example.com`).join(',')
  t.is(corsOf({ WARDEN_CORS_ORIGINS: some(50) }).origins.length, 50)
  t.deepEqual(faultsOf({ WARDEN_CORS_ORIGINS: some(51) }), [
    'WARDEN_CORS_ORIGINS: must be at most 50 origins',
  ])
})

test('the time that browsers may remember is a day at most', (t) => {
  t.is(corsOf({ WARDEN_CORS_MAX_AGE_SECONDS: '86400' }).maxAgeSeconds, 86_400)
  for (const text of ['86401', '-1', 'a day', '']) {
    t.is(faultsOf({ WARDEN_CORS_MAX_AGE_SECONDS: text }).length, text === '' ? 0 : 1, text)
  }
})

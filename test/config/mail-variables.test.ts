import test from 'ava'
import { ConfigError } from '../../src/config/config-error.ts'
import { readConfig } from '../../src/config/read-config.ts'

const read = (env: NodeJS.ProcessEnv) =>
  readConfig({
    WARDEN_PUBLIC_URL: 'https://registry.example.com',
    WARDEN_REGISTRY_URL: 'http://registry:5000',
    WARDEN_DB_PASSWORD: 'secret',
    ...env,
  }).config.mail

const FROM = { WARDEN_MAIL_FROM: 'registry@example.com' }

test('no mail is sent by default', (t) => {
  t.is(read({}), undefined)
})

test('a mail server has a host, a port, a user and a password', (t) => {
  t.deepEqual(
    read({
      WARDEN_MAIL_URL: 'smtp://me%40example.com:p%40ss%2F@mail.example.com:2525',
      WARDEN_MAIL_FROM: 'Our Registry <registry@example.com>',
    }),
    {
      host: 'mail.example.com',
      port: 2525,
      tls: 'require',
      ca: undefined,
      credentials: { user: 'me@example.com', password: 'p@ss/' },
      from: { name: 'Our Registry', address: 'registry@example.com' },
    },
  )
})

for (const [url, tls, expected] of [
  ['smtp://mail', undefined, ['mail', 587, 'require']],
  ['smtp://mail', 'off', ['mail', 587, 'off']],
  ['smtps://mail', undefined, ['mail', 465, 'implicit']],
  ['smtp://[::1]:25/', undefined, ['::1', 25, 'require']],
] as const) {
  test(`${url} with WARDEN_MAIL_TLS ${tls} is ${expected.join(', ')}`, (t) => {
    const mail = read({ ...FROM, WARDEN_MAIL_URL: url, ...(tls && { WARDEN_MAIL_TLS: tls }) })
    t.deepEqual([mail?.host, mail?.port, mail?.tls], [...expected])
  })
}

for (const url of [
  'mail.example.com',
  'http://mail.example.com',
  'smtp://',
  'smtp://user@mail.example.com',
  'smtp://:sesame@mail.example.com',
  'smtp://us%0d%0aer:sesame@mail.example.com',
  'smtp://mail.example.com/folder',
  'smtp://mail.example.com?tls=off',
]) {
  test(`${url} is no mail server`, (t) => {
    const error = t.throws(() => read({ ...FROM, WARDEN_MAIL_URL: url }), {
      instanceOf: ConfigError,
    })
    t.notRegex(error.message, /sesame/)
  })
}

for (const from of [
  'registry',
  'registry@',
  'a@example.com, b@example.com',
  'x <a@example.com>\r\nBcc: b@example.com',
  'Ünïcode@example.com',
]) {
  test(`mail is not from ${JSON.stringify(from)}`, (t) => {
    const env = { WARDEN_MAIL_URL: 'smtp://mail', WARDEN_MAIL_FROM: from }
    t.throws(() => read(env), { instanceOf: ConfigError })
  })
}

test('a mail server without a sender is a fault, and so is a sender without a server', (t) => {
  const message = /one of WARDEN_MAIL_URL and WARDEN_MAIL_FROM is set without the other/
  t.throws(() => read({ WARDEN_MAIL_URL: 'smtp://mail' }), { message })
  t.throws(() => read(FROM), { message })
})

test('smtps without encryption is a contradiction', (t) => {
  const env = { ...FROM, WARDEN_MAIL_URL: 'smtps://mail', WARDEN_MAIL_TLS: 'off' }
  t.throws(() => read(env), { message: /WARDEN_MAIL_TLS is off and WARDEN_MAIL_URL is smtps/ })
})

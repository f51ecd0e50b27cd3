import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { ConfigError } from '../../src/config/config-error.ts'
import { readConfig } from '../../src/config/read-config.ts'
import { makePassingDir } from '../support/temporary-dir.ts'

const MINIMUM = {
  WARDEN_PUBLIC_URL: 'https://registry.example.com/',
  WARDEN_REGISTRY_URL: 'http://registry:5000',
  WARDEN_DB_PASSWORD: 'secret',
}

const faultsOf = (env: NodeJS.ProcessEnv): readonly string[] => {
  try {
    readConfig(env)
    return []
  } catch (error) {
    return error instanceof ConfigError ? error.faults : [String(error)]
  }
}

test('a minimum of variables makes a whole configuration', (t) => {
  const { config, warnings } = readConfig(MINIMUM)
  t.deepEqual(warnings, [])
  t.is(config.publicUrl, 'https://registry.example.com')
  t.deepEqual(config.listen, { host: '127.0.0.1', port: 5080 })
  t.deepEqual([config.token.pullSeconds, config.token.pushSeconds], [300, 900])
})

test('a value that is not one of those there are is told with them, in plain words', (t) => {
  t.deepEqual(faultsOf({ ...MINIMUM, WARDEN_IDENTITY_TOKENS: 'yes' }), [
    'WARDEN_IDENTITY_TOKENS: must be one of: off, on',
  ])
})

test('an environment that lacks what is needed, and has no other fault, is told apart', (t) => {
  const isAbsent = (env: NodeJS.ProcessEnv) =>
    t.throws(() => readConfig(env), { instanceOf: ConfigError })?.isAbsent
  t.true(isAbsent({}))
  t.true(isAbsent({ WARDEN_URL: 'https://registry.example.com' }))
  t.false(isAbsent({ WARDEN_LISTEN: 'abc' }))
})

test('all faults are told at once, each with its variable', (t) => {
  t.deepEqual(
    faultsOf({
      WARDEN_PUBLIC_URL: 'registry.example.com',
      WARDEN_DB_PORT: '99999',
      WARDEN_LISTEN: '5080',
      WARDEN_TOKEN_PULL_SECONDS: '30',
      WARDEN_TRUSTED_PROXIES: '10.0.0.0/33',
    }),
    [
      'WARDEN_PUBLIC_URL: must be an http or https URL',
      'WARDEN_LISTEN: must be host:port, such as 127.0.0.1:5080',
      'WARDEN_REGISTRY_URL is not set; it is needed',
      'WARDEN_TOKEN_PULL_SECONDS: Too small: expected number to be >=60',
      'WARDEN_DB_PORT: Too big: expected number to be <=65535',
      'WARDEN_DB_PASSWORD is not set; it is needed',
      'WARDEN_TRUSTED_PROXIES: must be addresses or networks, such as 10.0.0.0/8',
    ],
  )
})

test('a variable is read from its file, less one trailing newline', (t) => {
  const path = join(makePassingDir(), 'password')
  writeFileSync(path, 'from the file\n')
  const { WARDEN_DB_PASSWORD: _, ...rest } = MINIMUM
  const { config } = readConfig({ ...rest, WARDEN_DB_PASSWORD_FILE: path })
  t.is(config.database.password, 'from the file')
})

test('a variable that is set twice is a fault', (t) => {
  t.deepEqual(faultsOf({ ...MINIMUM, WARDEN_DB_PASSWORD_FILE: '/dev/null' }), [
    'WARDEN_DB_PASSWORD and WARDEN_DB_PASSWORD_FILE are both set; keep one of them',
  ])
})

test('a file that cannot be read is a fault that names it', (t) => {
  const { WARDEN_DB_PASSWORD: _, ...rest } = MINIMUM
  const [fault] = faultsOf({ ...rest, WARDEN_DB_PASSWORD_FILE: '/nowhere/password' })
  t.regex(fault ?? '', /^WARDEN_DB_PASSWORD_FILE names a file that cannot be read: .*\/nowhere\//)
})

test('an unknown variable is a warning with a suggestion', (t) => {
  const { warnings } = readConfig({ ...MINIMUM, WARDEN_DB_PASWORD: 'x' })
  t.deepEqual(warnings, [
    'WARDEN_DB_PASWORD is not a variable of registry-warden; did you mean WARDEN_DB_PASSWORD?',
  ])
})

test('an empty variable counts as not set', (t) => {
  t.is(readConfig({ ...MINIMUM, WARDEN_DB_HOST: '' }).config.database.host, '127.0.0.1')
})

test('variables of other programs are left alone', (t) => {
  t.deepEqual(readConfig({ ...MINIMUM, SOME_CONFIG_FILE: '/nowhere' }).warnings, [])
})

test('a leaf that would cut tokens short is a fault', (t) => {
  t.regex(
    faultsOf({ ...MINIMUM, WARDEN_LEAF_SECONDS: '900' }).join(),
    /WARDEN_LEAF_SECONDS is less/,
  )
})

test('the configuration cannot be changed afterwards', (t) => {
  const { config } = readConfig(MINIMUM)
  t.throws(() => Object.assign(config.token, { service: 'other' }))
})

test('what is not set pins no setting, and what is set pins one', (t) => {
  const none = readConfig(MINIMUM).config.settings
  t.true(Object.values(none).every((value) => value === undefined))
  const { settings } = readConfig({
    ...MINIMUM,
    WARDEN_FORBID_PUBLIC: 'false',
    WARDEN_DEFAULT_QUOTA_BYTES: '0',
    WARDEN_AUDIT_RETENTION_DAYS: 'none',
  }).config
  t.is(settings.forbidPublic, false)
  t.is(settings.defaultQuotaBytes, 0)
  t.is(settings.auditRetentionDays, null)
})

test('a pinned setting that is none is a fault', (t) => {
  t.is(faultsOf({ ...MINIMUM, WARDEN_SELF_REGISTRATION: 'yes' }).length, 1)
  t.is(faultsOf({ ...MINIMUM, WARDEN_AUDIT_RETENTION_DAYS: '0' }).length, 1)
  t.is(faultsOf({ ...MINIMUM, WARDEN_PROJECT_CREATION: 'nobody' }).length, 1)
})

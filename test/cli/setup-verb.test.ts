import { execFileSync } from 'node:child_process'
import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import {
  preparePendingAuthority,
  promotePendingAuthority,
  readAuthority,
} from '../../src/signing/token-authority.ts'
import { contents, everything, makeDir, modeOf, read, setup } from '../support/setup.ts'
import { findObstacle, testUnless } from '../support/skip-aloud.ts'

test('setup fills every folder', async (t) => {
  const dir = makeDir(t)
  const { exitCode, stdout } = await setup(...everything(dir))
  t.is(exitCode, 0)
  t.is(stdout, '')
  t.deepEqual(Object.keys(contents(dir)), [
    'certs/bundle/ca.crt',
    'certs/token-ca/ca.pem.new',
    'secrets/collector/gc-collector-secret',
    'secrets/mysql/db-password',
    'secrets/mysql/db-root-password',
    'secrets/registry/config.yml',
    'secrets/registry/http-secret',
    'secrets/warden/admin-password',
    'secrets/warden/db-password',
    'secrets/warden/gc-collector-secret',
    'secrets/warden/notifications-secret',
    'tls-authority/ca.pem',
    'tls/ca.crt',
    'tls/server.crt',
    'tls/server.key',
  ])
})

test('setup closes folders and files with secrets to everybody else', async (t) => {
  const dir = makeDir(t)
  await setup(...everything(dir))
  for (const folder of [
    'certs/token-ca',
    'tls-authority',
    'secrets/mysql',
    'secrets/warden',
    'secrets/registry',
    'secrets/collector',
  ]) {
    t.is(modeOf(join(dir, folder)), '700', folder)
    for (const name of readdirSync(join(dir, folder))) {
      t.is(modeOf(join(dir, folder, name)), '600', `${folder}/${name}`)
    }
  }
  t.is(modeOf(join(dir, 'tls/server.key')), '600')
  t.is(modeOf(join(dir, 'certs/bundle/ca.crt')), '644')
})

test('setup says no secret', async (t) => {
  const dir = makeDir(t)
  const { stderr } = await setup(...everything(dir))
  for (const name of [
    'mysql/db-root-password',
    'warden/db-password',
    'warden/admin-password',
    'warden/notifications-secret',
    'registry/http-secret',
  ]) {
    t.false(stderr.includes(read(dir, 'secrets', name).trim()), name)
  }
})

test('setup run again changes nothing', async (t) => {
  const dir = makeDir(t)
  await setup(...everything(dir))
  const before = contents(dir)
  const { exitCode } = await setup(...everything(dir))
  t.is(exitCode, 0)
  t.deepEqual(contents(dir), before)
})

test('the service and the database get the same database password', async (t) => {
  const dir = makeDir(t)
  await setup(`--secrets=${dir}`)
  t.is(read(dir, 'warden/db-password'), read(dir, 'mysql/db-password'))
  t.not(read(dir, 'mysql/db-root-password'), read(dir, 'mysql/db-password'))
})

test('a database password that is there is handed to the service that lacks it', async (t) => {
  const dir = makeDir(t)
  await setup(`--secrets=${dir}`)
  rmSync(join(dir, 'warden/db-password'))
  await setup(`--secrets=${dir}`)
  t.is(read(dir, 'warden/db-password'), read(dir, 'mysql/db-password'))
})

test('R2: a token authority in force is kept, and a lost bundle is made from it', async (t) => {
  const dir = makeDir(t)
  const paths = { authorityPath: `${dir}/token-ca/ca.pem`, bundlePath: `${dir}/bundle/ca.crt` }
  const now = new Date()
  const { fingerprint } = await preparePendingAuthority(paths, now)
  await promotePendingAuthority(paths, { fingerprint, now })
  const inForce = await readAuthority(paths.authorityPath)
  await setup(`--certs=${dir}`)
  t.deepEqual(readdirSync(`${dir}/token-ca`), ['ca.pem'])
  t.is(read(dir, 'bundle/ca.crt'), inForce?.certificate.toString() ?? '')
})

test("the registry's configuration names the realm and holds the http secret", async (t) => {
  const dir = makeDir(t)
  await setup(...everything(dir))
  const text = read(dir, 'secrets/registry/config.yml')
  const secret = read(dir, 'secrets/registry/http-secret').trim()
  t.true(text.includes('\n    realm: "https://registry.example.com/auth/token"\n'))
  t.true(text.includes('\n    service: "registry-warden"\n'))
  t.true(text.includes('\n    issuer: "registry-warden"\n'))
  t.true(text.includes(`\nhttp:\n  secret: "${secret}"\n`))
})

test("the registry's configuration sends notifications with the secret of the service", async (t) => {
  const dir = makeDir(t)
  await setup(...everything(dir))
  const text = read(dir, 'secrets/registry/config.yml')
  const secret = read(dir, 'secrets/warden/notifications-secret').trim()
  t.true(secret.length >= 16)
  t.true(
    text.endsWith(`
notifications:
  endpoints:
    - name: registry-warden
      disabled: false
      url: http://registry-warden:5081/notifications
      headers:
        Authorization: ["Bearer ${secret}"]
      timeout: 5s
      threshold: 5
      backoff: 2s
`),
  )
})

test('the registry gets a new address with the next run, and its secret stays', async (t) => {
  const dir = makeDir(t)
  await setup(...everything(dir))
  const secret = read(dir, 'secrets/registry/http-secret')
  await setup(...everything(dir, 'https://other.example.com:443/'))
  const text = read(dir, 'secrets/registry/config.yml')
  t.true(text.includes('\n    realm: "https://other.example.com/auth/token"\n'))
  t.is(read(dir, 'secrets/registry/http-secret'), secret)
})

const asRoot = testUnless(findObstacle([], { asRoot: true }))

asRoot('the service becomes the owner of what it reads, and of nothing else', async (t) => {
  const dir = makeDir(t)
  await setup(...everything(dir), '--uid=10001')
  const owners = (...names: string[]) => names.map((name) => statSync(join(dir, name)).uid)
  t.deepEqual(
    owners(
      'certs/token-ca',
      'certs/token-ca/ca.pem.new',
      'secrets/warden',
      'secrets/warden/admin-password',
    ),
    [10001, 10001, 10001, 10001],
  )
  t.deepEqual(
    owners(
      'certs/bundle/ca.crt',
      'tls/server.key',
      'tls-authority/ca.pem',
      'secrets/mysql/db-password',
      'secrets/registry/config.yml',
    ),
    [0, 0, 0, 0, 0],
  )
})

for (const [args, reason] of [
  [[], /nothing to set up/],
  [['--tls=x'], /--tls and --tls-authority belong together/],
  [['--secrets=x', '--registry-config=y'], /--registry-config needs --public-url and --secrets/],
  [['--tls=x', '--tls-authority=y', '--host=a:443'], /a:443 is not a host name/],
  [['--secrets=x', '--public-url=ftp://a'], /must be an http or https URL/],
  [['--secrets=x', '--uid=root'], /must be the number of a user/],
] as const) {
  test(`setup ${args.join(' ')} is wrong use and writes nothing`, async (t) => {
    const { exitCode, stderr } = await setup(...args)
    t.is(exitCode, 2)
    t.regex(stderr, reason)
  })
}

test('the verb runs as a process and knows where the template is', (t) => {
  const dir = makeDir(t)
  execFileSync(process.execPath, ['dist/src/main.js', 'setup', ...everything(dir)], {
    stdio: 'pipe',
  })
  t.regex(
    read(dir, 'secrets/registry/config.yml'),
    /rootcertbundle: \/etc\/docker\/registry\/certs\/bundle\/ca\.crt/,
  )
})

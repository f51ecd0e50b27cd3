import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import test, { type ExecutionContext } from 'ava'
import { runCli } from '../../src/cli/run.ts'
import {
  preparePendingAuthority,
  promotePendingAuthority,
  readAuthority,
} from '../../src/signing/token-authority.ts'

async function setup(
  ...args: string[]
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const exitCode = await runCli(
    { env: {}, stdin: new PassThrough(), stdout, stderr, isTerminal: false },
    { serve: async () => undefined, version: '0.0.0' },
    ['setup', ...args],
  )
  const text = (stream: PassThrough): string => String(stream.read() ?? '')
  return { exitCode, stdout: text(stdout), stderr: text(stderr) }
}

function makeDir(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'warden-setup-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

const everything = (dir: string, publicUrl = 'https://registry.example.com'): string[] => [
  `--certs=${dir}/certs`,
  `--tls-authority=${dir}/tls-authority`,
  `--tls=${dir}/tls`,
  '--host=registry.example.com',
  `--secrets=${dir}/secrets`,
  `--registry-config=${dir}/secrets/registry/config.yml`,
  `--public-url=${publicUrl}`,
]

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)
const read = (...parts: string[]): string => readFileSync(join(...parts), 'utf8')

/** Every file below a folder with its content. */
const contents = (dir: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(dir, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(dir, name)).isFile())
      .sort()
      .map((name) => [name, read(dir, name)]),
  )

test('setup fills every folder', async (t) => {
  const dir = makeDir(t)
  const { exitCode, stdout } = await setup(...everything(dir))
  t.is(exitCode, 0)
  t.is(stdout, '')
  t.deepEqual(Object.keys(contents(dir)), [
    'certs/bundle/ca.crt',
    'certs/token-ca/ca.pem.new',
    'secrets/mysql/db-password',
    'secrets/mysql/db-root-password',
    'secrets/registry/config.yml',
    'secrets/registry/http-secret',
    'secrets/warden/admin-password',
    'secrets/warden/db-password',
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
  await preparePendingAuthority(paths, new Date())
  await promotePendingAuthority(paths)
  const inForce = await readAuthority(paths.authorityPath)
  await setup(`--certs=${dir}`)
  t.deepEqual(readdirSync(`${dir}/token-ca`), ['ca.pem'])
  t.is(read(dir, 'bundle/ca.crt'), inForce?.certificate.toString() ?? '')
})

test('the certificate is good for the given hosts and for this machine', async (t) => {
  const dir = makeDir(t)
  await setup(
    `--tls=${dir}/tls`,
    `--tls-authority=${dir}/ca`,
    '--host=a.example.com,b.example.com',
    '--host=192.0.2.7',
  )
  const certificate = new X509Certificate(read(dir, 'tls/server.crt'))
  t.is(
    certificate.subjectAltName,
    'DNS:a.example.com, DNS:b.example.com, IP Address:192.0.2.7, DNS:localhost, IP Address:127.0.0.1',
  )
})

test("an operator's own TLS certificate is kept", async (t) => {
  const [dir, other] = [makeDir(t), makeDir(t)]
  await setup(`--tls=${other}/tls`, `--tls-authority=${other}/ca`)
  await setup(`--tls=${dir}/tls`, `--tls-authority=${dir}/ca`)
  writeFileSync(`${dir}/tls/server.crt`, read(other, 'tls/server.crt'))
  const { exitCode, stderr } = await setup(`--tls=${dir}/tls`, `--tls-authority=${dir}/ca`)
  t.is(exitCode, 0)
  t.is(stderr, `The TLS certificate ${dir}/tls/server.crt is one of your own: kept as it is.\n`)
  t.is(read(dir, 'tls/server.crt'), read(other, 'tls/server.crt'))
})

test('R1: a TLS certificate under the token authority is refused', async (t) => {
  const dir = makeDir(t)
  const args = [`--certs=${dir}/certs`, `--tls=${dir}/tls`, `--tls-authority=${dir}/ca`]
  await setup(...args)
  writeFileSync(`${dir}/tls/server.crt`, read(dir, 'certs/bundle/ca.crt'))
  const { exitCode, stderr } = await setup(...args)
  t.is(exitCode, 1)
  t.regex(stderr, /stands under the token authority/)
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

test('the registry gets a new address with the next run, and its secret stays', async (t) => {
  const dir = makeDir(t)
  await setup(...everything(dir))
  const secret = read(dir, 'secrets/registry/http-secret')
  await setup(...everything(dir, 'https://other.example.com:443/'))
  const text = read(dir, 'secrets/registry/config.yml')
  t.true(text.includes('\n    realm: "https://other.example.com/auth/token"\n'))
  t.is(read(dir, 'secrets/registry/http-secret'), secret)
})

const asRoot = process.getuid?.() === 0 ? test : test.skip

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

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { createConnection } from 'mysql2/promise'
import { readConfig } from '../../src/config/read-config.ts'
import { findCommand } from '../../src/stack/commands.ts'
import { startMariadb } from '../../src/stack/mariadb.ts'
import { type CommandBlock, readBlocks } from '../support/command-blocks.ts'
import { runCommand } from '../support/run-command.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'

const FOLDER = 'compose/systemd'
const MAIN = resolve('dist/src/main.js')

/** What the commands of a section change on a host, or ask of it, that a test does not have. */
const NOT_RUN: Readonly<Record<string, string>> = {
  '1. Packages, and the program': 'installs packages of the system, and makes a user of it',
  '6. See that it is right': 'asks services that systemd has started',
}
const BLOCKS = readBlocks('docs/install-hosts.md')
const RUN = BLOCKS.filter(({ section }) => NOT_RUN[section] === undefined)

/** A block as the guide has it, in a folder in place of the host's root. */
const within = (dir: string, { commands }: CommandBlock): string =>
  commands
    // But for what the template says itself, which the guide replaces.
    .replaceAll(/(?<=^|[\s'">|=(])\/(etc|var)\/(?!nginx\/tls\|)/gm, `${dir}/$1/`)
    .replaceAll('id -u registry-warden', 'id -u')

/** What of the host's own is not to be touched: each does nothing. */
const standIns = (socket: string): string => `
set -eu
warden() { node ${MAIN} "$@"; }
mariadb() { command mariadb --no-defaults --user=root --socket='${socket}' "$@"; }
nginx() { :; }
systemctl() { :; }
chown() { :; }
`

/** As one is right after its installation: with nothing of ours in it. */
async function startNewDatabase(dir: string) {
  const database = await startMariadb({
    env: process.env,
    dir: join(dir, 'database'),
    logPath: join(dir, 'database.log'),
    secretsDir: join(dir, 'secrets'),
    account: 'one-database',
  })
  const socket = join(dir, 'database', 'data', 'mariadb.sock')
  const empty = `DROP DATABASE warden; DROP USER warden@127.0.0.1`
  const { code, output } = await runCommand('bash', [
    '-c',
    `${standIns(socket)}mariadb --execute '${empty}'`,
  ])
  if (code !== 0) throw new Error(output)
  return { ...database, socket }
}

async function assertReachable(dir: string, port: number): Promise<void> {
  const password = readFileSync(join(dir, 'etc/registry-warden/secrets/mysql/db-password'), 'utf8')
  const account = { host: '127.0.0.1', user: 'warden', password: password.trim() }
  const connection = await createConnection({ ...account, port, database: 'warden' })
  await connection.query('CREATE TABLE probe (id INT PRIMARY KEY)')
  await connection.end()
}

async function assertNginxTakes(t: ExecutionContext, dir: string): Promise<void> {
  const main = join(dir, 'nginx.conf')
  writeFileSync(
    main,
    `pid ${dir}/nginx.pid; error_log stderr; events {} http { include ${dir}/etc/nginx/conf.d/*.conf; }`,
  )
  const { code, output } = await runCommand('nginx', ['-t', '-c', main, '-e', 'stderr'])
  t.is(code, 0, output)
}

const FOLDERS = [
  'etc/registry-warden/registry',
  'etc/nginx/conf.d',
  'etc/systemd/system',
  'var/log/nginx',
]

test('the commands of the guide make authorities, secrets, a database, units and an nginx', async (t) => {
  const dir = makeTemporaryDir()
  t.teardown(() => removeDir(dir))
  for (const folder of FOLDERS) mkdirSync(join(dir, folder), { recursive: true })
  const database = await startNewDatabase(dir)
  t.teardown(database.stop)
  for (const block of RUN) {
    const commands = standIns(database.socket) + within(dir, block)
    const { code, output } = await runCommand('bash', ['-c', commands])
    t.is(code, 0, `${block.section}: ${output}`)
  }
  const read = (path: string): string => readFileSync(join(dir, path), 'utf8')
  t.regex(read('etc/registry-warden/registry/config.yml'), /url: http:\/\/registry-warden:5081\//)
  t.regex(read('etc/registry-warden/registry/ca.crt'), /BEGIN CERTIFICATE/)
  t.is(read('etc/hosts'), '127.0.0.1 registry-warden\n')
  t.regex(read('etc/registry-warden/environment'), /^WARDEN_PUBLIC_URL=/m)
  t.regex(read('etc/systemd/system/registry-warden.service'), /^ExecStart=/m)
  const dropIn = 'etc/systemd/system/docker-registry.service.d/registry-warden.conf'
  t.regex(read(dropIn), /^\[Service\]$/m)
  await assertReachable(dir, database.port)
  await assertNginxTakes(t, dir)
})

test('what of docs/install-hosts.md is not run has a reason, and bash can read it', async (t) => {
  t.is(RUN.length, BLOCKS.length - Object.keys(NOT_RUN).length)
  for (const { section, commands } of BLOCKS) {
    const { code, output } = await runCommand('bash', ['-n', '-c', commands])
    t.is(code, 0, `${section}: ${output}`)
  }
})

test('the service takes the environment of the guide', async (t) => {
  const dir = makeTemporaryDir()
  t.teardown(() => removeDir(dir))
  const lines = readFileSync(join(FOLDER, 'environment'), 'utf8').split('\n')
  const told = lines.filter((line) => /^\w+=/.test(line)).map((line) => line.split('=', 2))
  const env = Object.fromEntries(
    told.map(([name = '', value = '']) => [name, name.endsWith('_FILE') ? join(dir, name) : value]),
  )
  for (const path of Object.values(env).filter((value) => value?.startsWith(dir))) {
    writeFileSync(path ?? '', 'a-secret-of-more-than-16-letters\n')
  }
  const { config, warnings } = readConfig(env)
  t.deepEqual(warnings, [])
  t.is(config.publicUrl, 'https://registry.example.com')
})

test('systemd takes the unit of the service', async (t) => {
  if (findCommand('systemd-analyze', process.env) === undefined) {
    t.pass('there is no systemd here')
    return
  }
  const unit = join(FOLDER, 'registry-warden.service')
  const { code, output } = await runCommand('systemd-analyze', ['verify', '--man=no', unit])
  t.deepEqual({ code, output }, { code: 0, output: '' })
})

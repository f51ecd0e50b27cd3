import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import test from 'ava'
import { readConfig } from '../../src/config/read-config.ts'
import { findCommand } from '../../src/stack/commands.ts'
import { runCommand } from '../support/run-command.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'

const FOLDER = 'compose/systemd'
const MAIN = resolve('dist/src/main.js')

/** A section's commands as the guide has them, in a folder in place of the host's root. */
function commandsOf(section: string, dir: string): string {
  const guide = readFileSync('docs/install-hosts.md', 'utf8')
  const from = guide.slice(guide.indexOf(`## ${section}`))
  const [, block = ''] = /^```sh\n([\s\S]*?)^```$/m.exec(from) ?? []
  return (
    block
      // But for what the template says itself, which the guide replaces.
      .replaceAll(/(?<=^|[\s'">|=])\/(etc|var)\/(?!nginx\/tls\|)/gm, `${dir}/$1/`)
      .replaceAll('id -u registry-warden', 'id -u')
  )
}

/** What of the host's own is not to be touched: each does nothing. */
const STAND_INS = `
set -eu
warden() { node ${MAIN} "$@"; }
nginx() { :; }
systemctl() { :; }
chown() { :; }
`

const runSection = (section: string, dir: string) =>
  runCommand('bash', ['-c', STAND_INS + commandsOf(section, dir)])

test('the commands of the guide make authorities, secrets and an nginx that takes its configuration', async (t) => {
  const dir = makeTemporaryDir()
  t.teardown(() => removeDir(dir))
  for (const folder of ['etc/registry-warden/registry', 'etc/nginx/conf.d', 'var/log/nginx']) {
    mkdirSync(join(dir, folder), { recursive: true })
  }
  for (const section of ['2. Authorities', '5. nginx']) {
    const { code, output } = await runSection(section, dir)
    t.is(code, 0, output)
  }
  const read = (path: string): string => readFileSync(join(dir, path), 'utf8')
  t.regex(read('etc/registry-warden/registry/config.yml'), /url: http:\/\/registry-warden:5081\//)
  t.regex(read('etc/registry-warden/registry/ca.crt'), /BEGIN CERTIFICATE/)
  t.is(read('etc/hosts'), '127.0.0.1 registry-warden\n')
  const main = join(dir, 'nginx.conf')
  writeFileSync(
    main,
    `pid ${dir}/nginx.pid; error_log stderr; events {} http { include ${dir}/etc/nginx/conf.d/*.conf; }`,
  )
  const { code, output } = await runCommand('nginx', ['-t', '-c', main, '-e', 'stderr'])
  t.is(code, 0, output)
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

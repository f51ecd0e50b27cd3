import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { plainEnvironment, requireCommand } from '../../src/stack/commands.ts'
import { type Part, startPart } from '../../src/stack/part.ts'
import { runCommand } from '../support/run-command.ts'
import { assert, mustEnd, openClients, trust } from './clients.ts'
import { makeCertificate } from './play-own-certificate.ts'
import { openProject, type Project, waitUntilServing } from './project.ts'
import { addressSeen } from './show-addresses.ts'
import { ALICE, addPeople } from './show-clients.ts'
import type { Stage } from './stage.ts'

const HOST = 'outer.example.com'

/** The server block that docs/install.md gives, with the files of this test. */
function documentedServer(certDir: string): string {
  const text = readFileSync(resolve('docs/install.md'), 'utf8')
  const [, block] = /```nginx\n(server \{[\s\S]*?\n\})\n```/.exec(text) ?? []
  assert(block !== undefined, 'docs/install.md has no server block for nginx')
  return block
    .replaceAll('registry.example.com', HOST)
    .replace('/etc/ssl/registry.crt', join(certDir, 'server.crt'))
    .replace('/etc/ssl/registry.key', join(certDir, 'server.key'))
}

const listens = (host: string, port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect({ host, port }, () => {
      socket.destroy()
      done(true)
    })
    socket.on('error', () => done(false))
  })

async function startOuter(dir: string, certDir: string): Promise<Part> {
  mkdirSync(dir, { recursive: true })
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${dir}/${kind};`)
    .join(' ')
  const main = `user root; daemon off; pid ${dir}/pid; error_log ${dir}/log; events {} http { access_log off; ${paths} ${documentedServer(certDir)} }`
  writeFileSync(join(dir, 'nginx.conf'), main)
  return startPart({
    name: 'nginx',
    command: requireCommand('nginx', process.env),
    args: ['-p', dir, '-e', join(dir, 'log'), '-c', join(dir, 'nginx.conf')],
    env: plainEnvironment(process.env),
    dir,
    logPath: join(dir, 'log'),
    isReady: () => listens(HOST, 443),
    readyTimeoutMs: 30_000,
  })
}

async function showRealm(project: Project): Promise<string> {
  const { headers } = await project.send('GET', '/v2/')
  const challenge = String(headers['www-authenticate'])
  assert(challenge.includes(`realm="https://${HOST}/auth/token"`), challenge)
  return challenge
}

async function showClientAddresses(
  project: Project,
  addresses: readonly string[],
): Promise<string> {
  for (const from of addresses) {
    for (const headers of [{}, { 'x-forwarded-for': '9.9.9.9' }]) {
      const seen = await addressSeen(project, { from, headers })
      assert(seen === from, `from ${from}, seen as ${seen}`)
    }
  }
  return addresses.join(' and ')
}

export async function playOuterProxy({ engine, place, record }: Stage): Promise<void> {
  const certDir = await makeCertificate(join(place.dir, 'outer-certificate'), [HOST])
  const project = openProject({
    engine,
    dir: place.dir,
    name: 'outer',
    overlays: ['outer-proxy.yml'],
    env: { WARDEN_HOST: HOST },
  })
  cpSync(join(certDir, 'ca.crt'), project.caPath)
  const clients = openClients(engine, HOST, join(place.dir, 'clients'))
  const outer = await startOuter(join(place.dir, 'outer-nginx'), certDir)
  const came = await record.show('login, push and pull through a proxy that ends TLS', async () => {
    await project.up()
    await waitUntilServing(project)
    await addPeople(project)
    trust('docker', HOST, project.caPath)
    await mustEnd(clients.login(ALICE))
    await mustEnd(clients.push('demo/outer:v1', 'outer proxy'))
    await mustEnd(clients.pull('demo/outer:v1'))
    return 'outer-proxy.yml, and the nginx of docs/install.md'
  })
  if (came) {
    await record.show('the realm is the address of the proxy', () => showRealm(project))
    await record.show('R14: clients are known by their own addresses, and cannot lie', () =>
      showClientAddresses(project, place.addresses),
    )
    await record.show('warden doctor finds no fault', async () => {
      const args = ['doctor', '--url', `https://${HOST}`, '--ca', project.caPath]
      const { code, output } = await runCommand(process.execPath, ['dist/src/main.js', ...args])
      assert(code === 0, output)
      return 'from outside'
    })
  }
  await outer.stop()
  await project.must('down', '--volumes')
}

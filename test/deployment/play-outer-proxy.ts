import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { plainEnvironment, requireCommand } from '../../src/stack/commands.ts'
import { type Part, startPart } from '../../src/stack/part.ts'
import { assert, mustEnd, openClients, trust } from './clients.ts'
import { outerServer } from './guide.ts'
import { makeCertificate } from './play-own-certificate.ts'
import { openProject, type Project, waitUntilServing } from './project.ts'
import { addressSeen } from './show-addresses.ts'
import { ALICE, addPeople } from './show-clients.ts'
import type { Stage } from './stage.ts'
import { HOST, openWalk } from './walk.ts'

/** As docs/install.md has it, with the files where it says. */
function documentedServer(certDir: string): string {
  cpSync(join(certDir, 'server.crt'), '/etc/ssl/registry.crt')
  cpSync(join(certDir, 'server.key'), '/etc/ssl/registry.key')
  return outerServer()
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

export async function playOuterProxy(stage: Stage): Promise<void> {
  const { engine, place, record } = stage
  const certDir = await makeCertificate(join(place.dir, 'outer-certificate'), [HOST])
  const walk = await openWalk(stage)
  const overlays = ['outer-proxy.yml']
  const project = openProject({ engine, root: walk.root, host: HOST, overlays })
  cpSync(join(certDir, 'ca.crt'), project.caPath)
  const clients = openClients(engine, HOST, join(place.dir, 'clients'))
  const outer = await startOuter(join(place.dir, 'outer-nginx'), certDir)
  const came = await record.show('login, push and pull through a proxy that ends TLS', async () => {
    await walk.run('overlay', { replace: { 'replicas.yml': 'outer-proxy.yml' } })
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
      await walk.run('outside')
      return 'from outside'
    })
  }
  await outer.stop()
  await project.must('down', '--volumes')
}

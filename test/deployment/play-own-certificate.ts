import { X509Certificate } from 'node:crypto'
import { cpSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { ensureTlsServer } from '../../src/signing/tls-authority.ts'
import { waitFor } from '../support/wait-for.ts'
import { assert, mustEnd, openClients, trust } from './clients.ts'
import { openProject, type Project, waitUntilServing } from './project.ts'
import { ALICE, addPeople } from './show-clients.ts'
import type { Stage } from './stage.ts'
import { HOST, openWalk, type Walk } from './walk.ts'

const presented = (host: string, ca: string): Promise<string> =>
  new Promise((done, fail) => {
    const socket = connect({ host, port: 443, servername: host, ca }, () => {
      done(socket.getPeerCertificate().fingerprint256)
      socket.destroy()
    })
    socket.on('error', fail)
  })

/** An authority of a company, and a certificate of its own for the host. */
export async function makeCertificate(dir: string, hosts: readonly string[]): Promise<string> {
  const serverDir = join(dir, 'server')
  rmSync(serverDir, { recursive: true, force: true })
  await ensureTlsServer(
    { authorityDir: join(dir, 'authority'), serverDir },
    { hosts, now: new Date() },
  )
  return serverDir
}

/** Under the names that the guide has for it. */
function hand(tlsDir: string, { root }: Walk): void {
  cpSync(join(tlsDir, 'server.crt'), join(root, 'fullchain.pem'))
  cpSync(join(tlsDir, 'server.key'), join(root, 'privkey.pem'))
  cpSync(join(tlsDir, 'ca.crt'), join(root, 'ca.crt'))
}

const isPresented = async ({ caPath }: Project, tlsDir: string): Promise<boolean> => {
  const { fingerprint256 } = new X509Certificate(readFileSync(join(tlsDir, 'server.crt')))
  return (await presented(HOST, readFileSync(caPath, 'utf8'))) === fingerprint256
}

export async function playOwnCertificate(stage: Stage): Promise<void> {
  const { engine, place, record } = stage
  const walk = await openWalk(stage)
  const overlays = ['own-certificate.yml']
  const project = openProject({ engine, root: walk.root, host: HOST, overlays })
  const clients = openClients(engine, HOST, join(place.dir, 'clients'))
  const certificates = join(place.dir, 'own-certificate')
  await record.show('nginx shows the certificate of the folder; login, push, pull', async () => {
    const tlsDir = await makeCertificate(certificates, [HOST])
    hand(tlsDir, walk)
    await walk.run('ownCertificate')
    await waitUntilServing(project)
    assert(await isPresented(project, tlsDir), 'it is another one')
    await addPeople(project)
    trust('docker', HOST, project.caPath)
    await mustEnd(clients.login(ALICE))
    await mustEnd(clients.push('demo/own:v1', 'own certificate'))
    await mustEnd(clients.pull('demo/own:v1'))
    const said = await project.must('logs', '--no-color', 'setup')
    assert(/is one of your own: kept as it is/.test(said), said)
    return 'own-certificate.yml'
  })
  await record.show('a new certificate is shown after a reload of nginx', async () => {
    const tlsDir = await makeCertificate(certificates, [HOST])
    for (const name of ['server.crt', 'server.key']) {
      cpSync(join(tlsDir, name), join('/etc/ssl/registry', name))
    }
    await project.must('exec', '-T', 'nginx', 'nginx', '-s', 'reload')
    await waitFor(() => isPresented(project, tlsDir), { what: 'the new certificate' })
    return 'nginx -s reload'
  })
  await project.must('down', '--volumes')
}

import { X509Certificate } from 'node:crypto'
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { ensureTlsServer } from '../../src/signing/tls-authority.ts'
import { assert, mustEnd, openClients, trust } from './clients.ts'
import { HOST } from './play-compose.ts'
import { openProject, waitUntilServing } from './project.ts'
import { ALICE, addPeople } from './show-clients.ts'
import type { Stage } from './stage.ts'

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
  await ensureTlsServer(
    { authorityDir: join(dir, 'authority'), serverDir },
    { hosts, now: new Date() },
  )
  return serverDir
}

export async function playOwnCertificate({ engine, place, record }: Stage): Promise<void> {
  const tlsDir = await makeCertificate(join(place.dir, 'own-certificate'), [HOST])
  const project = openProject({
    engine,
    dir: place.dir,
    name: 'own',
    overlays: ['own-certificate.yml'],
    env: { WARDEN_HOST: HOST, WARDEN_TLS_DIR: tlsDir },
  })
  cpSync(join(tlsDir, 'ca.crt'), project.caPath)
  const clients = openClients(engine, HOST, join(place.dir, 'clients'))
  await record.show('nginx shows the certificate of the folder; login, push, pull', async () => {
    await project.up()
    await waitUntilServing(project)
    const { fingerprint256 } = new X509Certificate(readFileSync(join(tlsDir, 'server.crt')))
    const seen = await presented(HOST, readFileSync(project.caPath, 'utf8'))
    assert(seen === fingerprint256, 'it is another one')
    await addPeople(project)
    trust('docker', HOST, project.caPath)
    await mustEnd(clients.login(ALICE))
    await mustEnd(clients.push('demo/own:v1', 'own certificate'))
    await mustEnd(clients.pull('demo/own:v1'))
    const said = await project.must('logs', '--no-color', 'setup')
    assert(/is one of your own: kept as it is/.test(said), said)
    return 'own-certificate.yml'
  })
  await project.must('down', '--volumes')
}

import { randomBytes } from 'node:crypto'
import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { waitFor } from '../support/wait-for.ts'
import { assert, mustEnd, openClients, trust } from './clients.ts'
import { makeCertificate } from './play-own-certificate.ts'
import { fetchAuthority, openProject, waitUntilServing } from './project.ts'
import { ALICE, addPeople, type Scene } from './show-clients.ts'
import type { Stage } from './stage.ts'
import { filesWith, HOST, openWalk, type Walk } from './walk.ts'

const NAME = 'somebody-elses-mysql'
const PORT = 13306
/** Under which the database has its certificate, and one under which it has none. */
const [DB_HOST, OTHER_HOST] = ['db.example.com', 'other.example.com']
/** Of somebody whose names no name server knows. */
const NAMES = 'names.yml'
const OVERLAYS = ['external-mysql.yml', NAMES]
const SERVER_FILES = ['server.crt', 'server.key', 'ca.crt']

interface OwnScene extends Scene {
  readonly walk: Walk
}

/** A MySQL that knows nothing of compose/, on a port of this machine. @returns its password */
async function startDatabase({ engine, place, walk }: OwnScene): Promise<string> {
  const dir = join(place.dir, 'external')
  mkdirSync(dir, { recursive: true })
  const password = randomBytes(18).toString('hex')
  writeFileSync(join(dir, 'password'), password)
  writeFileSync(join(walk.root, 'db-password.txt'), password)
  const certificate = await makeCertificate(join(place.dir, 'external-certificate'), [DB_HOST])
  for (const name of SERVER_FILES) cpSync(join(certificate, name), join(dir, name))
  // Whoever the server runs as has to read it.
  chmodSync(join(dir, 'server.key'), 0o644)
  cpSync(join(certificate, 'ca.crt'), join(walk.root, 'db-ca.crt'))
  const environment = [
    'DATABASE=registry',
    'USER=keeper',
    'PASSWORD_FILE=/own/password',
    'ROOT_PASSWORD_FILE=/own/password',
  ]
  await engine.must(
    ...['run', '--detach', '--name', NAME, '--publish', `${place.addresses[0]}:${PORT}:3306`],
    ...['--volume', `${dir}:/own:ro`],
    ...environment.flatMap((text) => ['--env', `MYSQL_${text}`]),
    ...['mysql:8.4', 'mysqld', '--mysqlx=OFF'],
    ...['--ssl-cert=/own/server.crt', '--ssl-key=/own/server.key'],
  )
  const ping = ['exec', NAME, 'mysqladmin', 'ping', '--host=127.0.0.1', '--silent']
  await waitFor(async () => (await engine.docker(ping)).code === 0, {
    mostMs: 180_000,
    what: 'MySQL',
  })
  return password
}

function tellNames({ walk, place }: OwnScene): void {
  const hosts = [DB_HOST, OTHER_HOST].map((name) => `      ${name}: ${place.addresses[0]}\n`)
  const text = `services:\n  warden:\n    extra_hosts:\n${hosts.join('')}`
  writeFileSync(join(walk.root, 'compose', NAMES), text)
}

async function showVerified(scene: OwnScene): Promise<string> {
  const { engine, walk, project, clients } = scene
  const password = await startDatabase(scene)
  tellNames(scene)
  walk.setEnv({
    WARDEN_DB_HOST: DB_HOST,
    WARDEN_DB_PORT: String(PORT),
    WARDEN_DB_NAME: 'registry',
    WARDEN_DB_USER: 'keeper',
  })
  const replace = { FILES: filesWith(...OVERLAYS) }
  await walk.run('ownMysqlAuthority', { replace })
  await walk.run('ownMysql', { replace })
  await fetchAuthority(project)
  await waitUntilServing(project)
  assert(!(await project.must('ps', '--services')).includes('mysql'), 'mysql runs')
  await addPeople(project)
  trust('docker', HOST, project.caPath)
  await mustEnd(clients.login(ALICE))
  await mustEnd(clients.push('demo/foreign:v1', 'foreign'))
  await mustEnd(clients.pull('demo/foreign:v1'))
  const ids = (await project.must('ps', '--all', '--quiet')).split('\n').filter(Boolean)
  const shown = await engine.must('inspect', ...ids)
  assert(!shown.includes(password), 'docker inspect shows the password')
  return `external-mysql.yml, WARDEN_DB_TLS=verify, ${DB_HOST}; no container of mysql, no password in docker inspect`
}

/** What a process of the service says of a database under that name. */
async function showRefused({ project }: OwnScene): Promise<string> {
  const migrate = (host: string) =>
    project.compose(
      ...['run', '--rm', '-T', '--no-deps', '--env', `WARDEN_DB_HOST=${host}`],
      ...['--env', 'WARDEN_DB_WAIT_SECONDS=1', 'warden', 'migrate'],
    )
  const right = await migrate(DB_HOST)
  assert(right.code === 0, right.output)
  const wrong = await migrate(OTHER_HOST)
  assert(wrong.code !== 0 && /altnames/.test(wrong.output), `${wrong.code}: ${wrong.output}`)
  return `${OTHER_HOST}: the same server, not in its certificate`
}

async function showAddress({ walk, project, clients, place }: OwnScene): Promise<string> {
  const [address] = place.addresses
  walk.setEnv({ WARDEN_DB_HOST: address, WARDEN_DB_TLS: 'require', WARDEN_DB_CA_FILE: '' })
  await project.up()
  await waitUntilServing(project)
  await mustEnd(clients.login(ALICE))
  await mustEnd(clients.pull('demo/foreign:v1'))
  return 'WARDEN_DB_TLS=require'
}

export async function playExternalMysql(stage: Stage): Promise<void> {
  const { engine, place, record } = stage
  const walk = await openWalk(stage)
  const project = openProject({ engine, root: walk.root, host: HOST, overlays: OVERLAYS })
  const clients = openClients(engine, HOST, join(place.dir, 'clients'))
  const scene = { ...stage, walk, project, clients }
  const came = await record.show(
    'a MySQL outside, its certificate verified; login, push, pull',
    () => showVerified(scene),
  )
  if (came) {
    await record.show('a certificate of another name is refused', () => showRefused(scene))
    await record.show('the same MySQL by its address, with any certificate', () =>
      showAddress(scene),
    )
  }
  await project.must('down', '--volumes')
  await engine.docker(['rm', '--force', '--volumes', NAME])
}

import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { waitFor } from '../support/wait-for.ts'
import { assert, mustEnd, openClients, trust } from './clients.ts'
import type { Engine } from './engine.ts'
import { bringUp, HOST } from './play-compose.ts'
import { openProject, type Project } from './project.ts'
import { ALICE, addPeople } from './show-clients.ts'
import type { Stage } from './stage.ts'

const NAME = 'somebody-elses-mysql'
const PORT = 13306

/** A MySQL that knows nothing of compose/, on a port of this machine. @returns its password */
async function startDatabase(engine: Engine, dir: string, address: string): Promise<string> {
  mkdirSync(dir, { recursive: true })
  const password = randomBytes(18).toString('hex')
  writeFileSync(join(dir, 'password'), password)
  const environment = [
    'DATABASE=registry',
    'USER=keeper',
    'PASSWORD_FILE=/own/password',
    'ROOT_PASSWORD_FILE=/own/password',
  ]
  await engine.must(
    ...['run', '--detach', '--name', NAME, '--publish', `${address}:${PORT}:3306`],
    ...['--volume', `${dir}:/own:ro`],
    ...environment.flatMap((text) => ['--env', `MYSQL_${text}`]),
    ...['mysql:8.4', 'mysqld', '--mysqlx=OFF'],
  )
  const ping = ['exec', NAME, 'mysqladmin', 'ping', '--host=127.0.0.1', '--silent']
  await waitFor(async () => (await engine.docker(ping)).code === 0, {
    mostMs: 180_000,
    what: 'MySQL',
  })
  return password
}

/** As compose/external-mysql.yml says, but from an argument. */
const putPassword = (project: Project, password: string): Promise<string> =>
  project.must(
    ...['run', '--rm', '-T', '--no-deps', '--build', '--entrypoint', 'sh', 'setup'],
    ...['-c', 'umask 077 && printf %s "$0" > /setup/secrets/warden/db-password', password],
  )

export async function playExternalMysql({ engine, place, record }: Stage): Promise<void> {
  const [address] = place.addresses
  const env = {
    WARDEN_HOST: HOST,
    WARDEN_DB_HOST: address,
    WARDEN_DB_PORT: String(PORT),
    WARDEN_DB_NAME: 'registry',
    WARDEN_DB_USER: 'keeper',
    WARDEN_DB_TLS: 'require',
  }
  const overlays = ['external-mysql.yml']
  const project = openProject({ engine, dir: place.dir, name: 'foreign', overlays, env })
  const clients = openClients(engine, HOST, join(place.dir, 'clients'))
  await record.show('a MySQL outside, over TLS; login, push, pull', async () => {
    const password = await startDatabase(engine, join(place.dir, 'external'), address)
    await putPassword(project, password)
    await bringUp(project)
    assert(!(await project.must('ps', '--services')).includes('mysql'), 'mysql runs')
    await addPeople(project)
    trust('docker', HOST, project.caPath)
    await mustEnd(clients.login(ALICE))
    await mustEnd(clients.push('demo/foreign:v1', 'foreign'))
    await mustEnd(clients.pull('demo/foreign:v1'))
    const ids = (await project.must('ps', '--all', '--quiet')).split('\n').filter(Boolean)
    const shown = await engine.must('inspect', ...ids)
    assert(!shown.includes(password), 'docker inspect shows the password')
    return 'external-mysql.yml; no container of mysql, no password in docker inspect'
  })
  await project.must('down', '--volumes')
  await engine.must('rm', '--force', '--volumes', NAME)
}

import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { waitFor } from '../support/wait-for.ts'
import { assert, mustEnd, openClients, trust } from './clients.ts'
import type { Engine } from './engine.ts'
import { fetchAuthority, openProject, waitUntilServing } from './project.ts'
import { ALICE, addPeople } from './show-clients.ts'
import type { Stage } from './stage.ts'
import { filesWith, HOST, openWalk } from './walk.ts'

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

export async function playExternalMysql(stage: Stage): Promise<void> {
  const { engine, place, record } = stage
  const [address] = place.addresses
  const walk = await openWalk(stage)
  walk.setEnv({
    WARDEN_DB_HOST: address,
    WARDEN_DB_PORT: String(PORT),
    WARDEN_DB_NAME: 'registry',
    WARDEN_DB_USER: 'keeper',
    WARDEN_DB_TLS: 'require',
  })
  const overlays = ['external-mysql.yml']
  const project = openProject({ engine, root: walk.root, host: HOST, overlays })
  const clients = openClients(engine, HOST, join(place.dir, 'clients'))
  await record.show('a MySQL outside, over TLS; login, push, pull', async () => {
    const password = await startDatabase(engine, join(place.dir, 'external'), address)
    writeFileSync(join(walk.root, 'db-password.txt'), password)
    await walk.run('ownMysql', { replace: { FILES: filesWith(...overlays) } })
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
    return 'external-mysql.yml; no container of mysql, no password in docker inspect'
  })
  await project.must('down', '--volumes')
  await engine.docker(['rm', '--force', '--volumes', NAME])
}

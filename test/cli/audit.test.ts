import { rmSync } from 'node:fs'
import test from 'ava'
import { ADMIN, type Service, startService } from '../support/service.ts'
import { type CommandInput, type Result, signedIn, warden } from './command.ts'

let service: Service

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
  await service.admin('POST', '/api/v1/projects', { name: 'acme' })
  for (let tries = 0; tries < 100; tries++) {
    const waiting = await service.database('audit').whereNull('seal')
    if (waiting.length === 0) break
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
})
test.after.always(() => service.stop())

const asAdmin = (...args: readonly string[]): Promise<Result> =>
  warden(['audit', ...args], { env: signedIn(service.url, ADMIN) })

const onHost = (args: readonly string[], input: CommandInput = {}): Promise<Result> => {
  const { config } = service
  const { host, port, user, password, name } = config.database
  // The database of the tests has a name of its own.
  const database = service.database.client.config.connection
  return warden(['audit', 'verify', ...args], {
    ...input,
    env: {
      WARDEN_PUBLIC_URL: config.publicUrl,
      WARDEN_REGISTRY_URL: config.registry.url,
      WARDEN_CERTS_DIR: config.certs.dir,
      WARDEN_DB_HOST: database.host ?? host,
      WARDEN_DB_PORT: String(database.port ?? port),
      WARDEN_DB_USER: database.user ?? user,
      WARDEN_DB_PASSWORD: database.password ?? password,
      WARDEN_DB_NAME: database.database ?? name,
    },
  })
}

test.serial('rows are listed by filter, as a table or as JSON', async (t) => {
  const table = await asAdmin('list', '--project', 'acme')
  t.regex(table.stdout, /time +actor +action +target +outcome +count +address/)
  t.regex(table.stdout, /admin +project\.create +acme +done +1 +127\.0\.0\.1/)
  const { stdout } = await asAdmin('list', '--action', 'project.create', '--json')
  t.is(JSON.parse(stdout).items[0].target, 'acme')
  t.is((await asAdmin('list', '--since', 'soon')).code, 2)
})

test.serial('an export goes to stdout and is nothing but data', async (t) => {
  const { code, stdout, stderr } = await asAdmin('export', '--format', 'csv', '--project', 'acme')
  t.deepEqual([code, stderr], [0, ''])
  const lines = stdout.split('\r\n')
  t.is(lines.length, 3)
  t.true(lines[0]?.startsWith('time,actor,'))
  t.is((await asAdmin('export')).code, 2)
})

test.serial('R34: verify says that the record is whole', async (t) => {
  const { code, stderr, stdout } = await onHost([])
  t.deepEqual([code, stdout], [0, ''])
  t.regex(stderr, /The audit record is whole: \d+ rows, 1 to \d+\./)
  const json = await onHost(['--json'])
  t.deepEqual([json.code, json.stderr], [0, ''])
  t.is(JSON.parse(json.stdout).ok, true)
})

test.serial('verify draws a bar at a terminal', async (t) => {
  const { stderr } = await onHost([], { typed: [] })
  t.regex(stderr, /\r\[#+\] 100 % \(\d+ of \d+ rows\)\n/)
})

test.serial('R34: verify names the first broken row and fails', async (t) => {
  await service.database('audit').where({ seal: 2 }).update({ actor_name: 'mallory' })
  const { code, stderr } = await onHost([])
  t.is(code, 1)
  t.regex(
    stderr,
    /the audit record was tampered with: first at row 2 \(id \d+\): the row was changed/,
  )
  const json = await onHost(['--json'])
  t.deepEqual([json.code, JSON.parse(json.stdout).broken.seal], [1, 2])
})

test.serial('verify without the key says where it belongs', async (t) => {
  rmSync(service.config.certs.auditKeyPath)
  const { code, stderr } = await onHost([])
  t.is(code, 1)
  t.regex(stderr, /the audit key in .*audit\.key is not there; copy the file/)
})

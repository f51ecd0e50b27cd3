import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import test from 'ava'
import bcrypt from 'bcrypt'
import { type Service, startService } from '../support/service.ts'
import { type CommandInput, type Result, warden } from './command.ts'

let service: Service
const dir = mkdtempSync(join(tmpdir(), 'warden-htpasswd-'))

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
})
test.after.always(async () => {
  await service.stop()
  rmSync(dir, { recursive: true, force: true })
})

const hostEnv = (): NodeJS.ProcessEnv => ({
  WARDEN_PUBLIC_URL: service.url,
  WARDEN_REGISTRY_URL: service.registryUrl,
  WARDEN_CERTS_DIR: service.config.certs.dir,
  ...databaseEnv(),
})

/** Where the test's own database is. */
function databaseEnv(): NodeJS.ProcessEnv {
  const { connection } = service.database.client.config
  return {
    WARDEN_DB_HOST: connection.host,
    WARDEN_DB_PORT: String(connection.port),
    WARDEN_DB_USER: connection.user,
    WARDEN_DB_PASSWORD: connection.password,
    WARDEN_DB_NAME: connection.database,
  }
}

function importLines(
  name: string,
  lines: readonly string[],
  options: readonly string[] = [],
  input: CommandInput = {},
): Promise<Result> {
  const path = join(dir, name)
  writeFileSync(path, `${lines.join('\n')}\n`)
  return warden(['htpasswd', 'import', path, ...options], { ...input, env: hostEnv() })
}

const signIn = async (username: string, password: string): Promise<number> =>
  (await service.request('GET', '/api/v1/me', { as: { username, password } })).status

const hashOf = async (username: string): Promise<string> =>
  (await service.database('users').where({ username }).first('password_hash')).password_hash

const like = async (username: string, form: RegExp): Promise<void> => {
  for (let tries = 0; !form.test(await hashOf(username)); tries++) {
    if (tries > 100) throw new Error(`the hash of ${username} has not become ${form}`)
    await pause(50)
  }
}

/** As `htpasswd -B` writes it. */
const bcryptLine = async (name: string, password: string, mark = '2y'): Promise<string> =>
  `${name}:${(await bcrypt.hash(password, 4)).replace('$2b$', `$${mark}$`)}`

test('users come over with their passwords, which become argon2id at the next sign-in', async (t) => {
  const lines = [
    '# users of the old registry',
    await bcryptLine('Ann', 'anns-old-pw'),
    '',
    await bcryptLine('ben', 'bens-old-pw', '2a'),
  ]
  const { code, stdout, stderr } = await importLines('good', lines)
  t.deepEqual([code, stdout], [0, ''])
  t.regex(stderr, /^Users: 2 taken, 0 there already, 0 refused\.$/m)
  t.regex(await hashOf('ann'), /^\$2y\$04\$/)
  t.is(await signIn('ann', 'wrong-wrong'), 401)
  t.is(await signIn('ann', 'anns-old-pw'), 200)
  await like('ann', /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  t.deepEqual([await signIn('ann', 'anns-old-pw'), await signIn('ann', 'other-pw-7')], [200, 401])
  t.is(await signIn('ben', 'bens-old-pw'), 200)
  const row = await service.database('users').where({ username: 'ann' }).first()
  t.deepEqual([row.sign_in_epoch, row.system_role], [1, null])
  const audit = await service
    .database('audit')
    .where({ action: 'user.import' })
    .whereIn('target', ['ann', 'ben'])
    .orderBy('id')
  t.deepEqual(
    audit.map(({ actor_name, target }) => [actor_name, target]),
    [
      ['warden$system', 'ann'],
      ['warden$system', 'ben'],
    ],
  )
})

test('an import that is repeated touches nobody who is there', async (t) => {
  const lines = [await bcryptLine('cyd', 'cyds-old-pw')]
  await importLines('twice', lines)
  await service.admin('PATCH', '/api/v1/users/cyd', { password: 'cyds-new-harbour-7' })
  const { code, stdout } = await importLines('twice', lines, ['--json'])
  t.is(code, 0)
  t.deepEqual(JSON.parse(stdout), { taken: [], present: ['cyd'], refused: [], dryRun: false })
  t.deepEqual(
    [await signIn('cyd', 'cyds-new-harbour-7'), await signIn('cyd', 'cyds-old-pw')],
    [200, 401],
  )
})

test('lines that cannot be taken are named with their numbers and what to do', async (t) => {
  const secret = 'Zm9vYmFyYmF6cXV4'
  const lines = [
    `dan:$apr1$salt$${secret}`,
    `eve:{SHA}${secret}=`,
    `fay:$6$salt$${secret}`,
    'gus:plain-text-of-gus',
    (await bcryptLine('hal', 'hals-old-pw')).replace('$04$', '$13$'),
    'no-colon-here',
    await bcryptLine('robot$x', 'robots-old-pw'),
    await bcryptLine('ina', 'inas-old-pw'),
    await bcryptLine('INA', 'other-old-pw'),
  ]
  const { code, stderr, stdout } = await importLines('bad', lines, ['--json'])
  t.is(code, 1)
  t.false(stdout.includes(secret) || stderr.includes(secret) || stdout.includes('plain-text'))
  const { taken, refused } = JSON.parse(stdout)
  t.deepEqual(taken, ['ina'])
  t.deepEqual(
    refused.map(({ line, name }: { line: number; name: string }) => [line, name]),
    [
      [1, 'dan'],
      [2, 'eve'],
      [3, 'fay'],
      [4, 'gus'],
      [5, 'hal'],
      [6, ''],
      [7, 'robot$x'],
      [9, 'INA'],
    ],
  )
  t.regex(refused[0].reason, /apr1.*htpasswd -B/)
  t.regex(refused[4].reason, /cost 13.*at most 12/)
  t.regex(refused[7].reason, /line 8 has the same name/)
  t.is(stderr, 'not every user was taken; refused lines: 1, 2, 3, 4, 5, 6, 7, 9\n')
})

test('R8: the name of a deleted user does not come back by import', async (t) => {
  await service.admin('POST', '/api/v1/users', { username: 'jan', password: 'jans-own-pw-7' })
  await service.admin('DELETE', '/api/v1/users/jan')
  const { code, stderr } = await importLines('gone', [await bcryptLine('jan', 'jans-old-pw')])
  t.is(code, 1)
  t.regex(stderr, /line 1: jan the user name jan is taken/)
})

test('a dry run changes nothing', async (t) => {
  const { code, stderr } = await importLines(
    'dry',
    [await bcryptLine('kim', 'kims-pw')],
    ['--dry-run'],
  )
  t.is(code, 0)
  t.regex(stderr, /Users: 1 would be taken, .*\nThis was a dry run: nothing was changed\.\n$/)
  t.is((await service.admin('GET', '/api/v1/users/kim')).status, 404)
})

test('a person at a terminal sees a bar, and nothing of it stays', async (t) => {
  const lines = [await bcryptLine('lea', 'leas-old-pw')]
  const { stderr } = await importLines('bar', lines, [], { typed: [] })
  const bar = `\rtaking in users [${'#'.repeat(30)}] 1/1`
  t.true(stderr.startsWith(`${bar}\r\u001b[KUsers: 1 taken`), stderr)
})

test('a file that is not there is wrong use', async (t) => {
  const args = ['htpasswd', 'import', join(dir, 'nothing')]
  const { code, stderr } = await warden(args, { env: hostEnv() })
  t.is(code, 2)
  t.regex(stderr, /nothing is not there/)
})

import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import test from 'ava'
import { createPasswordHasher } from '../../src/accounts/password-hash.ts'
import { readConfig } from '../../src/config/read-config.ts'
import { type Database, openDatabase } from '../../src/database/open-database.ts'
import { preparePendingPassword } from '../../src/maintenance/first-password.ts'
import { type OpenInstallation, openInstallation } from '../../src/maintenance/open-installation.ts'
import { preparePendingAuthority } from '../../src/signing/token-authority.ts'
import { createTestDatabase } from '../support/database.ts'
import { makePassingDir } from '../support/temporary-dir.ts'

const hasher = createPasswordHasher({ concurrency: 2, queueLimit: 200 })
const quiet = { warn: () => undefined, error: () => undefined }

const withDatabase = async (work: (database: Database) => Promise<void>): Promise<void> => {
  const { config, drop } = await createTestDatabase()
  const database = openDatabase(config, quiet)
  try {
    await work(database)
  } finally {
    await database.destroy()
    await drop()
  }
}

const configOf = (folder: string, env: Readonly<Record<string, string>> = {}) =>
  readConfig({
    WARDEN_PUBLIC_URL: 'http://localhost:5000',
    WARDEN_REGISTRY_URL: 'http://localhost:5001',
    WARDEN_DB_PASSWORD: 'x',
    WARDEN_CERTS_DIR: folder,
    ...env,
  }).config

interface Start {
  readonly env?: Readonly<Record<string, string>>
  readonly force?: boolean
  readonly terminal?: (text: string) => void
  readonly log?: (fields: object, message: string) => void
  readonly now?: Date
}

const start = (database: Database, folder: string, more: Start = {}): Promise<OpenInstallation> =>
  openInstallation(
    {
      database,
      hasher,
      config: configOf(folder, more.env),
      now: () => more.now ?? new Date(),
      log: more.log ?? (() => undefined),
      terminal: more.terminal,
    },
    { force: more.force ?? false },
  )

const passwordPath = (folder: string): string => join(folder, 'token-ca', 'first-admin-password')

const signsIn = async (database: Database, password: string): Promise<boolean> => {
  const { password_hash } = await database('users').where({ username: 'admin' }).first()
  return hasher.verify(password_hash, password)
}

test('R2: the first start makes one administrator, whose password is in a 0600 file and in no log', (t) =>
  withDatabase(async (database) => {
    const folder = makePassingDir()
    const lines: string[] = []
    await start(database, folder, { log: (...line) => void lines.push(JSON.stringify(line)) })
    const path = passwordPath(folder)
    const password = readFileSync(path, 'utf8').trim()
    t.regex(password, /^[A-Za-z0-9]{20}$/)
    t.is(statSync(path).mode & 0o777, 0o600)
    t.true(await signsIn(database, password))
    t.true(lines.length > 0)
    t.false(lines.join().includes(password))
  }))

test('R2: on a terminal the first password is shown, and no file keeps it', (t) =>
  withDatabase(async (database) => {
    const folder = makePassingDir()
    let shown = ''
    await start(database, folder, {
      terminal: (text) => {
        shown += text
      },
    })
    const [, password = ''] = /the password is (\S+)/.exec(shown) ?? []
    t.true(await signsIn(database, password))
    t.deepEqual(readdirSync(dirname(passwordPath(folder))), ['ca.pem'])
  }))

test('R2: a configured password is taken at the first start and never again', (t) =>
  withDatabase(async (database) => {
    const folder = makePassingDir()
    await start(database, folder, { env: { WARDEN_ADMIN_PASSWORD: 'chosen-by-me-7' } })
    t.true(await signsIn(database, 'chosen-by-me-7'))
    await start(database, folder, { env: { WARDEN_ADMIN_PASSWORD: 'another-one-7' } })
    t.true(await signsIn(database, 'chosen-by-me-7'))
    t.false(existsSync(passwordPath(folder)))
  }))

test('R2: a well-known first password is refused and nothing is made', (t) =>
  withDatabase(async (database) => {
    const env = { WARDEN_ADMIN_PASSWORD: 'Harbor12345' }
    await t.throwsAsync(start(database, makePassingDir(), { env }), {
      code: 'PASSWORD_REFUSED',
    })
    t.is(await database('users').first(), undefined)
    t.is(await database('installation').first(), undefined)
  }))

test('R2: replicas on one folder that start together are one installation with one administrator', (t) =>
  withDatabase(async (database) => {
    const folder = makePassingDir()
    const opened = await Promise.all([1, 2, 3].map(() => start(database, folder)))
    t.is(new Set(opened.map(({ authority }) => authority.fingerprint)).size, 1)
    t.is((await database('users').pluck('id')).length, 1)
    const password = readFileSync(passwordPath(folder), 'utf8').trim()
    t.true(await signsIn(database, password))
    t.deepEqual(readdirSync(join(folder, 'token-ca')).sort(), ['ca.pem', 'first-admin-password'])
  }))

test('R2: of replicas with folders of their own one wins and the others refuse to serve', (t) =>
  withDatabase(async (database) => {
    const folders = [makePassingDir(), makePassingDir(), makePassingDir()]
    const results = await Promise.allSettled(folders.map((folder) => start(database, folder)))
    t.is(results.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const [index, result] of results.entries()) {
      if (result.status === 'fulfilled') continue
      t.regex(result.reason.message, /this database belongs to [0-9a-f]{64}; copy ca\.pem/)
      t.deepEqual(readdirSync(join(folders[index] ?? '', 'token-ca')), [])
    }
    t.is((await database('users').pluck('id')).length, 1)
  }))

test('R2: a replica with another authority refuses to serve', (t) =>
  withDatabase(async (first) => {
    await withDatabase(async (second) => {
      const folder = makePassingDir()
      await start(first, folder)
      await start(second, makePassingDir())
      await t.throwsAsync(start(second, folder), { message: /^the token authority in .* is / })
    })
  }))

test('R2: an authority before an empty database is taken only by force', (t) =>
  withDatabase(async (lost) => {
    const folder = makePassingDir()
    const before = await start(lost, folder)
    await withDatabase(async (empty) => {
      await t.throwsAsync(start(empty, folder), { message: /run: warden init --force$/ })
      const after = await start(empty, folder, { force: true })
      t.is(after.authority.fingerprint, before.authority.fingerprint)
    })
  }))

test('R2: a start that was killed before the database took the authority just goes on', (t) =>
  withDatabase(async (database) => {
    const folder = makePassingDir()
    const { certs } = configOf(folder)
    const pending = await preparePendingAuthority(certs, new Date())
    const { authority } = await start(database, folder)
    t.is(authority.fingerprint, pending.fingerprint)
  }))

test('R2: a start that was killed after the database took the authority just goes on', (t) =>
  withDatabase(async (database) => {
    const folder = makePassingDir()
    const { certs } = configOf(folder)
    const before = await start(database, folder)
    renameSync(certs.authorityPath, `${certs.authorityPath}.new`)
    const after = await start(database, folder)
    t.is(after.authority.fingerprint, before.authority.fingerprint)
    t.true(existsSync(certs.authorityPath))
  }))

test('R2: the password of a start that was killed before the database took it is used', (t) =>
  withDatabase(async (database) => {
    const folder = makePassingDir()
    const password = await preparePendingPassword(passwordPath(folder))
    await start(database, folder)
    t.is(readFileSync(passwordPath(folder), 'utf8'), `${password}\n`)
    t.true(await signsIn(database, password))
    t.deepEqual(readdirSync(join(folder, 'token-ca')).sort(), ['ca.pem', 'first-admin-password'])
  }))

/** A folder and a database as a kill leaves them between the database's yes and the telling. */
const startAndKill = async (database: Database, folder: string): Promise<string> => {
  await start(database, folder)
  const path = passwordPath(folder)
  renameSync(path, `${path}.new`)
  return readFileSync(`${path}.new`, 'utf8').trim()
}

test('R2: the password of a start that was killed after the database took it gets its file', (t) =>
  withDatabase(async (database) => {
    const folder = makePassingDir()
    const password = await startAndKill(database, folder)
    const lines: string[] = []
    await start(database, folder, { log: (fields) => void lines.push(JSON.stringify(fields)) })
    const path = passwordPath(folder)
    t.is(readFileSync(path, 'utf8').trim(), password)
    t.is(statSync(path).mode & 0o777, 0o600)
    t.false(existsSync(`${path}.new`))
    t.deepEqual(lines, [JSON.stringify({ username: 'admin', passwordIn: path })])
  }))

test('R2: the next start on a terminal shows the password of one that was killed', (t) =>
  withDatabase(async (database) => {
    const folder = makePassingDir()
    const password = await startAndKill(database, folder)
    let shown = ''
    await start(database, folder, {
      terminal: (text) => {
        shown += text
      },
    })
    t.true(shown.includes(password))
    t.deepEqual(readdirSync(dirname(passwordPath(folder))), ['ca.pem'])
  }))

test('R2: a waiting password that is not the one of this installation is removed', (t) =>
  withDatabase(async (database) => {
    const folder = makePassingDir()
    await start(database, folder)
    const before = readFileSync(passwordPath(folder), 'utf8')
    await preparePendingPassword(passwordPath(folder))
    await start(database, folder)
    t.is(readFileSync(passwordPath(folder), 'utf8'), before)
    t.false(existsSync(`${passwordPath(folder)}.new`))
  }))

test('R2: a start before the wrong database leaves a waiting password alone', (t) =>
  withDatabase(async (right) => {
    await withDatabase(async (wrong) => {
      const folder = makePassingDir()
      const password = await startAndKill(right, folder)
      await start(wrong, makePassingDir())
      await t.throwsAsync(start(wrong, folder), { message: /but this database belongs to/ })
      await start(right, folder)
      t.is(readFileSync(passwordPath(folder), 'utf8').trim(), password)
    })
  }))

test('R2: a waiting password is kept while WARDEN_ADMIN_USER names somebody else', (t) =>
  withDatabase(async (database) => {
    const folder = makePassingDir()
    const password = await startAndKill(database, folder)
    const messages: string[] = []
    await start(database, folder, {
      env: { WARDEN_ADMIN_USER: 'root' },
      log: (_fields, message) => void messages.push(message),
    })
    t.regex(messages.join(), /a first password waits, but there is no such user/)
    await start(database, folder)
    t.is(readFileSync(passwordPath(folder), 'utf8').trim(), password)
  }))

test('R2: what killed writes left beside the secrets is removed after a minute', (t) =>
  withDatabase(async (database) => {
    const folder = makePassingDir()
    await start(database, folder)
    const path = passwordPath(folder)
    copyFileSync(path, `${path}.new.0123456789ab`)
    copyFileSync(
      join(folder, 'token-ca', 'ca.pem'),
      join(folder, 'token-ca', 'ca.pem.new.ba9876543210'),
    )
    await start(database, folder)
    t.is(readdirSync(dirname(path)).length, 4)
    await start(database, folder, { now: new Date(Date.now() + 61_000) })
    t.deepEqual(readdirSync(dirname(path)).sort(), ['ca.pem', 'first-admin-password'])
  }))

test('R2: a password that another user may have laid out is not taken', (t) =>
  withDatabase(async (database) => {
    const folder = makePassingDir()
    const open = join(folder, 'open')
    mkdirSync(open)
    chmodSync(open, 0o777)
    writeFileSync(join(folder, 'known'), 'abcdefghjkmnpqrstuvw\n')
    symlinkSync(join(folder, 'known'), join(open, 'password.new'))
    const env = { WARDEN_FIRST_PASSWORD_PATH: join(open, 'password') }
    await t.throwsAsync(start(database, folder, { env }), { message: /was not made by this user/ })
    t.is(await database('users').first(), undefined)
  }))

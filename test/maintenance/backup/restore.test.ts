import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import test from 'ava'
import { prepareLease, releaseLease, takeLease } from '../../../src/database/lease.ts'
import { type Database, openDatabase } from '../../../src/database/open-database.ts'
import { writeBackupFile } from '../../../src/maintenance/backup/backup-file.ts'
import { openBackup, readRecords } from '../../../src/maintenance/backup/read-backup.ts'
import { writeRecord } from '../../../src/maintenance/backup/records.ts'
import { EMPTIED } from '../../../src/maintenance/backup/tables.ts'
import { warden } from '../../cli/command.ts'
import { createTestDatabase } from '../../support/database.ts'
import { ADMIN, type Service, startService } from '../../support/service.ts'
import { makePassingDir, makeTemporaryDir, removeDir } from '../../support/temporary-dir.ts'
import { waitFor } from '../../support/wait-for.ts'

const quiet = { warn: () => undefined, error: () => undefined }
const PASSPHRASE = 'nine quiet harbours at noon'
const dir = makeTemporaryDir()
const passphraseFile = join(dir, 'passphrase')
const path = join(dir, 'warden.backup')
let service: Service

const envOf = (
  { config, databaseConfig }: Service,
  { certs = config.certs.dir, database = databaseConfig.name } = {},
): NodeJS.ProcessEnv => ({
  WARDEN_PUBLIC_URL: config.publicUrl,
  WARDEN_REGISTRY_URL: 'http://127.0.0.1:9',
  WARDEN_CERTS_DIR: certs,
  WARDEN_DB_HOST: databaseConfig.host,
  WARDEN_DB_PORT: String(databaseConfig.port),
  WARDEN_DB_USER: databaseConfig.user,
  WARDEN_DB_PASSWORD: databaseConfig.password,
  WARDEN_DB_NAME: database,
})

const backup = (args: readonly string[], env = envOf(service)) =>
  warden(['backup', ...args], { env })

test.before(async () => {
  writeFileSync(passphraseFile, `${PASSPHRASE}\n`)
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
  await service.admin('POST', '/api/v1/projects', { name: 'acme' })
  const result = await backup([path, '--passphrase-file', passphraseFile, '--json'])
  if (result.code !== 0) throw new Error(result.stderr)
})
test.after.always(async () => {
  await service?.stop()
  removeDir(dir)
})

/** An empty database, and a folder without keys. */
async function withTarget(
  t: { readonly teardown: (work: () => Promise<void>) => void },
  { empty = true }: { readonly empty?: boolean } = {},
) {
  const { config, drop } = await createTestDatabase({ empty })
  const database = openDatabase(config, quiet)
  const certs = makeTemporaryDir()
  t.teardown(async () => {
    await database.destroy()
    await drop()
    removeDir(certs)
  })
  const env = envOf(service, { certs: join(certs, 'certs'), database: config.name })
  const restore = (args: readonly string[]) => warden(['restore', ...args], { env })
  return { database, certs: join(certs, 'certs'), restore, name: config.name, env }
}

const countTables = async (database: Database): Promise<number> => {
  const [rows] = await database.raw('SHOW TABLES')
  return rows.length
}

test('R36: a backup is for its owner alone, shows nothing inside, and is not written over', async (t) => {
  t.is(statSync(path).mode & 0o777, 0o600)
  const content = readFileSync(path, 'latin1')
  for (const inside of ['PRIVATE KEY', 'acme', 'argon2id', 'admin'])
    t.false(content.includes(inside))
  const again = await backup([path, '--passphrase-file', passphraseFile])
  t.is(again.code, 1)
  t.regex(again.stderr, /is there already; take another name, or replace it with --force/)
  t.is(readFileSync(path, 'latin1'), content)
  const copy = join(dir, 'replaced.backup')
  writeFileSync(copy, 'an older one')
  const forced = await backup([copy, '--passphrase-file', passphraseFile, '--force'])
  t.is(forced.code, 0, forced.stderr)
  t.regex(readFileSync(copy, 'latin1'), /^\{"format":"registry-warden-backup"/)
})

test('R36: without a passphrase no key is in it, and a short passphrase is refused', async (t) => {
  const open = join(dir, 'open.backup')
  const { code, stdout, stderr } = await backup([open, '--json'])
  t.is(code, 0, stderr)
  const { encrypted, files } = JSON.parse(stdout)
  t.deepEqual({ encrypted, files }, { encrypted: false, files: [] })
  const short = join(dir, 'short')
  writeFileSync(short, 'short-one-1')
  const refused = await backup([join(dir, 'x.backup'), '--passphrase-file', short])
  t.is(refused.code, 2)
  t.regex(refused.stderr, /shorter than 12 characters/)
  const { restore, database } = await withTarget(t)
  const result = await restore([open])
  t.is(result.code, 1)
  t.regex(result.stderr, /this backup has no keys, .* put its ca\.pem there first/)
  t.is(await countTables(database), 1)
})

test.serial('R36: a backup is refused while a migration runs', async (t) => {
  const { database } = service
  await prepareLease(database, 'migrate')
  t.true(await takeLease(database, 'migrate', 'somebody'))
  const refused = await backup([join(dir, 'migrating.backup')])
  await releaseLease(database, 'migrate', 'somebody')
  t.is(refused.code, 1)
  t.regex(refused.stderr, /the database is being migrated/)
  t.throws(() => statSync(join(dir, 'migrating.backup')))
})

const damages: Readonly<Record<string, { readonly change: (file: string) => void; says: RegExp }>> =
  {
    'cut off': {
      change: (file) => truncateSync(file, statSync(file).size - 10),
      says: /is damaged/,
    },
    'changed in one bit': {
      change: (file) => {
        const bytes = readFileSync(file)
        const at = Math.floor(bytes.length / 2)
        bytes.writeUInt8(bytes.readUInt8(at) ^ 4, at)
        writeFileSync(file, bytes)
      },
      says: /is damaged/,
    },
    'of a later form': {
      change: (file) => {
        const bytes = readFileSync(file, 'latin1').replace('"version":1', '"version":2')
        writeFileSync(file, bytes, 'latin1')
      },
      says: /has the form 2, and this version reads the form 1/,
    },
    'none at all': {
      change: (file) => writeFileSync(file, 'hello'),
      says: /no backup of registry-warden/,
    },
  }

for (const [what, { change, says }] of Object.entries(damages)) {
  test(`R36: a backup that is ${what} is refused, and nothing is changed`, async (t) => {
    const { restore, database } = await withTarget(t)
    const file = join(makePassingDir(), 'x.backup')
    writeFileSync(file, readFileSync(path))
    change(file)
    const { code, stderr } = await restore([file, '--passphrase-file', passphraseFile])
    t.is(code, 1)
    t.regex(stderr, says)
    t.is(await countTables(database), 0)
  })
}

test('R36: another passphrase is refused as such, and so is none', async (t) => {
  const { restore, database } = await withTarget(t)
  const other = join(dir, 'other')
  writeFileSync(other, 'another quiet harbour')
  const wrong = await restore([path, '--passphrase-file', other])
  t.is(wrong.code, 1)
  t.regex(wrong.stderr, /the passphrase is not the one of this backup/)
  const none = await restore([path])
  t.is(none.code, 1)
  t.regex(none.stderr, /this backup is encrypted; give its passphrase/)
  t.is(await countTables(database), 0)
})

test('R36: a database that has an installation is not restored over unless it is named', async (t) => {
  const before = await service.database('users').pluck('username')
  const args = [path, '--passphrase-file', passphraseFile]
  const env = envOf(service)
  const unnamed = await warden(['restore', ...args], { env })
  t.is(unnamed.code, 1)
  t.regex(unnamed.stderr, /has an installation already; .* say --force test_/)
  const misnamed = await warden(['restore', ...args, '--force', 'elsewhere'], { env })
  t.is(misnamed.code, 1)
  t.regex(misnamed.stderr, /the database is test_\w+, not elsewhere; nothing was changed/)
  await waitFor(async () => (await service.database('replicas').first('id')) !== undefined, {
    what: 'the word of the process',
  })
  const served = await warden(['restore', ...args, '--force', service.databaseConfig.name], { env })
  t.is(served.code, 1)
  t.regex(
    served.stderr,
    /processes that serve this database spoke within the last minute; stop them/,
  )
  t.deepEqual(await service.database('users').pluck('username'), before)
})

test('R36: keys of another installation are in the way, and are put aside where it is forced', async (t) => {
  const other = await withTarget(t)
  const made = await warden(['init'], {
    env: { ...other.env, WARDEN_ADMIN_PASSWORD: 'quiet-71-quiet' },
  })
  t.is(made.code, 0, made.stderr)
  const keyBefore = readFileSync(join(other.certs, 'token-ca', 'ca.pem'), 'utf8')
  const args = [path, '--passphrase-file', passphraseFile]
  await other.database.raw('DROP DATABASE ??', [other.name])
  await other.database.raw('CREATE DATABASE ??', [other.name])
  const refused = await other.restore(args)
  t.is(refused.code, 1)
  t.regex(refused.stderr, /has keys of another installation; move them away/)
  const forced = await other.restore([...args, '--force', other.name])
  t.is(forced.code, 0, forced.stderr)
  t.is(readFileSync(join(other.certs, 'token-ca', 'ca.pem.before-restore'), 'utf8'), keyBefore)
  const kept = readFileSync(service.config.certs.authorityPath, 'utf8')
  t.is(readFileSync(join(other.certs, 'token-ca', 'ca.pem'), 'utf8'), kept)
})

test('R36: a restore that fails in the middle leaves the database as it was', async (t) => {
  const { restore, database, env } = await withTarget(t)
  t.is(
    (await warden(['init'], { env: { ...env, WARDEN_ADMIN_PASSWORD: 'quiet-71-quiet' } })).code,
    0,
  )
  // No row fits any more, as on a disk that is full or a server that goes away.
  await database.raw(
    "CREATE TRIGGER refuse BEFORE INSERT ON audit FOR EACH ROW SIGNAL SQLSTATE '45000'",
  )
  const before = await database('installation').select('*')
  const key = readFileSync(join(env.WARDEN_CERTS_DIR ?? '', 'token-ca', 'ca.pem'), 'utf8')
  const failed = await restore([
    path,
    '--passphrase-file',
    passphraseFile,
    '--force',
    env.WARDEN_DB_NAME ?? '',
  ])
  t.is(failed.code, 1)
  t.deepEqual(await database('installation').select('*'), before)
  t.deepEqual(await database('users').pluck('username'), ['admin'])
  t.is(readFileSync(join(env.WARDEN_CERTS_DIR ?? '', 'token-ca', 'ca.pem'), 'utf8'), key)
})

/** The same backup with other migrations, as another version would have made it. */
async function asOf(change: (schema: readonly string[]) => readonly string[]): Promise<string> {
  const key = await openBackup(path, PASSPHRASE)
  const lines: string[] = []
  let isLeftOut = false
  await readRecords(path, key, (record) => {
    if ('table' in record) isLeftOut = record.table === 'token_authorities'
    if ('schema' in record)
      lines.push(writeRecord({ ...record, schema: [...change(record.schema)] }))
    else if (!isLeftOut) lines.push(writeRecord(record))
  })
  const file = join(makePassingDir(), 'other.backup')
  const finish = async (): Promise<void> => undefined
  async function* all() {
    yield* lines
  }
  await writeBackupFile({ path: file, replaces: false }, { key, lines: all(), finish })
  return file
}

test('R36: an older backup is migrated forward', async (t) => {
  const { restore, database } = await withTarget(t)
  const older = await asOf((schema) => schema.filter((name) => name !== '0241_token_authorities'))
  const restored = await restore([older, '--passphrase-file', passphraseFile, '--json'])
  t.is(restored.code, 0, restored.stderr)
  t.deepEqual(JSON.parse(restored.stdout).migrated, ['0241_token_authorities'])
  const names = await database('migrations').orderBy('name').pluck('name')
  t.deepEqual(names, await service.database('migrations').orderBy('name').pluck('name'))
})

test('R36: a backup of a newer version is refused, and nothing is changed', async (t) => {
  const { restore, database } = await withTarget(t)
  const newer = await asOf((schema) => [...schema, '9999_tomorrow'])
  const { code, stderr } = await restore([newer, '--passphrase-file', passphraseFile])
  t.is(code, 1)
  t.regex(
    stderr,
    /has migrations that this version does not know \(9999_tomorrow\); restore it with that/,
  )
  t.is(await countTables(database), 0)
})

test('R36: a new epoch begins, identity tokens end, ids go on, and what goes on now is gone', async (t) => {
  const { database: source } = service
  const { restore, database } = await withTarget(t)
  const restored = await restore([path, '--passphrase-file', passphraseFile])
  t.is(restored.code, 0, restored.stderr)
  const [epoch] = await database('change_version').pluck('epoch')
  const [before] = await source('change_version').pluck('epoch')
  t.regex(epoch, /^[0-9a-f]{32}$/)
  t.not(epoch, before)
  t.is((await database('identity_tokens').first('id')) ?? 'none', 'none')
  t.is((await database('jobs').first('id')) ?? 'none', 'none')
  t.true(EMPTIED.includes('identity_tokens') && EMPTIED.includes('jobs'))
  t.deepEqual(
    await database('users').select('id', 'username', 'password_hash', 'created_at'),
    await source('users').select('id', 'username', 'password_hash', 'created_at'),
  )
  t.regex(restored.stderr, /identity tokens are ended/)
  const [made] = await source('reconcile_runs').insert({
    job_id: 1,
    phase: 'done',
    after_name: '',
    started_at: new Date(),
  })
  const later = join(dir, 'later.backup')
  t.is((await backup([later])).code, 0)
  const other = await withTarget(t)
  const key = join(other.certs, 'token-ca', 'ca.pem')
  mkdirSync(dirname(key), { recursive: true })
  copyFileSync(service.config.certs.authorityPath, key)
  const again = await other.restore([later])
  t.is(again.code, 0, again.stderr)
  const row = { job_id: 2, phase: 'done', after_name: '', started_at: new Date() }
  const [next = 0] = await other.database('reconcile_runs').insert(row)
  t.true(next > (made ?? 0))
  t.is((await database('audit').where({ action: 'backup.restore' })).length, 1)
})

test('R36: a process that goes on beside a restore serves nothing of what it remembers', async (t) => {
  const own = await startService({ registryUrl: 'http://127.0.0.1:9' })
  t.teardown(own.stop)
  const file = join(dir, 'beside.backup')
  const env = envOf(own)
  t.is((await warden(['backup', file], { env })).code, 0)
  const late = { username: 'late', password: 'a-quiet-harbour-71' }
  await own.admin('POST', '/api/v1/users', late)
  t.is((await own.request('GET', '/api/v1/me', { as: late })).status, 200)
  const restore = async () => {
    // As one that lost the database for a minute, and remembers.
    await own.database('replicas').delete()
    return warden(['restore', file, '--force', own.databaseConfig.name], { env })
  }
  let result = await restore()
  for (let tries = 0; result.code !== 0 && tries < 5; tries++) result = await restore()
  t.is(result.code, 0, result.stderr)
  const isForgotten = async (): Promise<boolean> =>
    (await own.request('GET', '/api/v1/me', { as: late })).status === 401
  await t.notThrowsAsync(
    waitFor(isForgotten, { what: 'the end of an account that is not restored' }),
  )
  t.is((await own.request('GET', '/api/v1/me', { as: ADMIN })).status, 200)
})

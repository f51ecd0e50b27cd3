import { existsSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { insertChangeVersion, readVersionNews } from '../../src/database/change-version.ts'
import { migrate } from '../../src/database/migrate.ts'
import { type Database, openDatabase } from '../../src/database/open-database.ts'
import { findHold } from '../../src/holds/find-hold.ts'
import { takeHold } from '../../src/holds/take-hold.ts'
import { type Mariadb, startMariadb } from '../../src/stack/mariadb.ts'
import { findFreePort } from '../../src/stack/ports.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { testUnless } from '../support/skip-aloud.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'

const PROVIDER = '/usr/lib/galera/libgalera_smm.so'
const hasProvider = existsSync(PROVIDER)
const declare = testUnless(hasProvider ? undefined : `${PROVIDER} is missing (package galera-4)`)
const quiet = { warn: () => undefined, error: () => undefined }
const TARGET = { repository: 'acme/app', tag: 'v1' }

const dir = makeTemporaryDir()
let server: Mariadb
let made: TestDatabase
let database: Database

/** A cluster of one node, for itself on the loopback. */
async function startNode(): Promise<Mariadb> {
  const [listen, ist] = [await findFreePort(), await findFreePort()]
  return startMariadb({
    env: process.env,
    dir: join(dir, 'database'),
    logPath: join(dir, 'database.log'),
    secretsDir: join(dir, 'secrets'),
    account: 'every-database',
    serverArguments: [
      '--wsrep-on=ON',
      `--wsrep-provider=${PROVIDER}`,
      '--wsrep-cluster-address=gcomm://',
      '--wsrep-node-address=127.0.0.1',
      `--wsrep-provider-options=gmcast.listen_addr=tcp://127.0.0.1:${listen};ist.recv_addr=127.0.0.1:${ist}`,
      '--wsrep-sst-method=rsync',
      '--binlog-format=ROW',
      '--innodb-autoinc-lock-mode=2',
    ],
  })
}

test.before(async () => {
  if (!hasProvider) return
  server = await startNode()
  made = await createTestDatabase({ server })
  database = openDatabase(made.config, quiet)
  await migrate({ database, log: () => undefined })
})
test.after.always(async () => {
  await database?.destroy()
  await server?.stop()
  removeDir(dir)
})

/** What the pool sends while something is done. */
async function sentBy(pool: Database, work: () => Promise<unknown>): Promise<readonly string[]> {
  const sent: string[] = []
  const note = ({ sql }: { readonly sql: string }): void => void sent.push(sql)
  pool.on('query', note)
  try {
    await work()
  } finally {
    pool.off('query', note)
  }
  return sent
}

const countCausalReads = async (): Promise<number> => {
  const [[row]] = await database.raw("SHOW GLOBAL STATUS LIKE 'wsrep_causal_reads'")
  return Number(row.Value)
}

declare('R25: on a Galera node the look for holds waits for what others committed', async (t) => {
  await findHold(database, TARGET)
  const before = await countCausalReads()
  const sent = await sentBy(database, () => findHold(database, TARGET))
  t.is(sent.length, 1)
  t.regex(sent[0] ?? '', /^SET STATEMENT wsrep_sync_wait = 1 FOR SELECT [^;]* FROM holds/)
  t.is(await countCausalReads(), before + 1)
  await database('holds').select('id')
  t.is(await countCausalReads(), before + 1)
})

declare('R25: holds are taken, seen and refused there as on a single server', async (t) => {
  const hold = { target: TARGET, kind: 'removal', holder: 'one', reason: 'r', seconds: 60 } as const
  await takeHold({ database }, hold)
  t.like(await findHold(database, TARGET), { holder: 'one', kind: 'removal', target: TARGET })
  await t.throwsAsync(takeHold({ database }, { ...hold, holder: 'two' }), {
    message: /held already/,
  })
})

declare('R6: there the look for changes asks what the whole cluster has', async (t) => {
  await insertChangeVersion(database)
  await readVersionNews(database, undefined)
  const before = await countCausalReads()
  const { version } = await readVersionNews(database, undefined)
  t.is(version.counter, 0)
  t.is(await countCausalReads(), before + 1)
})

test('a single server is asked once what it is, and no more for any look', async (t) => {
  const single = await createTestDatabase()
  const pool = openDatabase(single.config, quiet)
  t.teardown(async () => {
    await pool.destroy()
    await single.drop()
  })
  await migrate({ database: pool, log: () => undefined })
  const sent = await sentBy(pool, async () => {
    await findHold(pool, TARGET)
    await findHold(pool, TARGET)
    await pool.transaction((transaction) => findHold(transaction, TARGET))
  })
  t.is(sent.filter((sql) => sql.startsWith('SHOW GLOBAL VARIABLES')).length, 1)
  t.is(sent.filter((sql) => /^select/i.test(sql)).length, 3)
  t.false(sent.some((sql) => sql.includes('wsrep_sync_wait')))
})

import test from 'ava'
import { MIGRATIONS } from '../../db/migrations/index.ts'
import { withLease } from '../../src/database/lease.ts'
import { migrate, pendingMigrations } from '../../src/database/migrate.ts'
import { type Database, openDatabase } from '../../src/database/open-database.ts'
import { createTestDatabase } from '../support/database.ts'

const quiet = { warn: () => undefined, error: () => undefined }
const log = (): void => undefined
const ALL = Object.keys(MIGRATIONS)

const withDatabases = async (
  count: number,
  work: (databases: readonly Database[]) => Promise<void>,
): Promise<void> => {
  const { config, drop } = await createTestDatabase({ empty: true })
  const databases = Array.from({ length: count }, () => openDatabase(config, quiet))
  try {
    await work(databases)
  } finally {
    await Promise.all(databases.map((database) => database.destroy()))
    await drop()
  }
}

test('replicas that start together migrate once', (t) =>
  withDatabases(4, async (databases) => {
    const done = await Promise.all(databases.map((database) => migrate({ database, log })))
    t.deepEqual(done.flat(), ALL)
    t.deepEqual(await pendingMigrations(databases[0] as Database), [])
  }))

test('every table has a primary key, without which a cluster takes no rows', (t) =>
  withDatabases(1, async ([database]) => {
    if (database === undefined) return t.fail()
    await migrate({ database, log })
    const schema = { table_schema: database.raw('DATABASE()') }
    const tables: readonly string[] = await database('information_schema.tables')
      .where(schema)
      .select({ name: 'table_name' })
      .then((rows) => rows.map(({ name }) => name))
    const keyed: readonly string[] = await database('information_schema.table_constraints')
      .where({ ...schema, constraint_type: 'PRIMARY KEY' })
      .select({ name: 'table_name' })
      .then((rows) => rows.map(({ name }) => name))
    t.true(tables.length > 40)
    t.deepEqual([...keyed].sort(), [...tables].sort())
  }))

test('a migration that was killed half way is run again', (t) =>
  withDatabases(1, async ([database]) => {
    if (database === undefined) return t.fail()
    await migrate({ database, log })
    // As a process leaves it that died after the statement and before it was noted down.
    await database('migrations').where('name', '>=', '0005').delete()
    await database('migrations_lock').update({ is_locked: 1 })
    t.deepEqual(
      await migrate({ database, log }),
      ALL.filter((name) => name >= '0005'),
    )
  }))

test('tags of an index of an older version get the projects of their repositories', (t) =>
  withDatabases(1, async ([database]) => {
    if (database === undefined) return t.fail()
    await migrate({ database, log })
    const at = new Date()
    const repositories = ['acme/app', 'ubuntu', 'zebra/web/api'].map((name, n) => ({
      id: n + 1,
      name,
      project: name.includes('/') ? name.replace(/\/.*/, '') : 'library',
      created_at: at,
    }))
    await database('repositories').insert(repositories)
    const row = { digest: 'd', media_type: 'm', version_key: '', ticket: 1 }
    const times = { pushed_at: at, created_at: at }
    // More than one statement changes, and as many in one repository; one has none any more.
    const tags = [1, 2, 3, 4].flatMap((repository_id) =>
      Array.from({ length: repository_id === 2 ? 4500 : 10 }, (_, n) => ({
        ...row,
        ...times,
        repository_id,
        name: `t${n}`,
      })),
    )
    await database.batchInsert('tags', tags, 500)
    await database('tags').where({ repository_id: 1, name: 't3' }).update({ project: 'acme' })
    await database('migrations').where('name', '>=', '0151').delete()
    await migrate({ database, log })
    const found = await database('tags')
      .groupBy('repository_id', 'project')
      .orderBy('repository_id')
      .select('repository_id', 'project', database.raw('COUNT(*) AS count'))
    t.deepEqual(found.map(Object.values), [
      [1, 'acme', 10],
      [2, 'library', 4500],
      [3, 'zebra', 10],
      [4, '', 10],
    ])
  }))

test('an older version starts beside a newer schema', (t) =>
  withDatabases(1, async ([database]) => {
    if (database === undefined) return t.fail()
    await migrate({ database, log })
    await database('migrations').insert({
      name: '9999_of_tomorrow',
      batch: 2,
      migration_time: new Date(),
    })
    t.deepEqual(await migrate({ database, log }), [])
  }))

test('a lease of a dead holder is taken over when its term is over', (t) =>
  withDatabases(1, async ([database]) => {
    if (database === undefined) return t.fail()
    const deps = { database, onWait: () => undefined }
    await withLease(deps, 'work', async () => undefined)
    await database('leases')
      .where({ name: 'work' })
      .update({
        holder: 'dead',
        expires_at: database.raw('UTC_TIMESTAMP(3) + INTERVAL 1 SECOND'),
      })
    let waited = false
    const onWait = (): void => {
      waited = true
    }
    const result = await withLease({ database, onWait }, 'work', async () => 'done')
    t.deepEqual([result, waited], ['done', true])
  }))

test('only one of many holds a lease at a time', (t) =>
  withDatabases(3, async (databases) => {
    let inside = 0
    let most = 0
    await Promise.all(
      databases.map((database) =>
        withLease({ database, onWait: () => undefined }, 'one', async () => {
          inside++
          most = Math.max(most, inside)
          await database.raw('SELECT SLEEP(0.05)')
          inside--
        }),
      ),
    )
    t.is(most, 1)
  }))

test('a holder that lost its lease is told', (t) =>
  withDatabases(1, async ([database]) => {
    if (database === undefined) return t.fail()
    await t.throwsAsync(
      withLease({ database, onWait: () => undefined }, 'lost', async (lease) => {
        await database('leases')
          .where({ name: 'lost' })
          .update({
            holder: 'other',
            expires_at: database.raw('UTC_TIMESTAMP(3) + INTERVAL 1 HOUR'),
          })
        for (;;) {
          lease.check()
          await database.raw('SELECT SLEEP(0.2)')
        }
      }),
      { message: 'the lease "lost" was lost to another process; start again' },
    )
  }))

test('instants are kept in UTC to the millisecond, whatever the zone of the process', (t) =>
  withDatabases(1, async ([database]) => {
    if (database === undefined) return t.fail()
    await migrate({ database, log })
    const instant = new Date('2026-03-29T01:30:00.123Z')
    await database('projects').insert({
      name: 'p',
      visibility: 'private',
      version: 1,
      created_at: instant,
      updated_at: instant,
    })
    const [[row]] = await database.raw('SELECT CAST(created_at AS CHAR) AS text FROM projects')
    t.is(row.text, '2026-03-29 01:30:00.123')
    t.deepEqual((await database('projects').first()).created_at, instant)
  }))

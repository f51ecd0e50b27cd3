import test from 'ava'
import { isDatabaseLost, toAppError } from '../../src/database/database-error.ts'
import { openDatabase } from '../../src/database/open-database.ts'
import { inTransaction } from '../../src/database/transaction.ts'
import { waitForDatabase } from '../../src/database/wait-for-database.ts'
import { createTestDatabase } from '../support/database.ts'

const quiet = { warn: () => undefined, error: () => undefined }

const nobodyHome = {
  host: '127.0.0.1',
  port: 9,
  user: 'u',
  password: 'canary-password',
  name: 'd',
  tls: 'off',
  ca: undefined,
  poolMax: 2,
  waitSeconds: 1,
  graceSeconds: 300,
} as const

test('a database away at start is waited for with messages, up to the limit', async (t) => {
  const database = openDatabase(nobodyHome, quiet)
  const messages: string[] = []
  const log = (message: string): void => void messages.push(message)
  const error = await t.throwsAsync(
    waitForDatabase({ database, log }, { where: '127.0.0.1:9', limitSeconds: 1 }),
  )
  t.regex(error.message, /^the database at 127\.0\.0\.1:9 did not answer for 1 s \(.*ECONNREFUSED/)
  t.true(messages.length >= 2)
  t.false([error.message, ...messages].join().includes('canary-password'))
  await database.destroy()
})

test('a lost database is 503 with a reason, a wrong statement is not', async (t) => {
  const lost = openDatabase(nobodyHome, quiet)
  const error = await t.throwsAsync(lost.raw('SELECT 1'))
  t.true(isDatabaseLost(error))
  t.like(toAppError(error), { code: 'UNAVAILABLE', status: 503, retryAfterSeconds: 5 })
  await lost.destroy()
  const { config, drop } = await createTestDatabase({ empty: true })
  const database = openDatabase(config, quiet)
  const wrong = await t.throwsAsync(database.raw('SELEKT 1'))
  t.false(isDatabaseLost(wrong))
  await database.destroy()
  await drop()
})

for (const [errno, what] of [
  [1021, 'its disk is full'],
  [1026, 'a file cannot be written'],
  [1047, 'its node has lost the others'],
  [1114, 'a table is full, since the disk is'],
  [1180, 'its node lost the others while it committed'],
  [1290, 'it is read-only'],
] as const) {
  test(`a database that does not write because ${what} (${errno}) is away, and 503`, (t) => {
    const error = Object.assign(new Error('said by the server'), { errno })
    t.true(isDatabaseLost(error))
    t.like(toAppError(error), { code: 'UNAVAILABLE', status: 503, retryAfterSeconds: 5 })
  })
}

test('a statement that the database does not answer in time is given up, and the next one is answered', async (t) => {
  const { config, drop } = await createTestDatabase({ empty: true })
  const database = openDatabase({ ...config, poolMax: 2 }, quiet, 300)
  const alone = await t.throwsAsync(database.raw('SELECT SLEEP(3)'))
  t.true(isDatabaseLost(alone))
  const inside = await t.throwsAsync(
    inTransaction(database, (transaction) => transaction.raw('SELECT SLEEP(3)')),
  )
  t.like(toAppError(inside), { code: 'UNAVAILABLE' })
  const [[row]] = await database.raw('SELECT 1 AS one')
  t.is(row.one, 1)
  await database.destroy()
  await drop()
})

test('conflicts that do not end are 503, since they say nothing against the request', (t) => {
  const deadlock = Object.assign(new Error('Deadlock found'), { errno: 1213 })
  t.like(toAppError(deadlock), { code: 'UNAVAILABLE', status: 503 })
  const killed = Object.assign(new Error('Query execution was interrupted'), { errno: 1317 })
  t.like(toAppError(killed), { code: 'UNAVAILABLE' })
  const closed = new Error("ROLLBACK - Can't add new command when connection is in closed state")
  t.like(toAppError(closed), { code: 'UNAVAILABLE' })
})

test('values of a statement never stand in its error', async (t) => {
  const { config, drop } = await createTestDatabase({ empty: true })
  const database = openDatabase(config, quiet)
  const error = await t.throwsAsync(database('none').where({ secret: 'canary-value' }))
  t.false(error.message.includes('canary-value'))
  await database.destroy()
  await drop()
})

test('transactions that cross are run again until all have committed', async (t) => {
  const { config, drop } = await createTestDatabase({ empty: true })
  const database = openDatabase(config, quiet)
  await database.raw('CREATE TABLE cross_rows (id INT PRIMARY KEY, n INT NOT NULL)')
  await database('cross_rows').insert([
    { id: 1, n: 0 },
    { id: 2, n: 0 },
  ])
  const cross = (first: number, second: number) =>
    inTransaction(database, async (transaction) => {
      await transaction('cross_rows').where({ id: first }).increment('n', 1)
      await transaction.raw('SELECT SLEEP(0.01)')
      await transaction('cross_rows').where({ id: second }).increment('n', 1)
    })
  await Promise.all(Array.from({ length: 8 }, (_, i) => (i % 2 ? cross(1, 2) : cross(2, 1))))
  t.deepEqual(await database('cross_rows').orderBy('id').pluck('n'), [8, 8])
  await database.destroy()
  await drop()
})

const conflict = () => Object.assign(new Error('Deadlock found'), { errno: 1213 })

interface RawConnection {
  query: (...input: readonly unknown[]) => unknown
}

test('a conflict of which the server tells at COMMIT alone runs the work again, and once counts', async (t) => {
  const { config, drop } = await createTestDatabase({ empty: true })
  const database = openDatabase(config, quiet)
  await database.raw('CREATE TABLE committed_rows (id INT AUTO_INCREMENT PRIMARY KEY, n INT)')
  let tries = 0
  const answer = await inTransaction(database, async (transaction) => {
    tries++
    await transaction('committed_rows').insert({ n: tries })
    if (tries > 1) return 'done'
    // As a node whose certification fails: it rolls back, and says so instead of committing.
    const connection: RawConnection = await transaction.client.acquireConnection()
    const query = connection.query.bind(connection)
    connection.query = (options, ...rest) => {
      const done = rest.at(-1) as (error: Error) => void
      connection.query = query
      t.regex(String((options as { readonly sql: string }).sql), /^COMMIT/)
      return query({ sql: 'ROLLBACK' }, () => done(conflict()))
    }
    return 'lost'
  })
  t.is(answer, 'done')
  t.is(tries, 2)
  t.deepEqual(await database('committed_rows').pluck('n'), [2])
  await database.destroy()
  await drop()
})

test('a transaction that loses to another node again and again goes on trying', async (t) => {
  const { config, drop } = await createTestDatabase({ empty: true })
  const database = openDatabase(config, quiet)
  let tries = 0
  const answer = await inTransaction(database, async () => {
    if (++tries < 12) throw conflict()
    return 'done'
  })
  t.deepEqual({ answer, tries }, { answer: 'done', tries: 12 })
  await database.destroy()
  await drop()
})

test('a transaction on a node without its cluster is not tried again', async (t) => {
  const { config, drop } = await createTestDatabase({ empty: true })
  const database = openDatabase(config, quiet)
  let tries = 0
  const alone = async (): Promise<void> => {
    tries++
    throw Object.assign(new Error('WSREP has not yet prepared node'), { errno: 1047 })
  }
  const error = await t.throwsAsync(inTransaction(database, alone))
  t.like(toAppError(error), { code: 'UNAVAILABLE', retryAfterSeconds: 5 })
  t.is(tries, 1)
  await database.destroy()
  await drop()
})

import { randomBytes } from 'node:crypto'
import test from 'ava'
import { openDatabase } from '../../src/database/open-database.ts'
import { createTestDatabase } from '../support/database.ts'

const quiet = { warn: () => undefined, error: () => undefined }

test('a connection whose transaction could not be ended is given up', async (t) => {
  const { config, drop } = await createTestDatabase()
  t.teardown(drop)
  const database = openDatabase({ ...config, poolMax: 1 }, quiet)
  const other = openDatabase(config, quiet)
  t.teardown(async () => {
    await database.destroy()
    await other.destroy()
  })
  await database.raw('CREATE TABLE kept (id INT PRIMARY KEY)')
  const work = database.transaction(async (transaction) => {
    await transaction.raw('COMMIT')
    // A transaction that no ROLLBACK ends: 1399.
    await transaction.raw(`XA START '${randomBytes(8).toString('hex')}'`)
    throw new Error('the work failed')
  })
  await t.throwsAsync(work, { code: 'ER_XAER_RMFAIL' })
  await database('kept').insert({ id: 1 })
  t.deepEqual(await other('kept').pluck('id'), [1])
})

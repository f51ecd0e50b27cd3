import test from 'ava'
import { openDatabase } from '../../../src/database/open-database.ts'
import { BACKED_UP, EMPTIED, LEFT_OUT } from '../../../src/maintenance/backup/tables.ts'
import { createTestDatabase } from '../../support/database.ts'

const quiet = { warn: () => undefined, error: () => undefined }

async function listTables(): Promise<readonly string[]> {
  const { config, drop } = await createTestDatabase()
  const database = openDatabase(config, quiet)
  try {
    const [rows] = await database.raw('SHOW TABLES')
    return rows.map((row: Record<string, string>) => Object.values(row)[0])
  } finally {
    await database.destroy()
    await drop()
  }
}

test('R36: every table is backed up, or left out for a reason that is told', async (t) => {
  const tables = await listTables()
  const decided = [...BACKED_UP.map(({ name }) => name), ...Object.keys(LEFT_OUT)]
  t.true(tables.length > 50)
  // `leases` is made by whoever takes the first one.
  t.deepEqual([...decided].sort(), [...new Set([...tables, 'leases'])].sort())
  t.deepEqual(
    Object.entries(LEFT_OUT).filter(([, reason]) => reason.length < 10),
    [],
  )
})

test('R36: what a restore does not empty is about the schema, the moment, or restores', (t) => {
  const all = [...BACKED_UP.map(({ name }) => name), ...Object.keys(LEFT_OUT)]
  t.deepEqual(all.filter((name) => !EMPTIED.includes(name)).sort(), [
    'leases',
    'migrations',
    'migrations_lock',
    'replicas',
    'restores',
  ])
})

import { randomBytes } from 'node:crypto'
import { type Connection, createConnection } from 'mysql2/promise'
import type { DatabaseConfig } from '../../src/config/read-config.ts'
import { migrate } from '../../src/database/migrate.ts'
import { openDatabase } from '../../src/database/open-database.ts'

const quiet = { warn: () => undefined, error: () => undefined }

/** Has the schema as migrations make it; whoever needs a database copies its tables. */
const TEMPLATE = 'template'

const needed = (name: string): string => {
  const value = process.env[name]
  if (value !== undefined) return value
  throw new Error(`${name} is not set; run the tests with: npm test`)
}

/** Where the server of this test run is, as its runner tells in the environment. */
export type TestServer = Pick<DatabaseConfig, 'host' | 'port' | 'user' | 'password'>

const givenServer = (): TestServer => ({
  host: needed('TEST_DATABASE_HOST'),
  port: Number(needed('TEST_DATABASE_PORT')),
  user: needed('TEST_DATABASE_USER'),
  password: needed('TEST_DATABASE_PASSWORD'),
})

const configOf = ({ host, port, user, password }: TestServer, name: string): DatabaseConfig => ({
  host,
  port,
  user,
  password,
  name,
  tls: 'off',
  ca: undefined,
  poolMax: 10,
  waitSeconds: 10,
  graceSeconds: 300,
})

async function withConnection<T>(
  { host, port, user, password }: TestServer,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const account = { host, port, user, password }
  const connection = await createConnection({ ...account, multipleStatements: true })
  try {
    return await work(connection)
  } finally {
    await connection.end()
  }
}

/** Migrates the database that the others are copies of, once for a whole run. */
export async function prepareTemplate(server: TestServer): Promise<void> {
  await withConnection(server, (connection) => connection.query(`CREATE DATABASE ${TEMPLATE}`))
  const database = openDatabase(configOf(server, TEMPLATE), quiet)
  try {
    await migrate({ database, log: () => undefined })
  } finally {
    await database.destroy()
  }
}

interface ColumnRow {
  readonly tableName: string
  readonly columnName: string
}

/** What can be written of the template: not what the server makes itself of other columns. */
async function readColumns(
  connection: Connection,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const [rows] = (await connection.query(
    `SELECT table_name AS tableName, column_name AS columnName FROM information_schema.columns
      WHERE table_schema = ? AND COALESCE(generation_expression, '') = ''`,
    [TEMPLATE],
  )) as unknown as [readonly ColumnRow[]]
  const columns = new Map<string, string[]>()
  for (const { tableName, columnName } of rows) {
    columns.set(tableName, [...(columns.get(tableName) ?? []), `\`${columnName}\``])
  }
  return columns
}

/** The rows are those that migrations write: few, so that all tables are asked alike. */
async function copyTemplate(connection: Connection, name: string): Promise<void> {
  const statements = [...(await readColumns(connection))].flatMap(([table, columns]) => [
    `CREATE TABLE ${name}.${table} LIKE ${TEMPLATE}.${table}`,
    `INSERT INTO ${name}.${table} (${columns}) SELECT ${columns} FROM ${TEMPLATE}.${table}`,
  ])
  await connection.query(statements.join(';'))
}

export interface TestDatabase {
  readonly config: DatabaseConfig
  readonly drop: () => Promise<void>
}

/**
 * Makes a database of its own on the server that the test run started: with the whole schema, as a
 * first start leaves it, or an empty one; on another server, an empty one always.
 */
export async function createTestDatabase({
  empty = false,
  server: named,
}: {
  readonly empty?: boolean
  readonly server?: TestServer | undefined
} = {}): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`
  const server = named ?? givenServer()
  await withConnection(server, async (connection) => {
    await connection.query(`CREATE DATABASE ${name}`)
    if (!empty && named === undefined) await copyTemplate(connection, name)
  })
  const drop = async (): Promise<void> => {
    await withConnection(server, (connection) => connection.query(`DROP DATABASE ${name}`))
  }
  return { config: configOf(server, name), drop }
}

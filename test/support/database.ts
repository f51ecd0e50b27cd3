import { randomBytes } from 'node:crypto'
import type { DatabaseConfig } from '../../src/config/read-config.ts'
import { openDatabase } from '../../src/database/open-database.ts'

const quiet = { warn: () => undefined, error: () => undefined }

const needed = (name: string): string => {
  const value = process.env[name]
  if (value !== undefined) return value
  throw new Error(`${name} is not set; run the tests with: npm test`)
}

export interface TestDatabase {
  readonly config: DatabaseConfig
  readonly drop: () => Promise<void>
}

/** Where a server is that lets its account make databases. */
export type TestServer = Pick<DatabaseConfig, 'host' | 'port' | 'user' | 'password'>

const serverOfRun = (): TestServer => ({
  host: needed('TEST_DATABASE_HOST'),
  port: Number(needed('TEST_DATABASE_PORT')),
  user: needed('TEST_DATABASE_USER'),
  password: needed('TEST_DATABASE_PASSWORD'),
})

/** Makes an empty database of its own, on the server that the test run started if none is named. */
export async function createTestDatabase(at: TestServer = serverOfRun()): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`
  const server: DatabaseConfig = {
    host: at.host,
    port: at.port,
    user: at.user,
    password: at.password,
    name: '',
    tls: 'off',
    ca: undefined,
    poolMax: 10,
    waitSeconds: 10,
    graceSeconds: 300,
  }
  const execute = async (sql: string): Promise<void> => {
    const database = openDatabase(server, quiet)
    await database.raw(sql).finally(() => database.destroy())
  }
  await execute(`CREATE DATABASE ${name}`)
  return { config: { ...server, name }, drop: () => execute(`DROP DATABASE ${name}`) }
}

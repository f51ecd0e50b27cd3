import createKnex, { type Knex } from 'knex'
import type { DatabaseConfig } from '../config/read-config.ts'

/** The pool, or a transaction on it: queries take either. */
export type Database = Knex

const SESSION = `SET SESSION time_zone='+00:00', innodb_lock_wait_timeout=10,
  sql_mode='ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'`

const CONNECT_TIMEOUT_MS = 5000
const ACQUIRE_TIMEOUT_MS = 5000
const IDLE_TIMEOUT_MS = 30_000

interface RawConnection {
  query(sql: string, done: (error: Error | null) => void): void
}

const encryption = ({ tls, ca }: DatabaseConfig): object => {
  if (tls === 'off') return {}
  if (tls === 'require') return { ssl: { rejectUnauthorized: false } }
  return { ssl: { rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) } }
}

/** What knex itself has to say goes here instead of to the console. */
export interface DatabaseLog {
  warn(message: string): void
  error(message: string): void
}

/**
 * Opens the pool; nothing is connected before the first query.
 *
 * Sessions are made equal on every server of the MySQL family: UTC, strict mode, short lock waits.
 * SQL with its values never gets into an error message, because those reach logs.
 */
export function openDatabase(config: DatabaseConfig, log: DatabaseLog): Database {
  return createKnex({
    client: 'mysql2',
    compileSqlOnError: false,
    acquireConnectionTimeout: ACQUIRE_TIMEOUT_MS,
    log: {
      warn: (message: unknown) => log.warn(String(message)),
      error: (message: unknown) => log.error(String(message)),
      debug: () => undefined,
      deprecate: (message: unknown) => log.warn(String(message)),
    },
    connection: {
      host: config.host,
      port: config.port,
      user: config.user,
      password: config.password,
      database: config.name,
      charset: 'utf8mb4',
      timezone: 'Z',
      supportBigNumbers: true,
      connectTimeout: CONNECT_TIMEOUT_MS,
      ...encryption(config),
    },
    pool: {
      min: 0,
      max: config.poolMax,
      idleTimeoutMillis: IDLE_TIMEOUT_MS,
      afterCreate: (
        connection: RawConnection,
        done: (error: Error | null, connection: RawConnection) => void,
      ) => connection.query(SESSION, (error) => done(error, connection)),
    },
  })
}

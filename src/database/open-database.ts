import createKnex, { type Knex } from 'knex'
import type { DatabaseConfig } from '../config/read-config.ts'
import { isRepeatable } from './database-error.ts'

/** The pool, or a transaction on it: queries take either. */
export type Database = Knex

const SESSION = `SET SESSION time_zone='+00:00', innodb_lock_wait_timeout=5,
  sql_mode='ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'`

const CONNECT_TIMEOUT_MS = 5000
const ACQUIRE_TIMEOUT_MS = 5000
const IDLE_TIMEOUT_MS = 30_000
/** Above the longest wait for a lock. */
const QUERY_TIMEOUT_MS = 15_000

type Done = (error: Error | null, ...rest: unknown[]) => void

interface RawConnection {
  query(...input: readonly unknown[]): unknown
  readonly stream: { destroy(error: Error): void }
}

const sqlOf = (statement: unknown): string =>
  typeof statement === 'object' && statement !== null && 'sql' in statement
    ? String(statement.sql)
    : String(statement)

/**
 * Whether a transaction may be open still that was to end. A node that lost its cluster refuses
 * `ROLLBACK`, too; one that met a conflict has ended the transaction itself.
 */
const staysOpen = (statement: unknown, error: Error): boolean =>
  /^(?:COMMIT|ROLLBACK)\b/.test(sqlOf(statement)) && !isRepeatable(error)

/**
 * A server that hangs answers nothing and closes nothing, so every statement gets a deadline, those
 * of knex that end a transaction too. Past it the connection is given up: nobody knows its state. So it
 * is where a transaction did not end: what others then write by it would be in that transaction.
 */
function limitQueries(connection: RawConnection, timeoutMs: number): void {
  const query = connection.query.bind(connection)
  connection.query = (...input) => {
    const done = input.at(-1)
    if (typeof done !== 'function') return query(...input)
    const giveUp = (why: string): void => {
      connection.stream.destroy(Object.assign(new Error(why), { code: 'ETIMEDOUT' }))
    }
    const timer = setTimeout(() => giveUp('the database did not answer in time'), timeoutMs)
    const answered: Done = (error, ...rest) => {
      clearTimeout(timer)
      if (error && staysOpen(input[0], error)) giveUp('the database did not end a transaction')
      done(error, ...rest)
    }
    return query(...input.slice(0, -1), answered)
  }
}

const encryption = ({ tls, ca }: DatabaseConfig): object => {
  if (tls === 'off') return {}
  if (tls === 'require') return { ssl: { rejectUnauthorized: false } }
  const authority = ca === undefined ? {} : { ca }
  return { ssl: { rejectUnauthorized: true, verifyIdentity: true, ...authority } }
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
export function openDatabase(
  config: DatabaseConfig,
  log: DatabaseLog,
  queryTimeoutMs = QUERY_TIMEOUT_MS,
): Database {
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
      ) => {
        limitQueries(connection, queryTimeoutMs)
        connection.query(SESSION, (error: Error | null) => done(error, connection))
      },
    },
  })
}

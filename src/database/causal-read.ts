import type { Knex } from 'knex'
import type { Database } from './open-database.ts'

/**
 * How a read waits for what other nodes of a cluster have committed: not at all on a single server;
 * by a prefix of the statement, which MariaDB has; by a variable of the session elsewhere.
 */
type Way = 'plain' | 'statement' | 'session'

/** Asked once for each pool: a server does not join a cluster while we are connected. */
const ways = new WeakMap<object, Promise<Way>>()

interface VariableRow {
  readonly Variable_name: string
  readonly Value: string
}

async function findWay(database: Database): Promise<Way> {
  const [rows] = (await database.raw(
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('wsrep_on', 'wsrep_provider', 'version')",
  )) as [readonly VariableRow[]]
  const values = new Map(rows.map(({ Variable_name: name, Value }) => [name, Value]))
  const provider = values.get('wsrep_provider') ?? 'none'
  if (values.get('wsrep_on') !== 'ON' || provider === 'none' || provider === '') return 'plain'
  return /mariadb/i.test(values.get('version') ?? '') ? 'statement' : 'session'
}

function wayOf(database: Database): Promise<Way> {
  // A transaction has a client of its own with the configuration of its pool.
  const key: object = database.client.config
  const known = ways.get(key)
  if (known !== undefined) return known
  const asked = findWay(database)
  ways.set(key, asked)
  // Nobody knows by a server that did not answer.
  asked.catch(() => ways.delete(key))
  return asked
}

/** A statement that is there already, for reads that have no time to have one made. */
export interface Statement {
  readonly sql: string
  readonly bindings: readonly Knex.Value[]
}

async function ask<T>(database: Database, { sql, bindings }: Statement): Promise<readonly T[]> {
  const [rows] = (await database.raw(sql, [...bindings])) as [readonly T[]]
  return rows
}

function inSession<T>(database: Database, statement: Statement): Promise<readonly T[]> {
  return database.transaction(async (transaction) => {
    await transaction.raw('SET SESSION wsrep_sync_wait = 1')
    const rows = await ask<T>(transaction, statement)
    await transaction.raw('SET SESSION wsrep_sync_wait = DEFAULT')
    return rows
  })
}

const statementOf = (asked: Statement | Knex.QueryBuilder): Statement =>
  'sql' in asked ? asked : asked.toSQL().toNative()

/**
 * Reads what every node of a Galera cluster had committed when this began (R25). On a single server,
 * and on any other cluster, it is a read like all others.
 */
export async function readCausally<T>(
  database: Database,
  asked: Statement | Knex.QueryBuilder,
): Promise<readonly T[]> {
  const way = await wayOf(database)
  const statement = statementOf(asked)
  if (way === 'session') return inSession(database, statement)
  const prefix = way === 'statement' ? 'SET STATEMENT wsrep_sync_wait = 1 FOR ' : ''
  return ask(database, { ...statement, sql: `${prefix}${statement.sql}` })
}

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

/** A statement that is there already, for reads that have no time to have one made. */
export interface Statement {
  readonly sql: string
  readonly bindings: readonly Knex.Value[]
}

export interface CausalReadOptions {
  /** After so long it is given up; the limit of every statement otherwise. */
  readonly timeoutMs?: number
}

async function send<T>(
  database: Database,
  { sql, bindings }: Statement,
  { timeoutMs }: CausalReadOptions,
): Promise<readonly T[]> {
  const sent = database.raw(sql, [...bindings])
  const [rows] = await (timeoutMs === undefined ? sent : sent.timeout(timeoutMs))
  return rows
}

const WHAT_IT_IS: Statement = {
  sql: "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('wsrep_on', 'wsrep_provider', 'version')",
  bindings: [],
}

async function findWay(database: Database, options: CausalReadOptions): Promise<Way> {
  const rows = await send<VariableRow>(database, WHAT_IT_IS, options)
  const values = new Map(rows.map(({ Variable_name: name, Value }) => [name, Value]))
  const provider = values.get('wsrep_provider') ?? 'none'
  if (values.get('wsrep_on') !== 'ON' || provider === 'none' || provider === '') return 'plain'
  return /mariadb/i.test(values.get('version') ?? '') ? 'statement' : 'session'
}

function wayOf(database: Database, options: CausalReadOptions): Promise<Way> {
  // A transaction has a client of its own with the configuration of its pool.
  const key: object = database.client.config
  const known = ways.get(key)
  if (known !== undefined) return known
  const asked = findWay(database, options)
  ways.set(key, asked)
  // Nobody knows by a server that did not answer.
  asked.catch(() => ways.delete(key))
  return asked
}

function inSession<T>(
  database: Database,
  statement: Statement,
  options: CausalReadOptions,
): Promise<readonly T[]> {
  return database.transaction(async (transaction) => {
    await transaction.raw('SET SESSION wsrep_sync_wait = 1')
    const rows = await send<T>(transaction, statement, options)
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
  options: CausalReadOptions = {},
): Promise<readonly T[]> {
  const way = await wayOf(database, options)
  const statement = statementOf(asked)
  if (way === 'session') return inSession(database, statement, options)
  const prefix = way === 'statement' ? 'SET STATEMENT wsrep_sync_wait = 1 FOR ' : ''
  return send(database, { ...statement, sql: `${prefix}${statement.sql}` }, options)
}

import { pendingMigrations } from '../../database/migrate.ts'
import { listReplicas } from '../../database/replicas.ts'
import { type Finding, fault, ok, warning } from './check.ts'
import { judgeSkews } from './clock.ts'
import { databaseCheck, insideCheck } from './inside-check.ts'
import { readDatabaseServer } from './queries.ts'

const MIB = 1024 * 1024
const PACKET_BYTES = 16 * MIB

/** The oldest version that is supported, and the oldest that may do. */
const VERSIONS = {
  MariaDB: { supported: [10, 11], oldest: [10, 6] },
  MySQL: { supported: [8, 4], oldest: [8, 0] },
} as const

const isFrom = (version: readonly number[], [major, minor]: readonly [number, number]): boolean => {
  const [ownMajor = 0, ownMinor = 0] = version
  return ownMajor > major || (ownMajor === major && ownMinor >= minor)
}

/** Judges what `SELECT VERSION()` says, such as `10.11.6-MariaDB-0+deb12u1` or `8.4.2`. */
export function judgeVersion(text: string): Finding {
  const tidb = /-TiDB-(\S+)/i.exec(text)?.[1]
  if (tidb !== undefined) return ok(`TiDB ${tidb}`)
  const kind = /mariadb/i.test(text) ? 'MariaDB' : 'MySQL'
  // Replication made old MariaDB servers put 5.5.5- before their own version.
  const plain = text.replace(/^5\.5\.5-/, '')
  const version = plain.split(/[.-]/, 2).map(Number)
  const advice = 'take MySQL 8.4 or 9, MariaDB 10.11 or newer, or TiDB'
  if (isFrom(version, VERSIONS[kind].supported)) return ok(`${kind} ${plain}`)
  if (isFrom(version, VERSIONS[kind].oldest)) return warning(`${kind} ${plain} is old`, advice)
  return fault(`${kind} ${plain} is too old`, advice)
}

const database = insideCheck('database', async ({ inside }) => {
  const { host, port } = inside.config.database
  if (inside.databaseFailure === undefined) {
    return judgeVersion((await readDatabaseServer(inside.database)).version)
  }
  return fault(
    `${host}:${port} does not answer: ${inside.databaseFailure}`,
    'start it, or check WARDEN_DB_HOST, WARDEN_DB_PORT, WARDEN_DB_USER and its password',
  )
})

const migrations = databaseCheck('migrations', async ({ inside }) => {
  const advice = 'run: warden migrate (warden serve does it by itself)'
  const pending = await pendingMigrations(inside.database).catch((error: unknown) => {
    if ((error as { readonly code?: unknown }).code === 'ER_NO_SUCH_TABLE') return undefined
    throw error
  })
  if (pending === undefined) return fault('the database is empty', advice)
  if (pending.length === 0) return ok('the schema is the one of this version')
  return fault(`${pending.length} steps are not done yet, first ${pending[0]}`, advice)
})

const databaseClock = databaseCheck('database-clock', async ({ inside, now }) => {
  const askedAtMs = now().getTime()
  const server = await readDatabaseServer(inside.database)
  const middleMs = (askedAtMs + now().getTime()) / 2
  const seconds = (server.now.getTime() - middleMs) / 1000
  return judgeSkews([{ clock: "the database's clock", seconds }])
})

/** The service sets all three for its session; a proxy for SQL may lose them between statements. */
const session = databaseCheck('database-session', async ({ inside }) => {
  const { settings } = await readDatabaseServer(inside.database)
  const { sql_mode: mode = '', time_zone: zone, character_set_client: characters } = settings
  const wrong = [
    ...(mode.includes('STRICT_TRANS_TABLES') ? [] : [`sql_mode is "${mode}", not strict`]),
    ...(zone === '+00:00' ? [] : [`time_zone is ${zone}, not +00:00`]),
    ...(characters === 'utf8mb4' ? [] : [`the character set is ${characters}, not utf8mb4`]),
  ]
  if (wrong.length === 0) return ok('strict, UTC and utf8mb4')
  const advice =
    'let nothing between the service and the database change or share sessions; a pooler must keep one session for one connection'
  return fault(wrong.join('; '), advice)
})

const limits = databaseCheck('database-limits', async ({ inside }) => {
  const { settings } = await readDatabaseServer(inside.database)
  const packet = Number(settings.max_allowed_packet ?? PACKET_BYTES)
  const connections = Number(settings.max_connections ?? 0)
  // Without a table of replicas there is one at most.
  const processes = await listReplicas(inside.database).catch(() => [])
  // Each has one more, to watch for changes.
  const needed = (inside.config.database.poolMax + 1) * Math.max(1, processes.length)
  if (packet < PACKET_BYTES) {
    const detail = `max_allowed_packet is ${packet / MIB} MiB`
    return warning(detail, 'set max_allowed_packet to 16M or more on the server')
  }
  if (connections > 0 && needed > connections) {
    return warning(
      `the processes may open ${needed} connections, the server takes ${connections}`,
      'raise max_connections of the server, or lower WARDEN_DB_POOL_MAX',
    )
  }
  return ok(`packets up to ${packet / MIB} MiB, ${connections || 'unlimited'} connections`)
})

/** Every transaction asks for READ COMMITTED, which such a server refuses to write. */
const isolation = databaseCheck('database-isolation', async ({ inside }) => {
  const { settings } = await readDatabaseServer(inside.database)
  const { log_bin: log, binlog_format: format } = settings
  const isRefused = (log === 'ON' || log === '1') && format === 'STATEMENT'
  if (!isRefused) return ok('READ COMMITTED transactions can be written')
  const advice = 'set binlog_format to ROW or MIXED on the server'
  return fault('binlog_format is STATEMENT: READ COMMITTED transactions are refused', advice)
})

/** The database: version, schema, clock and the settings that the service stands on. */
export const DATABASE_CHECKS = [
  database,
  migrations,
  databaseClock,
  session,
  limits,
  isolation,
] as const

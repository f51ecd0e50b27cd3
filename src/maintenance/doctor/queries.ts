import type { Database } from '../../database/open-database.ts'

const VARIABLES = [
  'binlog_format',
  'character_set_client',
  'log_bin',
  'max_allowed_packet',
  'max_connections',
  'sql_mode',
  'time_zone',
] as const

export interface DatabaseServer {
  readonly version: string
  /** By the clock of the server. */
  readonly now: Date
  /** Settings in force for our session, as text; what a server does not know is not there. */
  readonly settings: Readonly<Record<string, string>>
}

/** `SHOW VARIABLES` is understood by every server of the family; names of `@@` variables differ. */
export async function readDatabaseServer(database: Database): Promise<DatabaseServer> {
  const [[row]] = await database.raw('SELECT VERSION() AS version, UTC_TIMESTAMP(3) AS now')
  const [rows] = await database.raw(
    `SHOW VARIABLES WHERE Variable_name IN (${VARIABLES.map(() => '?').join(', ')})`,
    [...VARIABLES],
  )
  const pairs = (rows as readonly { Variable_name: string; Value: string }[]).map(
    ({ Variable_name: name, Value: value }) => [name, String(value)],
  )
  return { version: row.version, now: row.now, settings: Object.fromEntries(pairs) }
}

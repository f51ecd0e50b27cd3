import { type Config, readConfig } from '../config/read-config.ts'
import { type Database, openDatabase } from '../database/open-database.ts'
import { waitForDatabase } from '../database/wait-for-database.ts'
import type { CommandLine } from './command-line.ts'
import { say } from './output.ts'

export interface Host {
  readonly config: Config
  readonly database: Database
}

/**
 * Runs a verb of the service's own machine: with its configuration and its database.
 *
 * @param queryTimeoutMs for work whose statements take longer than those of requests
 * @throws ConfigError, or Error when the database does not answer in time
 */
export async function withHost<T>(
  commandLine: CommandLine,
  work: (host: Host) => Promise<T>,
  queryTimeoutMs?: number,
): Promise<T> {
  const { config, warnings } = readConfig(commandLine.env)
  for (const warning of warnings) say(commandLine, warning)
  const log = (message: string): void => say(commandLine, message)
  const database = openDatabase(
    config.database,
    { warn: () => undefined, error: log },
    queryTimeoutMs,
  )
  try {
    const { host, port, waitSeconds } = config.database
    await waitForDatabase(
      { database, log },
      { where: `${host}:${port}`, limitSeconds: waitSeconds },
    )
    return await work({ config, database })
  } finally {
    await database.destroy()
  }
}

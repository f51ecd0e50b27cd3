import type { Knex } from 'knex'
import { MIGRATIONS } from '../../db/migrations/index.ts'
import { isLeaseTaken, type Lease, withLease } from './lease.ts'
import type { Database } from './open-database.ts'

const LEASE = 'migrate'

const source = (lease: Lease): Knex.MigrationSource<string> => ({
  getMigrations: async () => Object.keys(MIGRATIONS).sort(),
  getMigrationName: (name) => name,
  getMigration: async (name) => {
    const up = MIGRATIONS[name]
    if (up === undefined) throw new Error(`there is no migration ${name}`)
    return {
      up: async (database) => {
        lease.check()
        await up(database)
      },
      down: async () => undefined,
    }
  },
})

export interface MigrateDeps {
  readonly database: Database
  readonly log: (message: string) => void
}

/** Brings the schema up to date, once or again. @returns names of the migrations that were run now */
export type RunMigrations = () => Promise<readonly string[]>

async function runMigrations(database: Database, lease: Lease): Promise<readonly string[]> {
  const config = {
    migrationSource: source(lease),
    tableName: 'migrations',
    // A server commits each statement of this kind by itself.
    disableTransactions: true,
    // While versions overlap, an older process meets migrations that it does not know.
    disableMigrationsListValidation: true,
  }
  // knex keeps a lock of its own that a killed process leaves behind; the lease has replaced it.
  await database.migrate.list(config)
  await database.migrate.forceFreeMigrationsLock(config)
  const [, names] = (await database.migrate.latest(config)) as [number, string[]]
  return names
}

/** Does work while nobody else migrates: every process that begins to serve waits for it. */
export function whileMigrating<T>(
  { database, log }: MigrateDeps,
  work: (run: RunMigrations, lease: Lease) => Promise<T>,
): Promise<T> {
  const onWait = (): void => log('another process is migrating the database; waiting for it')
  return withLease({ database, onWait }, LEASE, (lease) =>
    work(() => runMigrations(database, lease), lease),
  )
}

/**
 * Brings the schema up to date, one process at a time. Every migration is one statement that may be
 * run again, because the server commits each by itself: a process killed half way does no harm.
 *
 * @returns names of the migrations that were run now
 */
export const migrate = (deps: MigrateDeps): Promise<readonly string[]> =>
  whileMigrating(deps, (run) => run())

/** Whether a process is migrating now. */
export const isMigrating = (database: Database): Promise<boolean> => isLeaseTaken(database, LEASE)

/** Names of the migrations that the database has; some may be of a newer version. */
export async function listMigrations(database: Database): Promise<readonly string[]> {
  const names: readonly string[] = await database('migrations').pluck('name')
  return names.toSorted()
}

export const isKnownMigration = (name: string): boolean => name in MIGRATIONS

/** Names of the migrations that this version has and the database has not. */
export async function pendingMigrations(database: Database): Promise<readonly string[]> {
  const done = await database('migrations').pluck('name')
  return Object.keys(MIGRATIONS).filter((name) => !done.includes(name))
}

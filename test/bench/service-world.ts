import { join } from 'node:path'
import { type Database, openDatabase } from '../../src/database/open-database.ts'
import { type Mariadb, startMariadb } from '../../src/stack/mariadb.ts'
import { findFreePort } from '../../src/stack/ports.ts'
import { startWarden } from '../../src/stack/warden.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'

export const ADMIN = { username: 'admin', password: 'first-light-7' } as const

export const NOTIFICATIONS_SECRET = 'notifications-of-benches'

/** The service with production defaults, and its log on, on a database of its own. */
export interface ServiceWorld {
  readonly dir: string
  readonly wardenUrl: string
  readonly wardenPid: number
  readonly databasePid: number
  /** Where notifications are sent, with `NOTIFICATIONS_SECRET`. */
  readonly notificationsUrl: string
  /** Where the registry is looked for; there is none but where a bench starts it. */
  readonly registryPort: number
  readonly certsDir: string
  /** A connection of its own to the service's database. */
  readonly database: Database
  readonly stop: () => Promise<void>
}

const VARIABLES = {
  NODE_ENV: 'production',
  WARDEN_ADMIN_PASSWORD: ADMIN.password,
  WARDEN_RECONCILE_CRON: 'off',
  WARDEN_NOTIFICATIONS_SECRET: NOTIFICATIONS_SECRET,
} as const

const startDatabase = (dir: string): Promise<Mariadb> =>
  startMariadb({
    env: process.env,
    secretsDir: join(dir, 'secrets'),
    dir: join(dir, 'database'),
    logPath: join(dir, 'database.log'),
    account: 'one-database',
  })

function connect({ host, port, user, password, database: name }: Mariadb): Database {
  const settings = {
    tls: 'off',
    ca: undefined,
    poolMax: 4,
    waitSeconds: 5,
    graceSeconds: 5,
  } as const
  const log = { warn: () => undefined, error: () => undefined }
  return openDatabase({ host, port, user, password, name, ...settings }, log)
}

/** @param env variables of the service beside those that it needs */
export async function startServiceWorld(
  env: Readonly<Record<string, string>> = {},
): Promise<ServiceWorld> {
  const dir = makeTemporaryDir()
  const mariadb = await startDatabase(dir)
  const { host, port, user } = mariadb
  const registryPort = await findFreePort()
  const certsDir = join(dir, 'certs')
  const warden = await startWarden({
    env: { ...process.env, ...VARIABLES, ...env },
    dir: join(dir, 'warden'),
    logPath: join(dir, 'warden.log'),
    port: await findFreePort(),
    publicUrl: 'http://localhost:5000',
    registryUrl: `http://127.0.0.1:${registryPort}`,
    certsDir,
    firstPasswordPath: join(dir, 'first-password'),
    database: {
      host,
      port,
      user,
      name: mariadb.database,
      passwordPath: join(dir, 'secrets', 'database-password'),
    },
  })
  const database = connect(mariadb)
  const stop = async (): Promise<void> => {
    await warden.stop()
    await database.destroy()
    await mariadb.stop()
    removeDir(dir)
  }
  const { url: wardenUrl, pid: wardenPid } = warden
  const notificationsUrl = `http://127.0.0.1:${warden.privatePort}/notifications`
  return {
    dir,
    wardenUrl,
    wardenPid,
    databasePid: mariadb.pid,
    notificationsUrl,
    registryPort,
    certsDir,
    database,
    stop,
  }
}

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import closeWithGrace from 'close-with-grace'
import { type Logger, pino } from 'pino'
import { yieldToRequests } from './accounts/hash-priority.ts'
import { createPasswordHasher } from './accounts/password-hash.ts'
import { type App, createApp } from './app.ts'
import { type Config, readConfig } from './config/read-config.ts'
import { migrate } from './database/migrate.ts'
import { type Database, openDatabase } from './database/open-database.ts'
import { listTrustedAuthorities } from './database/token-authorities.ts'
import { waitForDatabase } from './database/wait-for-database.ts'
import { describeError } from './http/describe-error.ts'
import { openServers } from './http/server.ts'
import { openInstallation } from './maintenance/open-installation.ts'
import { refuseSharedAuthority } from './signing/tls-authority.ts'
import { ensureBundle, type TokenAuthority } from './signing/token-authority.ts'

/** Left for what comes after the last answer: leases, the pool, the log. */
const AFTER_SERVERS_MS = 3000

const now = (): Date => new Date()

interface Output {
  readonly log: Logger
  /** Returns when the text is written. */
  readonly writeOut: (text: string) => Promise<void>
}

/** Secrets have no business in fields; should one get there, it stops here. */
function createLog(config: Config): Output {
  // Lines are gathered for a moment: a write for each would cost more than the request it tells of.
  const stdout = pino.destination({ fd: 1, sync: false, minLength: 4096, periodicFlush: 250 })
  process.once('exit', () => stdout.flushSync())
  const options = {
    level: config.logLevel,
    base: { name: 'registry-warden' },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: ['password', 'secret', 'token', 'authorization'],
    serializers: { error: describeError },
  }
  const writeOut = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      // The same stream as the log's, so that lines never run into each other.
      stdout.write(text)
      stdout.flush((error?: NodeJS.ErrnoException) => {
        // A pipe has taken the text, and cannot be asked to keep it safe as a file can.
        if (error === undefined || error === null || error.syscall === 'fsync') resolve()
        else reject(error)
      })
    })
  return { log: pino(options, stdout), writeOut }
}

async function checkTls(config: Config, authority: TokenAuthority): Promise<void> {
  const path = join(config.certs.dir, 'tls', 'server.crt')
  const chain = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    // Mostly it is not even ours to read: nginx alone has it.
    if (error.code === 'ENOENT' || error.code === 'EACCES') return undefined
    throw error
  })
  if (chain !== undefined) refuseSharedAuthority(chain, authority)
}

interface Databases {
  readonly database: Database
  readonly watchDatabase: Database
}

interface Process extends Databases {
  readonly config: Config
  readonly output: Output
  readonly version: string
}

async function open({ config, output, version, ...databases }: Process): Promise<App> {
  const { log } = output
  const { database } = databases
  const tell = (message: string): void => log.info(message)
  const { host, port, waitSeconds } = config.database
  await waitForDatabase(
    { database, log: tell },
    { where: `${host}:${port}`, limitSeconds: waitSeconds },
  )
  const migrated = await migrate({ database, log: tell })
  if (migrated.length > 0) log.info({ migrated }, 'database migrated')
  const { installation, authority } = await openInstallation(
    {
      database,
      hasher: createPasswordHasher(config.hashing),
      config,
      now,
      log: (fields, message) => log.info(fields, message),
      // Where nobody can type, a terminal may be the log of a container engine.
      terminal:
        process.stdout.isTTY && process.stdin.isTTY
          ? (text) => process.stdout.write(text)
          : undefined,
    },
    { force: false },
  )
  await checkTls(config, authority)
  const beside = (await listTrustedAuthorities(database)).map(({ certificate }) => certificate)
  if (await ensureBundle(config.certs, authority, beside)) {
    const { bundlePath } = config.certs
    log.warn({ bundlePath }, 'bundle written; a registry that runs already must be restarted')
  }
  return createApp({ config, ...databases, installation, authority, ...output, now, version })
}

/** Lets the heap grow by a fifth of what is alive before it is collected (docs/decisions/0009). */
function boundHeap(): void {
  setFlagsFromString('--heap-growing-percent=20')
  // It goes by what the last collection left: before the first one it may grow to 128 MiB.
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  setFlagsFromString('--no-expose-gc')
}

async function run(input: Process): Promise<void> {
  const { config } = input
  const { log } = input.output
  const app = await open(input)
  yieldToRequests(process.pid)
  boundHeap()
  // Who takes a hold asks whom there is to wait for.
  await app.announce()
  const servers = await openServers([
    { ...config.privateListen, listener: app.privateListener },
    { ...config.listen, listener: app.publicListener },
  ])
  const stop = app.start()
  log.info({ listen: config.listen, publicUrl: config.publicUrl }, 'serving')
  await new Promise<void>((resolve) => {
    closeWithGrace(
      { delay: config.shutdownSeconds * 1000, logger: false },
      async ({ signal, err }) => {
        log[err ? 'error' : 'info']({ signal, error: err }, 'stopping')
        await servers.close(Math.max(0, config.shutdownSeconds * 1000 - AFTER_SERVERS_MS))
        await stop()
        await destroyAll(input)
        resolve()
      },
    )
  })
}

async function destroyAll({ database, watchDatabase }: Databases): Promise<void> {
  await Promise.all([database.destroy(), watchDatabase.destroy()])
}

/**
 * Serves until the process is told to stop.
 *
 * @param version of this program
 * @throws ConfigError, and whatever keeps it from starting
 */
export async function serve(env: NodeJS.ProcessEnv, version: string): Promise<void> {
  const { config, warnings } = readConfig(env)
  const output = createLog(config)
  const { log } = output
  for (const warning of warnings) log.warn(warning)
  const databaseLog = {
    // A failed connect is told again by whoever waited for it.
    warn: (message: string) => log.debug(message),
    error: (message: string) => log.error(message),
  }
  const databases: Databases = {
    database: openDatabase(config.database, databaseLog),
    watchDatabase: openDatabase({ ...config.database, poolMax: 1 }, databaseLog),
  }
  try {
    await run({ config, output, version, ...databases })
  } catch (error) {
    await destroyAll(databases)
    throw error
  }
}

import { execFile } from 'node:child_process'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createConnection } from 'mysql2/promise'
import { plainEnvironment, requireCommand } from './commands.ts'
import { type Part, startPart } from './part.ts'
import { findFreePort, LOOPBACK } from './ports.ts'
import { keepSecret, makePrivateDir, writePrivateFile } from './secrets.ts'
import { StackError } from './stack-error.ts'

const run = promisify(execFile)

const READY_TIMEOUT_MS = 60_000
const INSTALL_TIMEOUT_MS = 120_000

/** Data that nobody misses after a crash of the machine is written faster. */
const THROW_AWAY = [
  '--innodb-flush-log-at-trx-commit=0',
  '--innodb-doublewrite=0',
  '--sync-binlog=0',
  '--innodb-flush-method=nosync',
  // Hundreds of databases come and go; a file for each table of theirs costs more than the table.
  '--innodb-file-per-table=OFF',
]

export interface MariadbInput {
  readonly env: NodeJS.ProcessEnv
  readonly dir: string
  readonly logPath: string
  readonly secretsDir: string
  readonly preferredPort?: number | undefined
  /**
   * `one-database`: the user `warden` owns the database `warden` and nothing else.
   * `every-database`: it may create and drop databases, for tests; the data is thrown away.
   */
  readonly account: 'one-database' | 'every-database'
  /** More arguments of the server, which count before those above. */
  readonly serverArguments?: readonly string[] | undefined
  readonly signal?: AbortSignal | undefined
}

export interface Mariadb extends Part {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

/**
 * A folder for its temporary tables: a server that starts removes those of every other one that
 * shares the folder, which ends their installation in the middle.
 */
const temporaryEnvironment = (input: MariadbInput): NodeJS.ProcessEnv => ({
  ...plainEnvironment(input.env),
  TMPDIR: makePrivateDir(join(input.dir, 'tmp')),
})

/** Made aside and moved into place, so that a data folder is whole or not there. */
async function installData(input: MariadbInput, dataDir: string): Promise<void> {
  if (existsSync(dataDir)) return
  const unfinished = `${dataDir}.unfinished`
  rmSync(unfinished, { recursive: true, force: true })
  const command = requireCommand('mariadb-install-db', input.env)
  const user = userInfo().username
  try {
    await run(
      command,
      [
        '--no-defaults',
        `--user=${user}`,
        `--datadir=${unfinished}`,
        '--auth-root-authentication-method=socket',
        `--auth-root-socket-user=${user}`,
        '--skip-test-db',
        '--skip-name-resolve',
      ],
      { cwd: input.dir, env: temporaryEnvironment(input), timeout: INSTALL_TIMEOUT_MS },
    )
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new StackError(`the data folder of the database could not be made: ${reason}`)
  }
  renameSync(unfinished, dataDir)
}

/** Run by the server at every start, as its own superuser, whom nobody reaches over TCP. */
function accountStatements(account: MariadbInput['account'], password: string): string {
  const grant = account === 'one-database' ? '`warden`.*' : '*.*'
  return [
    'CREATE DATABASE IF NOT EXISTS `warden` CHARACTER SET utf8mb4;',
    `CREATE USER IF NOT EXISTS 'warden'@'${LOOPBACK}';`,
    `ALTER USER 'warden'@'${LOOPBACK}' IDENTIFIED BY '${password}';`,
    `GRANT ALL PRIVILEGES ON ${grant} TO 'warden'@'${LOOPBACK}';`,
    '',
  ].join('\n')
}

const serverArguments = (input: MariadbInput, dataDir: string, port: number): string[] => [
  '--no-defaults',
  `--user=${userInfo().username}`,
  `--datadir=${dataDir}`,
  // Relative to the data folder: the path of a socket may not be longer than 107 bytes.
  '--socket=mariadb.sock',
  '--pid-file=mariadb.pid',
  `--bind-address=${LOOPBACK}`,
  `--port=${port}`,
  `--init-file=${join(input.secretsDir, 'database-account.sql')}`,
  '--character-set-server=utf8mb4',
  '--skip-name-resolve',
  '--skip-log-bin',
  '--innodb-buffer-pool-size=64M',
  '--max-connections=200',
  ...(input.account === 'every-database' ? THROW_AWAY : []),
  ...(input.serverArguments ?? []),
]

async function acceptsAccount(port: number, password: string): Promise<boolean> {
  try {
    const connection = await createConnection({
      host: LOOPBACK,
      port,
      user: 'warden',
      password,
      database: 'warden',
      connectTimeout: 1000,
    })
    await connection.end()
    return true
  } catch {
    return false
  }
}

/**
 * Starts a MariaDB of our own on the loopback; its data folder and its account are made when they
 * are not there yet.
 */
export async function startMariadb(input: MariadbInput): Promise<Mariadb> {
  const command = requireCommand('mariadbd', input.env)
  makePrivateDir(input.dir)
  makePrivateDir(input.secretsDir)
  const password = keepSecret(join(input.secretsDir, 'database-password'))
  writePrivateFile(
    join(input.secretsDir, 'database-account.sql'),
    accountStatements(input.account, password),
  )
  const dataDir = join(input.dir, 'data')
  await installData(input, dataDir)
  const port = await findFreePort(input.preferredPort)
  const part = await startPart({
    name: 'database',
    command,
    args: serverArguments(input, dataDir, port),
    env: temporaryEnvironment(input),
    dir: input.dir,
    logPath: input.logPath,
    isReady: () => acceptsAccount(port, password),
    readyTimeoutMs: READY_TIMEOUT_MS,
    signal: input.signal,
  })
  return { ...part, host: LOOPBACK, port, user: 'warden', password, database: 'warden' }
}

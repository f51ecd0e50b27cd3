import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createConnection } from 'mysql2/promise'
import { plainEnvironment, requireCommand } from '../../src/stack/commands.ts'
import { type Part, startPart } from '../../src/stack/part.ts'
import { findFreePort, LOOPBACK } from '../../src/stack/ports.ts'
import { keepSecret, makePrivateDir, writePrivateFile } from '../../src/stack/secrets.ts'
import type { TestServer } from '../support/database.ts'
import { makeDebian, mustRun } from '../support/debian.ts'

const CACHE = resolve('node_modules/.cache/registry-warden')
/** The only release with MySQL. */
const SUITE = 'sid'
const READY_TIMEOUT_MS = 120_000

/** A root with MySQL in it, made once, some minutes long. */
export async function provideRoot(say: (line: string) => void): Promise<string> {
  const path = join(CACHE, `mysql-${SUITE}`)
  if (existsSync(path)) return path
  say('Making a Debian with MySQL in it (debootstrap) …')
  mkdirSync(CACHE, { recursive: true })
  const dir = mkdtempSync(join(CACHE, 'root-'))
  try {
    const root = join(dir, 'root')
    await makeDebian(root, { suite: SUITE, packages: ['mysql-server-core'] })
    renameSync(root, path)
    return path
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** In mounts of its own, gone with it: the root gets /proc, and our folder as /mnt. */
const INSIDE = `mount --bind /proc "$1/proc" && mount --bind "$2" "$1/mnt" || exit
root=$1; shift 2; exec chroot "$root" /usr/sbin/mysqld "$@"`

interface Place {
  readonly root: string
  readonly dir: string
}

const command = ({ root, dir }: Place, args: readonly string[]): readonly string[] => {
  const unshare = requireCommand('unshare', process.env)
  const common = ['--no-defaults', '--user=root', '--datadir=/mnt/data']
  return [unshare, '--mount', 'sh', '-c', INSIDE, 'sh', root, dir, ...common, ...args]
}

/** Databases come and go, and nobody misses them. */
const serverArguments = (port: number): readonly string[] => [
  '--socket=/mnt/mysql.sock',
  '--pid-file=/mnt/mysql.pid',
  '--init-file=/mnt/account.sql',
  `--bind-address=${LOOPBACK}`,
  `--port=${port}`,
  '--secure-file-priv=NULL',
  '--mysqlx=OFF',
  '--skip-name-resolve',
  '--skip-log-bin',
  '--max-connections=400',
  '--innodb-flush-log-at-trx-commit=0',
  '--innodb-doublewrite=OFF',
]

async function accepts(server: TestServer): Promise<boolean> {
  try {
    await (await createConnection({ ...server, connectTimeout: 1000 })).end()
    return true
  } catch {
    return false
  }
}

/** A MySQL of its own on the loopback, whose user may make and drop databases. Needs root. */
export async function startMysql({ root, dir }: Place): Promise<Part & TestServer> {
  makePrivateDir(dir)
  const password = keepSecret(join(dir, 'password'))
  writePrivateFile(
    join(dir, 'account.sql'),
    `CREATE USER IF NOT EXISTS 'warden'@'${LOOPBACK}' IDENTIFIED BY '${password}';
GRANT ALL PRIVILEGES ON *.* TO 'warden'@'${LOOPBACK}';
`,
  )
  await mustRun(command({ root, dir }, ['--initialize-insecure']))
  const port = await findFreePort()
  const [program = '', ...args] = command({ root, dir }, serverArguments(port))
  const server = { host: LOOPBACK, port, user: 'warden', password }
  const part = await startPart({
    name: 'database',
    command: program,
    args,
    env: plainEnvironment(process.env),
    dir,
    logPath: join(dir, 'log'),
    isReady: () => accepts(server),
    readyTimeoutMs: READY_TIMEOUT_MS,
  })
  return { ...part, ...server }
}

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { openDatabase } from '../../src/database/open-database.ts'
import { ensureTlsServer } from '../../src/signing/tls-authority.ts'
import { type Part, startPart } from '../../src/stack/part.ts'
import { findFreePort } from '../../src/stack/ports.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'

const quiet = { warn: () => undefined, error: () => undefined }

interface Place {
  readonly dir: string
  readonly port: number
  readonly authority: string
}

async function askVersion({ port, authority }: Place, tls: 'require' | 'verify'): Promise<unknown> {
  const config = {
    host: 'localhost',
    port,
    user: 'anybody',
    password: '',
    name: 'mysql',
    tls,
    ca: tls === 'verify' ? authority : undefined,
    poolMax: 2,
    waitSeconds: 1,
    graceSeconds: 1,
  }
  const database = openDatabase(config, quiet)
  try {
    const [[row]] = await database.raw("SHOW STATUS LIKE 'Ssl_version'")
    return row.Value
  } finally {
    await database.destroy()
  }
}

function startServer(place: Place): Promise<Part> {
  const { dir, port } = place
  const user = userInfo().username
  const common = ['--no-defaults', `--user=${user}`, `--datadir=${join(dir, 'data')}`]
  // Servers that share a folder for temporary tables remove each other's.
  const env = { ...process.env, TMPDIR: dir }
  execFileSync('mariadb-install-db', common, { stdio: 'ignore', env })
  return startPart({
    name: 'database',
    command: 'mariadbd',
    args: [
      ...common,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${join(dir, 's')}`,
      '--skip-grant-tables',
      `--ssl-cert=${join(dir, 'tls', 'server.crt')}`,
      `--ssl-key=${join(dir, 'tls', 'server.key')}`,
    ],
    env,
    dir,
    logPath: join(dir, 'log'),
    isReady: () => askVersion(place, 'require').then(Boolean, () => false),
    readyTimeoutMs: 60_000,
  })
}

/** Asks a database whose certificate is for `certifiedHost`, by the name localhost. */
async function askCertified(certifiedHost: string): Promise<unknown> {
  const dir = makeTemporaryDir()
  const serverDir = join(dir, 'tls')
  const folders = { authorityDir: join(dir, 'ca'), serverDir }
  await ensureTlsServer(folders, { hosts: [certifiedHost], now: new Date() })
  const authority = readFileSync(join(serverDir, 'ca.crt'), 'utf8')
  const place = { dir, port: await findFreePort(), authority }
  const server = await startServer(place)
  try {
    return await askVersion(place, 'verify')
  } finally {
    await server.stop()
    removeDir(dir)
  }
}

test('a database with a certificate for its name is taken', async (t) => {
  t.regex(String(await askCertified('localhost')), /^TLSv1\.[23]$/)
})

test('a database with a certificate for another name, by the same authority, is refused', async (t) => {
  const error = await t.throwsAsync(askCertified('evil.example.org'))
  t.regex(error.message, /does not match|altnames/)
})

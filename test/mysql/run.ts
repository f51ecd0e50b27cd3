// `npm run test:mysql`: all tests of the API, and of what else sends SQL, on MySQL 9 instead of MariaDB.
// With paths behind it, such as test/api/token: those tests.
import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'
import {
  CLIENT_REQUIREMENTS,
  DEBIAN_REQUIREMENTS,
  installMissing,
  SERVER_REQUIREMENTS,
} from '../../src/stack/packages.ts'
import { prepareTemplate, type TestServer } from '../support/database.ts'
import { runGroups, testEnvironment } from '../support/run-groups.ts'
import { selectTests } from '../support/select-tests.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'
import { provideRoot, startMysql } from './server.ts'

/** What sends SQL: all of the API, and what no route leads to. */
const TESTS = ['test/api/', 'test/audit/', 'test/database/', 'test/holds/', 'test/jobs/']

const say = (line: string): void => void process.stderr.write(`${line}\n`)

const interruption = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => interruption.abort())
}

async function readVersion({ host, port, user, password }: TestServer): Promise<string> {
  const connection = await createConnection({ host, port, user, password })
  const [rows] = await connection.query('SELECT VERSION() AS version')
  await connection.end()
  return (rows as { readonly version: string }[])[0]?.version ?? 'unknown'
}

async function main(args: readonly string[]): Promise<number> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    say('npm run test:mysql needs Linux and root: it unpacks another release of Debian')
    return 2
  }
  const groups = selectTests(args.length === 0 ? TESTS : args)
  if (groups.length === 0) {
    say(`no test file matches: ${args.join(' ')}`)
    return 2
  }
  const needs = [...SERVER_REQUIREMENTS, ...CLIENT_REQUIREMENTS, ...DEBIAN_REQUIREMENTS]
  await installMissing({ env: process.env, say }, needs)
  const root = await provideRoot(say)
  const dir = makeTemporaryDir()
  try {
    const server = await startMysql({ root, dir: join(dir, 'mysql') })
    try {
      say(`MySQL ${await readVersion(server)}`)
      await prepareTemplate(server)
      const { signal } = interruption
      const isGreen = await runGroups(groups, { env: testEnvironment(server), signal })
      return isGreen && !signal.aborted ? 0 : 1
    } finally {
      await server.stop()
    }
  } finally {
    removeDir(dir)
  }
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error))
  return 1
})

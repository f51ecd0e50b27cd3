import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { plainEnvironment } from '../../src/stack/commands.ts'
import { startMariadb } from '../../src/stack/mariadb.ts'
import { type Part, startPart } from '../../src/stack/part.ts'
import { findFreePort } from '../../src/stack/ports.ts'
import { keepSecret } from '../../src/stack/secrets.ts'
import { answers, waitUntil } from '../../src/stack/wait-until.ts'
import { runCommand } from '../support/run-command.ts'
import { findObstacle, testUnless } from '../support/skip-aloud.ts'
import {
  ALICE,
  addPeople,
  basic,
  startDatabaseAgain,
  startTestStack,
  type TestStack,
} from '../support/stack.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'

const obstacle = findObstacle(['docker-registry', 'mariadbd', 'nginx'], { asRoot: false })
const declare = testUnless(obstacle)
const dir = makeTemporaryDir()
let stack: TestStack

test.before(async () => {
  if (obstacle !== undefined) return
  stack = await startTestStack()
  await addPeople(stack)
})

test.after.always(async () => {
  await stack?.remove()
  removeDir(dir)
})

const status = async (path: string, password = ALICE.password): Promise<number> => {
  const authorization = basic({ ...ALICE, password })
  const response = await fetch(`${stack.url}${path}`, { headers: { authorization } })
  await response.arrayBuffer()
  return response.status
}

declare(
  'MySQL gone: what needs it is 503, the process lives on, and recovers by itself',
  async (t) => {
    const { pid } = stack.warden
    await stack.database.stop()
    t.is(await status('/api/v1/users'), 503)
    t.is(await status('/auth/token?service=registry-warden', 'never-seen-before'), 503)
    t.true(await answers(`${stack.url}/healthz`, [200]))
    t.true(await answers(`${stack.url}/readyz`, [503]))
    const again = await startDatabaseAgain(stack)
    try {
      t.true(await waitUntil(() => answers(`${stack.url}/readyz`, [200]), { timeoutMs: 20_000 }))
      t.is(await status('/auth/token?service=registry-warden'), 200)
      t.notThrows(() => process.kill(pid, 0))
    } finally {
      await again.stop()
    }
  },
)

const serviceEnvironment = async (databasePort: number, waitSeconds: number) => ({
  ...plainEnvironment(process.env),
  WARDEN_PUBLIC_URL: 'http://localhost:5000',
  WARDEN_LISTEN: `127.0.0.1:${await findFreePort()}`,
  WARDEN_PRIVATE_LISTEN: `127.0.0.1:${await findFreePort()}`,
  WARDEN_REGISTRY_URL: 'http://127.0.0.1:9',
  WARDEN_CERTS_DIR: join(dir, 'certs'),
  WARDEN_DB_PORT: String(databasePort),
  WARDEN_DB_PASSWORD: keepSecret(join(dir, 'secrets', 'database-password')),
  WARDEN_DB_WAIT_SECONDS: String(waitSeconds),
})

declare('MySQL away at start is waited for, with messages, up to the limit', async (t) => {
  const env = await serviceEnvironment(await findFreePort(), 2)
  const { code, output } = await runCommand(process.execPath, ['dist/src/main.js', 'serve'], {
    env,
  })
  t.is(code, 1)
  t.regex(output, /waiting for/i)
  t.regex(output, new RegExp(`127\\.0\\.0\\.1:${env.WARDEN_DB_PORT}`))
  t.regex(output, /did not answer for 2 s .*start it/)
})

declare('MySQL that comes late is found, and the service starts', async (t) => {
  const port = await findFreePort()
  const env = await serviceEnvironment(port, 30)
  const logPath = join(dir, 'late.log')
  let late: Part | undefined
  const begun = startPart({
    name: 'warden',
    command: process.execPath,
    args: ['dist/src/main.js', 'serve'],
    env,
    dir: process.cwd(),
    logPath,
    isReady: () => answers(`http://${env.WARDEN_LISTEN}/healthz`, [200]),
    readyTimeoutMs: 40_000,
  })
  const isWaiting = () => /waiting for/i.test(readFileSync(logPath, 'utf8'))
  t.true(await waitUntil(isWaiting, { timeoutMs: 10_000 }))
  mkdirSync(join(dir, 'database'), { recursive: true })
  const database = await startMariadb({
    env: process.env,
    dir: join(dir, 'database'),
    logPath: join(dir, 'database.log'),
    secretsDir: join(dir, 'secrets'),
    preferredPort: port,
    account: 'one-database',
  })
  try {
    late = await begun
    t.true(late.pid > 0)
  } finally {
    await late?.stop()
    await database.stop()
  }
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { type Part, startPart } from '../../src/stack/part.ts'
import { startRegistry } from '../../src/stack/registry.ts'
import { answers } from '../../src/stack/wait-until.ts'
import { fetchToken, pushImage } from '../support/image.ts'
import { runCommand } from '../support/run-command.ts'
import { findObstacle, testUnless } from '../support/skip-aloud.ts'
import { ADMIN, ALICE, addPeople, startTestStack, type TestStack } from '../support/stack.ts'
import { waitFor } from '../support/wait-for.ts'

const obstacle = findObstacle(['docker-registry', 'mariadbd', 'nginx'], { asRoot: false })
const declare = testUnless(obstacle)
let stack: TestStack
/** What was started again in place of a part of the stack. */
const again: Part[] = []

test.before(async () => {
  if (obstacle !== undefined) return
  stack = await startTestStack()
  await addPeople(stack)
})

test.after.always(async () => {
  for (const part of again.reverse()) await part.stop()
  await stack?.remove()
})

async function kill(part: Part): Promise<void> {
  process.kill(part.pid, 'SIGKILL')
  await part.ended
}

async function startWardenAgain(): Promise<Part> {
  const part = await startPart({
    name: 'warden',
    command: process.execPath,
    args: [`--env-file=${stack.warden.environmentPath}`, 'dist/src/main.js', 'serve'],
    env: process.env,
    dir: process.cwd(),
    logPath: join(stack.dir, 'logs', 'warden-again.log'),
    isReady: () => answers(`${stack.wardenUrl}/readyz`, [200]),
    readyTimeoutMs: 60_000,
  })
  again.push(part)
  return part
}

async function startRegistryAgain(): Promise<void> {
  const part = await startRegistry({
    env: process.env,
    dir: join(stack.dir, 'registry'),
    logPath: join(stack.dir, 'logs', 'registry-again.log'),
    preferredPort: Number(new URL(stack.registryUrl).port),
    realm: `${stack.url}/auth/token`,
    bundlePath: join(stack.certsDir, 'bundle', 'ca.crt'),
    httpSecret: 'another',
    notifications: {
      address: `127.0.0.1:${stack.warden.privatePort}`,
      secret: readFileSync(join(stack.dir, 'secrets', 'notifications-secret'), 'utf8').trim(),
    },
  })
  again.push(part)
}

const digestOf = async (repository: string): Promise<string | false> => {
  const { status, text } = await stack.api('GET', `/repositories/${repository}/tags/v1`)
  return status === 200 && JSON.parse(text).digest
}

const pushWithout = async (repository: string, isAway: () => Promise<void>): Promise<string> => {
  const scope = `repository:${repository}:pull,push`
  const token = await fetchToken(stack, { as: ALICE, scope })
  await isAway()
  const { digest } = await pushImage(stack, { as: ALICE, repository, tags: ['v1'], token })
  return digest
}

declare('what is pushed while the service is dead is in the index when it is back', async (t) => {
  const digest = await pushWithout('acme/unheard', () => kill(stack.warden))
  await startWardenAgain()
  const { found } = await waitFor(() => digestOf('acme/unheard'), { mostMs: 60_000 })
  t.is(found, digest)
})

declare('what a killed registry never told is in the index after reconcile', async (t) => {
  const [warden] = again
  const digest = await pushWithout('acme/lost', () => kill(warden as Part))
  await kill(stack.registry)
  await startWardenAgain()
  await startRegistryAgain()
  // An event that comes shows that none of those before is to come.
  await pushImage(stack, { as: ALICE, repository: 'acme/heard', tags: ['v1'] })
  await waitFor(() => digestOf('acme/heard'), { mostMs: 60_000 })
  t.false(await digestOf('acme/lost'))
  const { code, output } = await runCommand(
    process.execPath,
    ['dist/src/main.js', 'reconcile', '--wait'],
    {
      env: {
        WARDEN_URL: stack.url,
        WARDEN_USERNAME: ADMIN.username,
        WARDEN_PASSWORD: ADMIN.password,
      },
    },
  )
  t.is(code, 0, output)
  t.is(await digestOf('acme/lost'), digest)
})

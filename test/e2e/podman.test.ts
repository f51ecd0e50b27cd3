import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { makeTar } from '../support/layered-image.ts'
import { type CommandResult, runCommand } from '../support/run-command.ts'
import { findObstacle, testUnless } from '../support/skip-aloud.ts'
import {
  ALICE,
  addPeople,
  GINA,
  guessUntilHeldUp,
  type Person,
  STAN,
  startTestStack,
  type TestStack,
} from '../support/stack.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'

const obstacle = findObstacle(['podman', 'buildah', 'docker-registry', 'mariadbd', 'nginx'], {
  asRoot: true,
})
const declare = testUnless(obstacle)
const dir = makeTemporaryDir()
let stack: TestStack

/** Podman and buildah share one store, below our folder. */
const store = [
  '--root',
  join(dir, 'store'),
  '--runroot',
  join(dir, 'run'),
  '--storage-driver',
  'vfs',
]
const authFile = (person: string): string => join(dir, `${person}.json`)

const podman = (args: readonly string[], input = ''): Promise<CommandResult> =>
  runCommand('podman', [...store, '--cgroup-manager', 'cgroupfs', ...args], { input })

const as = (person: string): readonly string[] => [
  '--tls-verify=false',
  '--authfile',
  authFile(person),
]

const login = ({ username, password }: Person): Promise<CommandResult> =>
  podman(
    ['login', ...as(username), '--username', username, '--password-stdin', stack.address],
    password,
  )
const push = (person: string, name: string): Promise<CommandResult> =>
  podman(['push', ...as(person), 'localhost/hello:v1', `${stack.address}/${name}`])
const pull = (person: string, name: string): Promise<CommandResult> =>
  podman(['pull', ...as(person), `${stack.address}/${name}`])

test.before(async () => {
  if (obstacle !== undefined) return
  stack = await startTestStack()
  await addPeople(stack)
  // Without a login file podman would look for one of the person who runs the tests.
  writeFileSync(authFile('nobody'), '{"auths":{}}')
  const archive = join(dir, 'hello.tar')
  writeFileSync(archive, makeTar('hello.txt', 'podman'))
  const { code, output } = await podman(['import', archive, 'localhost/hello:v1'])
  if (code !== 0) throw new Error(`podman import failed: ${output}`)
})

test.after.always(async () => {
  await stack?.remove()
  removeDir(dir)
})

declare('podman login tells a wrong password from the right one', async (t) => {
  const wrong = await login({ ...ALICE, password: 'wrong' })
  t.is(wrong.code, 125)
  t.regex(wrong.output, /invalid username\/password/)
  for (const person of [ALICE, GINA, STAN]) t.is((await login(person)).code, 0)
})

declare('podman pushes, and pulls it back', async (t) => {
  const pushed = await push('alice', 'acme/app:v1')
  t.is(pushed.code, 0, pushed.output)
  const pulled = await pull('alice', 'acme/app:v1')
  t.is(pulled.code, 0, pulled.output)
})

declare('buildah builds on the private image and pushes the result', async (t) => {
  const recipe = join(dir, 'Containerfile')
  writeFileSync(recipe, `FROM ${stack.address}/acme/app:v1\nLABEL from=buildah\n`)
  const name = `${stack.address}/tools/built:v1`
  const built = await runCommand('buildah', [
    ...store,
    'build',
    ...as('alice'),
    '--isolation=chroot',
    '--file',
    recipe,
    '--tag',
    name,
    dir,
  ])
  t.is(built.code, 0, built.output)
  const pushed = await runCommand('buildah', [...store, 'push', ...as('alice'), name])
  t.is(pushed.code, 0, pushed.output)
  t.is((await pull('alice', 'tools/built:v1')).code, 0)
})

declare('podman says denied to a guest who pushes and to a user without rights', async (t) => {
  t.is((await pull('gina', 'acme/app:v1')).code, 0)
  for (const person of ['gina', 'stan']) {
    const { code, output } = await push(person, 'acme/app:v2')
    t.is(code, 125)
    t.regex(output, /requested access to the resource is denied/)
  }
})

declare('without a login podman pulls what is public and not what is private', async (t) => {
  t.is((await push('alice', 'open/app:v1')).code, 0)
  const open = await pull('nobody', 'open/app:v1')
  t.is(open.code, 0, open.output)
  const closed = await pull('nobody', 'acme/app:v1')
  t.is(closed.code, 125)
  t.regex(closed.output, /requested access to the resource is denied|unauthorized/)
})

declare('R17: podman login after too many wrong passwords tells it from a wrong one', async (t) => {
  await guessUntilHeldUp(stack, 'mallory')
  const { code, output } = await login({ username: 'mallory', password: 'one-more-guess' })
  t.is(code, 125)
  t.regex(output, /too many requests to registry/)
})

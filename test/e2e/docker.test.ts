import { join } from 'node:path'
import test from 'ava'
import { type Dockerd, startDockerd } from '../support/dockerd.ts'
import { fetchToken } from '../support/image.ts'
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
import { waitFor } from '../support/wait-for.ts'

const obstacle = findObstacle(['docker', 'dockerd', 'docker-registry', 'mariadbd', 'nginx'], {
  asRoot: true,
})
const declare = testUnless(obstacle)
const dir = makeTemporaryDir()
let stack: TestStack
let engine: Dockerd

const login = ({ username, password }: Person) =>
  engine.docker(username, ['login', stack.address, '-u', username, '--password-stdin'], password)
const push = (person: string, image: string) =>
  engine.docker(person, ['push', `${stack.address}/${image}`])
const pull = (person: string, image: string) =>
  engine.docker(person, ['pull', `${stack.address}/${image}`])
const forget = (image: string) =>
  engine.docker('nobody', ['rmi', '--force', `${stack.address}/${image}`])

test.before(async () => {
  if (obstacle !== undefined) return
  stack = await startTestStack()
  engine = await startDockerd(join(dir, 'engine'))
  await addPeople(stack)
  await engine.importImage(`${stack.address}/acme/app:v1`, 'acme')
  await engine.importImage(`${stack.address}/open/app:v1`, 'open')
})

test.after.always(async () => {
  await engine?.stop()
  await stack?.remove()
  removeDir(dir)
})

declare('docker login with a wrong password says unauthorized', async (t) => {
  const { code, output } = await login({ ...ALICE, password: 'wrong' })
  t.is(code, 1)
  t.regex(output, /unauthorized: .*password/)
})

declare('docker login with the right password succeeds', async (t) => {
  const { code, output } = await login(ALICE)
  t.is(code, 0, output)
  t.regex(output, /Login Succeeded/)
})

declare('docker push by a developer arrives, and docker pull brings it back', async (t) => {
  const pushed = await push('alice', 'acme/app:v1')
  t.is(pushed.code, 0, pushed.output)
  await forget('acme/app:v1')
  const pulled = await pull('alice', 'acme/app:v1')
  t.is(pulled.code, 0, pulled.output)
  t.regex(pulled.output, /Downloaded newer image|Image is up to date/)
})

/** What a registry holds of an image: its manifest, its config and its layers. */
async function bytesAtRegistry(repository: string, tag: string): Promise<number> {
  const token = await fetchToken(stack, { as: ALICE, scope: `repository:${repository}:pull` })
  const response = await fetch(`${stack.registryUrl}/v2/${repository}/manifests/${tag}`, {
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/vnd.docker.distribution.manifest.v2+json',
    },
  })
  const text = await response.text()
  const { config, layers } = JSON.parse(text)
  return [config, ...layers].reduce((sum, { size }) => sum + size, Buffer.byteLength(text))
}

declare(
  'what docker pushes is listed within two seconds, with the size of its parts',
  async (t) => {
    await engine.docker('alice', [
      'tag',
      `${stack.address}/acme/app:v1`,
      `${stack.address}/acme/app:v2`,
    ])
    const { code, output } = await push('alice', 'acme/app:v2')
    t.is(code, 0, output)
    const read = async () => {
      const { status, text } = await stack.api('GET', '/repositories/acme/app/tags/v2', {
        as: ALICE,
      })
      return status === 200 && JSON.parse(text)
    }
    const { found, tookMs } = await waitFor(read, { what: 'the tag in the index' })
    t.true(tookMs < 2000, `${tookMs} ms`)
    t.is(found.sizeBytes, await bytesAtRegistry('acme/app', 'v2'))
  },
)

declare('docker push to another repository of hers mounts the layer', async (t) => {
  await engine.docker('alice', [
    'tag',
    `${stack.address}/acme/app:v1`,
    `${stack.address}/tools/copy:v1`,
  ])
  const { code, output } = await push('alice', 'tools/copy:v1')
  t.is(code, 0, output)
  t.regex(output, /Mounted from acme\/app/)
})

declare('a user without rights gets denied, in words, for push and pull', async (t) => {
  t.is((await login(STAN)).code, 0)
  const pushed = await push('stan', 'acme/app:v1')
  t.is(pushed.code, 1)
  t.regex(pushed.output, /denied: requested access to the resource is denied/)
  const pulled = await pull('stan', 'acme/app:v1')
  t.is(pulled.code, 1)
  t.regex(pulled.output, /pull access denied|denied: requested access/)
})

declare('a guest pulls and does not push', async (t) => {
  t.is((await login(GINA)).code, 0)
  await forget('acme/app:v1')
  const pulled = await pull('gina', 'acme/app:v1')
  t.is(pulled.code, 0, pulled.output)
  const pushed = await push('gina', 'acme/app:v1')
  t.is(pushed.code, 1)
  t.regex(pushed.output, /denied: requested access to the resource is denied/)
})

declare('without a login docker pulls what is public and not what is private', async (t) => {
  t.is((await push('alice', 'open/app:v1')).code, 0)
  await forget('open/app:v1')
  const open = await pull('nobody', 'open/app:v1')
  t.is(open.code, 0, open.output)
  const closed = await pull('nobody', 'acme/app:v1')
  t.is(closed.code, 1)
  t.regex(closed.output, /denied/)
})

declare('R17: docker login after too many wrong passwords says when to try again', async (t) => {
  await guessUntilHeldUp(stack, 'mallory')
  const { code, output } = await login({ username: 'mallory', password: 'one-more-guess' })
  t.is(code, 1)
  t.regex(
    output,
    /toomanyrequests: too many wrong passwords for mallory from this network; try again in \d seconds/,
  )
})

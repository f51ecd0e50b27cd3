import { randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { type Database, openDatabase } from '../../src/database/open-database.ts'
import { takeHold } from '../../src/holds/take-hold.ts'
import { OCI_INDEX } from '../../src/protocol/media-types.ts'
import { emptyManifest } from '../support/bare-registry.ts'
import { type Dockerd, startDockerd } from '../support/dockerd.ts'
import { errorOf } from '../support/door-world.ts'
import { fetchToken } from '../support/image.ts'
import { makeTar, writeOciLayout } from '../support/layered-image.ts'
import { type CommandResult, runCommand } from '../support/run-command.ts'
import { findObstacle, testUnless } from '../support/skip-aloud.ts'
import { ADMIN, type Person, startTestStack, type TestStack } from '../support/stack.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'

const obstacle = findObstacle(
  ['docker', 'dockerd', 'skopeo', 'podman', 'docker-registry', 'mariadbd', 'nginx'],
  { asRoot: true },
)
const declare = testUnless(obstacle)
const dir = makeTemporaryDir()
const authFile = join(dir, 'auth.json')
const image = `oci:${join(dir, 'image')}:latest`
const REASON = '正在維護，六點以後再推送 / maintenance until 18:00'
let stack: TestStack
let engine: Dockerd
let database: Database

const nameOf = (repository: string): string => `${stack.address}/${repository}`

const push = (repository: string): Promise<CommandResult> =>
  engine.docker('admin', ['push', nameOf(repository)])

const skopeo = (verb: string, ...args: readonly string[]): Promise<CommandResult> =>
  runCommand('skopeo', ['--insecure-policy', verb, '--authfile', authFile, ...args])

const copy = (repository: string): Promise<CommandResult> =>
  skopeo('copy', '--dest-tls-verify=false', image, `docker://${nameOf(repository)}`)

const podman = (...args: readonly string[]): Promise<CommandResult> =>
  runCommand('podman', [
    '--root',
    join(dir, 'store'),
    '--runroot',
    join(dir, 'run'),
    '--storage-driver',
    'vfs',
    '--cgroup-manager',
    'cgroupfs',
    ...args,
  ])

async function setReadOnly(change: object): Promise<void> {
  const { status, text } = await stack.api('PUT', '/maintenance/read-only', { json: change })
  if (status !== 200) throw new Error(text)
}

function openStackDatabase(): Database {
  const { host, port, user, database: name } = stack.database
  const password = readFileSync(join(stack.dir, 'secrets/database-password'), 'utf8').trim()
  const limits = { tls: 'off', ca: undefined, poolMax: 2, waitSeconds: 5, graceSeconds: 5 } as const
  const quiet = { warn: () => undefined, error: () => undefined }
  return openDatabase({ host, port, user, name, password, ...limits }, quiet)
}

function must({ code, output }: CommandResult): void {
  if (code !== 0) throw new Error(output)
}

async function logIn({ username, password }: Person): Promise<void> {
  const who = ['-u', username, '--password-stdin', stack.address]
  must(await engine.docker('admin', ['login', ...who], password))
  const options = ['login', '--tls-verify=false', '--authfile', authFile]
  must(await runCommand('skopeo', [...options, ...who], { input: password }))
}

async function makeImages(): Promise<void> {
  writeOciLayout(join(dir, 'image'), 'door')
  for (const tag of ['v1', 'v2', 'v3']) await engine.importImage(nameOf(`acme/app:${tag}`), 'app')
  await engine.importImage(nameOf('acme/new:v1'), 'new')
  const archive = join(dir, 'podman.tar')
  writeFileSync(archive, makeTar('hello.txt', 'podman'))
  must(await podman('import', archive, nameOf('acme/pod:v1')))
}

test.before(async () => {
  if (obstacle !== undefined) return
  stack = await startTestStack()
  engine = await startDockerd(join(dir, 'engine'))
  database = openStackDatabase()
  await stack.api('POST', '/projects', { json: { name: 'acme' } })
  await logIn(ADMIN)
  await makeImages()
})

test.after.always(async () => {
  await database?.destroy()
  await engine?.stop()
  await stack?.remove()
  removeDir(dir)
})

declare('docker, skopeo and podman print why a registry is read-only', async (t) => {
  t.is((await push('acme/app:v1')).code, 0)
  await setReadOnly({ enabled: true, reason: REASON })
  // Its layers are there, so that only the manifest is left to be refused; those of the other are not.
  const answers = [
    await push('acme/app:v2'),
    await push('acme/new:v1'),
    await copy('acme/skopeo:v1'),
    await podman('push', '--tls-verify=false', '--authfile', authFile, nameOf('acme/pod:v1')),
  ]
  await setReadOnly({ enabled: false })
  for (const { code, output } of answers) {
    t.not(code, 0)
    t.true(output.includes(`the registry is read-only: ${REASON}`), output)
  }
  t.is((await push('acme/new:v1')).code, 0)
})

declare('docker waits in silence while a tag is being deleted', async (t) => {
  await takeHold(
    { database },
    {
      target: { repository: 'acme/app', tag: 'v3' },
      kind: 'removal',
      holder: randomUUID(),
      reason: 'the tag v3 is being deleted',
      seconds: 8,
    },
  )
  const startedAtMs = performance.now()
  const { code, output } = await push('acme/app:v3')
  t.is(code, 0, output)
  t.true(performance.now() - startedAtMs > 5000)
  t.notRegex(output, /retry|waiting to/i)
})

declare('R16: skopeo deletes no tag that shares its manifest, and one that is alone', async (t) => {
  t.is((await copy('acme/shared:a')).code, 0)
  t.is((await copy('acme/shared:b')).code, 0)
  const remove = (tag: string): Promise<CommandResult> =>
    skopeo('delete', '--tls-verify=false', `docker://${nameOf(`acme/shared:${tag}`)}`)
  const refused = await remove('a')
  t.not(refused.code, 0)
  t.regex(refused.output, /the tags a, b of acme\/shared are all on this manifest/)
  const { status, text } = await stack.api('DELETE', '/repositories/acme/shared/tags/b')
  t.is(status, 204, text)
  const removed = await remove('a')
  t.is(removed.code, 0, removed.output)
})

declare('R15: with the service killed, pulls go on and manifests are 503', async (t) => {
  const scope = 'repository:acme/app:pull,push'
  const token = await fetchToken({ url: stack.url, registryUrl: stack.url }, { as: ADMIN, scope })
  const { mediaType, content } = emptyManifest()
  const send = (method: string, path: string, body?: Buffer) =>
    fetch(`${stack.url}/v2/acme/app/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        accept: `application/vnd.docker.distribution.manifest.v2+json, ${OCI_INDEX}`,
        'content-type': mediaType,
      },
      ...(body && { body: new Uint8Array(body) }),
    })
  process.kill(stack.warden.pid, 'SIGKILL')
  await stack.warden.ended
  await sleep(100)
  const pulled = await send('GET', 'manifests/v1')
  t.is(pulled.status, 200)
  await pulled.arrayBuffer()
  for (const [method, path] of [
    ['PUT', 'manifests/v1'],
    ['POST', 'blobs/uploads/'],
  ] as const) {
    const refused = await send(method, path, method === 'PUT' ? content : undefined)
    t.is(refused.status, 503)
    t.is(errorOf({ text: await refused.text() }).code, 'UNAVAILABLE')
    t.is(refused.headers.get('retry-after'), '5')
  }
})

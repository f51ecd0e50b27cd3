import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import test from 'ava'
import { startNginx } from '../../src/stack/nginx.ts'
import { findFreePort } from '../../src/stack/ports.ts'
import { type DeafServer, startDeafServer } from '../support/deaf-server.ts'
import { rawRequest } from '../support/raw-request.ts'
import { type Recorder, startRecorder } from '../support/recorder.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'

const BODY = Buffer.from('{"name":"acme"}')
const WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

const dir = makeTemporaryDir()
let alive: Recorder
/** Reads a request, and breaks. */
let breaking: Server
let brokeOn: string[] = []
let deaf: DeafServer

test.before(async () => {
  alive = await startRecorder()
  deaf = await startDeafServer()
  breaking = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', (head) => {
      brokeOn.push(head.toString().split(' HTTP', 1)[0] ?? '')
      socket.destroy()
    })
  })
  breaking.listen(0, '127.0.0.1')
  await once(breaking, 'listening')
})

test.after.always(async () => {
  await alive?.close()
  breaking?.close()
  deaf?.close()
  removeDir(dir)
})

let started = 0

/** Asks an nginx that knows nothing yet of its replicas: the first of them gets the first request. */
async function ask(replicas: readonly string[], method: string, path: string) {
  const name = `nginx-${started++}`
  const nginx = await startNginx({
    env: process.env,
    dir: join(dir, name),
    logPath: join(dir, `${name}.log`),
    accessLogPath: join(dir, `${name}-access.log`),
    host: '127.0.0.1',
    port: await findFreePort(),
    registry: alive.address,
    warden: replicas,
    door: replicas,
  })
  const before = alive.requests.length
  brokeOn = []
  try {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': String(BODY.length) }
    const { status, body } = WITH_BODY.has(method)
      ? await rawRequest(nginx.port, method, path, headers, BODY)
      : await rawRequest(nginx.port, method, path)
    const came = alive.requests.slice(before).map((request) => `${request.method} ${request.url}`)
    return { status, body, came, log: nginx.lastLines() }
  } finally {
    await nginx.stop()
  }
}

const askFirst = (first: string, method: string, path: string) =>
  ask([first, alive.address], method, path)

for (const [method, path] of [
  ['GET', '/auth/token'],
  ['POST', '/auth/token'],
  ['GET', '/api/v1/me'],
  ['POST', '/api/v1/projects'],
  ['PUT', '/api/v1/projects/acme/members/users/ann?x=1'],
  ['PATCH', '/api/v1/users/ann%40example.com'],
  ['DELETE', '/api/v1/users/ann'],
  ['PUT', '/v2/acme%2Fapp/manifests/v1'],
  ['DELETE', '/v2/acme/app/manifests/v1'],
] as const) {
  test.serial(`with a replica away, ${method} ${path} gets to another as it came`, async (t) => {
    const away = `127.0.0.1:${await findFreePort()}`
    const { status, came, log } = await askFirst(away, method, path)
    t.is(status, 200)
    t.deepEqual(came, [`${method} ${path}`])
    t.regex(log, /Connection refused/)
  })
}

const addressOf = (server: Server): string => `127.0.0.1:${(server.address() as AddressInfo).port}`

for (const [method, path] of [
  ['GET', '/auth/token'],
  ['GET', '/api/v1/me'],
] as const) {
  test.serial(`${method} ${path} that a replica broke on is read from another`, async (t) => {
    const { status, came } = await askFirst(addressOf(breaking), method, path)
    t.is(status, 200)
    t.deepEqual(brokeOn, [`${method} ${path}`])
    t.deepEqual(came, [`${method} ${path}`])
  })
}

test.serial('a push whose gate broke is asked about at another replica', async (t) => {
  const path = '/v2/acme/app/blobs/uploads/'
  const { status, came } = await askFirst(addressOf(breaking), 'POST', path)
  t.is(status, 200)
  t.deepEqual(brokeOn, ['GET /gate'])
  t.deepEqual(came, ['GET /gate', `POST ${path}`])
})

for (const [method, path] of [
  ['POST', '/auth/token'],
  ['POST', '/api/v1/projects'],
  ['PUT', '/api/v1/projects/acme/members/users/ann'],
  ['PATCH', '/api/v1/users/ann'],
  ['DELETE', '/api/v1/users/ann'],
  ['PUT', '/v2/acme/app/manifests/v1'],
  ['DELETE', '/v2/acme/app/manifests/v1'],
] as const) {
  test.serial(`${method} ${path} that a replica broke on is sent to no other`, async (t) => {
    const { status, body, came } = await askFirst(addressOf(breaking), method, path)
    t.is(status, 503)
    t.is(JSON.parse(body).errors[0].code, 'UNAVAILABLE')
    t.deepEqual(brokeOn, [`${method} ${path}`])
    t.deepEqual(came, [])
  })
}

for (const [method, path] of [
  ['PUT', '/api/v1/projects/acme/members/users/ann'],
  ['PUT', '/v2/acme/app/manifests/v1'],
] as const) {
  const title = `${method} ${path} for which a replica takes no connection gets to another`
  test.serial(title, async (t) => {
    const { status, came, log } = await askFirst(deaf.address, method, path)
    t.is(status, 200)
    t.deepEqual(came, [`${method} ${path}`])
    t.regex(log, /timed out .* while connecting to upstream/)
  })
}

/** Breaks on its first request, and answers the others. */
async function startRecovering() {
  const came: string[] = []
  const server = createHttpServer((request, response) => {
    came.push(`${request.method} ${request.url}`)
    if (came.length === 1) request.socket.destroy()
    else response.end('recovered')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, came }
}

// So nginx does where its list of replicas has changed meanwhile: it has none left for the request.
for (const [method, path, asked] of [
  ['GET', '/auth/token?service=x', 'GET /auth/token?service=x'],
  ['GET', '/api/v1/users/ann%40example.com', 'GET /api/v1/users/ann%40example.com'],
  ['GET', '/readyz', 'GET /readyz'],
  ['POST', '/v2/acme/app/blobs/uploads/', 'GET /gate'],
] as const) {
  test.serial(`${method} ${path} with no replica left is asked by a new list`, async (t) => {
    const { server, came } = await startRecovering()
    t.teardown(() => server.close())
    t.is((await ask([addressOf(server)], method, path)).status, 200)
    t.deepEqual(came, [asked, asked])
  })
}

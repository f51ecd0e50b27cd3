import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { ERRORS } from '../../src/errors.ts'
import { type Nginx, type NginxInput, startNginx } from '../../src/stack/nginx.ts'
import { findFreePort } from '../../src/stack/ports.ts'
import { rawRequest } from '../support/raw-request.ts'
import { type Recorder, startRecorder } from '../support/recorder.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'

const dir = makeTemporaryDir()
const DIGEST = `sha256:${'ab'.repeat(32)}`
let registry: Recorder
let warden: Recorder
let door: Recorder
let nginx: Nginx
/** Writes of manifests go to the registry here. */
let doorless: Nginx
/** In front of two servers that are not there. */
let alone: Nginx

const isWrite = ({ url }: { readonly url: string }): boolean => url !== '/gate'

const start = async (
  name: string,
  upstream: Pick<NginxInput, 'registry' | 'warden' | 'door' | 'doorMode'>,
) =>
  startNginx({
    env: process.env,
    dir: join(dir, name),
    logPath: join(dir, `${name}.log`),
    accessLogPath: join(dir, `${name}-access.log`),
    host: '127.0.0.1',
    port: await findFreePort(),
    ...upstream,
  })

test.before(async () => {
  registry = await startRecorder()
  warden = await startRecorder()
  door = await startRecorder()
  const upstream = { registry: registry.address, warden: warden.address, door: door.address }
  nginx = await start('nginx', upstream)
  doorless = await start('doorless', { ...upstream, doorMode: 'off' })
  const nobody = `127.0.0.1:${await findFreePort()}`
  alone = await start('alone', { registry: nobody, warden: nobody, door: nobody })
})

test.after.always(async () => {
  await nginx?.stop()
  await doorless?.stop()
  await alone?.stop()
  await registry?.close()
  await warden?.close()
  await door?.close()
  removeDir(dir)
})

for (const [path, where] of [
  ['/v2/', 'registry'],
  ['/v2/acme/app/manifests/v1', 'registry'],
  ['/auth/token?service=x', 'warden'],
  ['/api/v1/me', 'warden'],
  ['/healthz', 'warden'],
  ['/readyz', 'warden'],
] as const) {
  test.serial(`${path} goes to ${where}`, async (t) => {
    const { status } = await rawRequest(nginx.port, 'GET', path)
    t.is(status, 200)
    t.is((where === 'registry' ? registry : warden).requests.at(-1)?.url, path)
  })
}

for (const path of ['/', '/metrics', '/notifications', '/gate', '/healthz/x', '/../etc/passwd']) {
  test.serial(`${path} is refused here`, async (t) => {
    const before = registry.requests.length + warden.requests.length
    const { status } = await rawRequest(nginx.port, 'GET', path)
    t.true([400, 404].includes(status), String(status))
    t.is(registry.requests.length + warden.requests.length, before)
  })
}

for (const [method, path, where] of [
  ['PUT', '/v2/acme/app/manifests/v1', 'door'],
  ['PUT', '/v2/acme%2Fapp/manifests/v1', 'door'],
  ['PUT', '/v2/acme/app/%6danifests/v1', 'door'],
  ['PUT', '/v2/acme/app/manifests%2Fv1', 'door'],
  ['PUT', '/v2/acme/app/manifests/v%31?x=/blobs/uploads/y', 'door'],
  ['PUT', '/%76%32/acme/app/manifests/v1', 'door'],
  ['PUT', '/v2/acme/blobs/uploads/../../app/manifests/v1', 'door'],
  ['PUT', '/v2/acme/app/manifests/v1#/blobs/uploads/y', 'door'],
  ['PUT', '/v2/acme/blobs/uploads/manifests/v1', 'door'],
  ['PUT', '/v2/acme/app/blobs/uploads/y%0A', 'registry'],
  ['DELETE', '/v2/acme/app/manifests/v1', 'door'],
  ['PATCH', '/v2/acme/app/manifests/v1', 'door'],
  ['POST', '/v2/acme/app/manifests/v1', 'door'],
  ['POST', '/v2/acme/app/blobs/uploads/?mount=x', 'registry'],
  ['PATCH', '/v2/acme/app/blobs/uploads/4f4c-x_y.z=?_state=x', 'registry'],
  ['PUT', '/v2/acme/app/blobs/uploads/4f4c?digest=x', 'registry'],
  ['DELETE', '/v2/acme/app/blobs/uploads/4f4c', 'registry'],
  ['GET', '/v2/acme/app/manifests/v1', 'registry'],
  ['HEAD', '/v2/acme/app/manifests/v1', 'registry'],
] as const) {
  test.serial(`R15: ${method} ${path} goes to the ${where}, as it came`, async (t) => {
    const counts = () => [registry.requests.length, door.requests.filter(isWrite).length]
    const [reads = 0, writes = 0] = counts()
    const { status } = await rawRequest(nginx.port, method, path)
    t.is(status, 200)
    t.deepEqual(counts(), where === 'door' ? [reads, writes + 1] : [reads + 1, writes])
    t.is((where === 'door' ? door : registry).requests.at(-1)?.url, path)
  })
}

for (const [method, path] of [
  ['PUT', '/v2/acme/app/manifests/v1'],
  ['DELETE', '/v2/acme/app/manifests/v1'],
  ['POST', '/v2/acme/app/blobs/uploads/'],
] as const) {
  test.serial(`without a door, ${method} ${path} goes to the registry unasked`, async (t) => {
    const before = door.requests.length
    t.is((await rawRequest(doorless.port, method, path)).status, 200)
    t.is(registry.requests.at(-1)?.url, path)
    t.is(door.requests.length, before)
  })

  test.serial(`R15: with the door away, ${method} ${path} is 503 in OCI form`, async (t) => {
    const { status, head, body } = await rawRequest(alone.port, method, path)
    t.is(status, 503)
    t.regex(head, /content-type: application\/json/i)
    t.regex(head, /retry-after: 5/i)
    t.like(JSON.parse(body), {
      errors: [
        {
          code: 'UNAVAILABLE',
          message:
            'the service that lets writes in does not answer; pulls go on, push again in a moment',
        },
      ],
    })
  })
}

test.serial('R14: the gate hears of method and path from nginx alone', async (t) => {
  await rawRequest(nginx.port, 'POST', '/v2/acme%2Fapp/blobs/uploads/?x=1', {
    'X-Warden-Method': 'GET',
    'X-Warden-Uri': '/v2/open/app/blobs/uploads/',
    Authorization: 'Bearer x',
  })
  const asked = door.requests.at(-1)
  t.is(`${asked?.method} ${asked?.url}`, 'GET /gate')
  t.like(asked?.headers, {
    'x-warden-method': 'POST',
    'x-warden-uri': '/v2/acme%2Fapp/blobs/uploads/?x=1',
    authorization: 'Bearer x',
  })
})

for (const [path, where] of [
  ['/v2/acme/app/manifests/v1', 'door'],
  ['/api/v1/me', 'warden'],
] as const) {
  test.serial(`R14: no header of nginx's own gets to the ${where} from a client`, async (t) => {
    await rawRequest(nginx.port, 'PUT', path, {
      'X-Warden-Method': 'GET',
      'X-Warden-Uri': '/v2/',
      'X-Forwarded-For': '203.0.113.9',
    })
    const headers = (where === 'door' ? door : warden).requests.at(-1)?.headers
    t.is(headers?.['x-warden-method'], undefined)
    t.is(headers?.['x-warden-uri'], undefined)
    t.is(headers?.['x-forwarded-for'], '127.0.0.1')
  })
}

test.serial('a manifest of 4 MiB gets to the door, a larger one to nobody', async (t) => {
  const put = (bytes: number) =>
    rawRequest(
      nginx.port,
      'PUT',
      '/v2/acme/app/manifests/large',
      { 'Content-Length': String(bytes) },
      Buffer.alloc(bytes),
    )
  t.is((await put(4 * 1024 * 1024)).status, 200)
  const before = door.requests.length
  const { status, body } = await put(4 * 1024 * 1024 + 1)
  t.is(status, 413)
  t.like(JSON.parse(body), {
    errors: [{ code: 'SIZE_INVALID', message: 'a manifest has at most 4 MiB; this one is larger' }],
  })
  t.is(door.requests.length, before)
})

test.serial('encoded paths travel unchanged', async (t) => {
  const path = '/v2/acme%2Fapp/manifests/v%31?x=%2F'
  await rawRequest(nginx.port, 'GET', path)
  t.is(registry.requests.at(-1)?.url, path)
})

test.serial('R12: whom a service acts for passes as it was sent, doubled too', async (t) => {
  const send = async (value: string): Promise<unknown> => {
    await rawRequest(nginx.port, 'GET', '/api/v1/me', { 'X-Warden-On-Behalf-Of': value })
    return warden.requests.at(-1)?.headers['x-warden-on-behalf-of']
  }
  t.is(await send('ann'), 'ann')
  t.is(await send('ann\r\nX-Warden-On-Behalf-Of: ben'), 'ann, ben')
  t.is(await send('ann,ben'), 'ann,ben')
  t.is(await send(''), '')
})

test.serial('R14: what a client says of itself is replaced', async (t) => {
  await rawRequest(nginx.port, 'GET', '/auth/token', {
    Host: 'registry.test:5000',
    'X-Forwarded-For': '203.0.113.9',
    'X-Forwarded-Host': 'evil.test',
    'X-Forwarded-Proto': 'https',
    'X-Real-IP': '203.0.113.9',
    Forwarded: 'for=203.0.113.9;host=evil.test',
    'X-Request-Id': 'mine',
  })
  const headers = warden.requests.at(-1)?.headers
  t.is(headers?.host, 'registry.test:5000')
  t.is(headers?.['x-forwarded-for'], '127.0.0.1')
  t.is(headers?.['x-forwarded-proto'], 'http')
  t.is(headers?.['x-forwarded-host'], undefined)
  t.is(headers?.['x-real-ip'], undefined)
  t.is(headers?.forwarded, undefined)
  t.regex(String(headers?.['x-request-id']), /^[0-9a-f]{32}$/)
})

for (const target of [
  `/v2/acme/app/blobs/${DIGEST}`,
  `/v2/acme/app/blobs/${DIGEST}/`,
  `/v2/acme/app/%62lobs/${DIGEST}`,
  `/v2/acme%2Fapp%2Fblobs%2F${DIGEST}`,
  `/v2/acme/app/blobs/${DIGEST.replace(':', '%3A')}`,
  `/v2//acme/app//blobs//${DIGEST}`,
  `/v2/acme/app/blobs/uploads/../${DIGEST}`,
  `/v2/acme/app/manifests/../blobs/${DIGEST}`,
  `/v2/acme/app/blobs/%2e/${DIGEST}`,
  `/v2/acme/app/blobs/${DIGEST}?manifests/x`,
  `/v2/acme/app/blobs/${DIGEST}#/manifests/x`,
  `/v2/acme/app/blobs/${DIGEST}%3F/manifests`,
  `http://localhost/v2/acme/app/blobs/${DIGEST}`,
  `/v2/acme/blobs/uploads/${DIGEST}`,
]) {
  test.serial(`R16: DELETE ${target.replace(DIGEST, 'DIGEST')} is refused`, async (t) => {
    const before = registry.requests.length
    const { status, head, body } = await rawRequest(nginx.port, 'DELETE', target)
    t.is(status, 405)
    t.regex(head, /content-type: application\/json/i)
    t.is(JSON.parse(body).errors[0].code, 'UNSUPPORTED')
    t.is(registry.requests.length, before)
  })
}

for (const target of [
  '/v2/acme/app/blobs/uploads/4f4c5c2e-6c8b-4d43-9b0f-0d5a0a8a1c3e?_state=x',
  `/v2/acme/app/manifests/${DIGEST}`,
  '/v2/acme/app/manifests/v1',
]) {
  test.serial(`DELETE ${target.replace(DIGEST, 'DIGEST')} gets through`, async (t) => {
    t.is((await rawRequest(nginx.port, 'DELETE', target)).status, 200)
    const last = target.includes('/manifests/') ? door : registry
    t.is(last.requests.at(-1)?.url, target)
  })
}

test.serial('a registry that is away is 503 in the form of registries', async (t) => {
  const { status, head, body } = await rawRequest(alone.port, 'GET', '/v2/acme/app/tags/list')
  t.is(status, 503)
  t.regex(head, /content-type: application\/json/i)
  t.regex(head, /retry-after: 5/i)
  t.is(JSON.parse(body).errors[0].code, 'UNAVAILABLE')
})

test.serial('a token service that is away is 503 in words that docker prints', async (t) => {
  const { status, head, body } = await rawRequest(alone.port, 'GET', '/auth/token')
  t.is(status, 503)
  t.regex(head, /retry-after: 5/i)
  t.is(JSON.parse(body).errors[0].code, 'UNAVAILABLE')
  t.is(JSON.parse(body).error, 'temporarily_unavailable')
})

test.serial('an API that is away is a problem with its status', async (t) => {
  const { status, head, body } = await rawRequest(alone.port, 'GET', '/api/v1/me')
  t.is(status, 503)
  t.regex(head, /content-type: application\/problem\+json/i)
  t.regex(head, /retry-after: 5/i)
  t.like(JSON.parse(body), {
    type: 'urn:registry-warden:problem:unavailable',
    status: 503,
    detail: 'the service does not answer; try again in a moment',
  })
})

const LONG = 'a'.repeat(40_000)

for (const [status, code, method, path, headers] of [
  [400, 'UNSUPPORTED', 'GET', '/v2/../../x', {}],
  [400, 'UNSUPPORTED', 'PUT', '/v2/acme/app/manifests/v1', { 'Content-Length': 'many' }],
  [405, 'UNSUPPORTED', 'TRACE', '/v2/', {}],
  [413, 'SIZE_INVALID', 'POST', '/auth/token', { 'Content-Length': '2000000' }],
  [414, 'UNSUPPORTED', 'GET', `/auth/token?scope=${LONG}`, {}],
  [431, 'UNSUPPORTED', 'GET', '/v2/', { Authorization: `Bearer ${LONG}` }],
  [501, 'UNSUPPORTED', 'POST', '/v2/acme/app/blobs/uploads/', { 'Transfer-Encoding': 'x' }],
] as const) {
  const title = `${method} ${path.slice(0, 30)} is ${status} of nginx's own in the form of registries`
  test.serial(title, async (t) => {
    const before = registry.requests.length + warden.requests.length
    const answer = await rawRequest(nginx.port, method, path, headers)
    t.is(answer.status, status)
    t.regex(answer.head, /content-type: application\/json/i)
    const { errors, error } = JSON.parse(answer.body)
    t.is(errors[0].code, code)
    t.true(errors[0].message.length > 0)
    t.is(error, path.startsWith('/auth/') ? 'invalid_request' : undefined)
    t.is(registry.requests.length + warden.requests.length, before)
  })
}

for (const [status, code, method, path, headers] of [
  [400, 'REQUEST_INVALID', 'GET', '/../etc/passwd', {}],
  [400, 'REQUEST_INVALID', 'NONSENSE\u0001', '/', {}],
  [404, 'ROUTE_UNKNOWN', 'GET', '/nowhere', {}],
  [404, 'ROUTE_UNKNOWN', 'GET', '/registry-warden-error/api', {}],
  [413, 'BODY_TOO_LARGE', 'POST', '/api/v1/projects', { 'Content-Length': '2000000' }],
  [414, 'REQUEST_INVALID', 'GET', `/api/v1/projects?after=${LONG}`, {}],
  [431, 'REQUEST_INVALID', 'GET', '/api/v1/me', { Authorization: `Bearer ${LONG}` }],
  [501, 'REQUEST_INVALID', 'POST', '/api/v1/projects', { 'Transfer-Encoding': 'x' }],
] as const) {
  const title = `${method} ${path.slice(0, 30)} is ${status} of nginx's own as a problem`
  test.serial(title, async (t) => {
    const answer = await rawRequest(nginx.port, method, path, headers)
    t.is(answer.status, status)
    t.regex(answer.head, /content-type: application\/problem\+json/i)
    const problem = JSON.parse(answer.body)
    t.is(problem.status, status)
    t.is(problem.errors[0].code, code)
    t.is(problem.type, `urn:registry-warden:problem:${code.toLowerCase().replaceAll('_', '-')}`)
    t.is(problem.title, ERRORS[code].title)
    t.true(problem.detail.length > 0)
    t.regex(problem.requestId, /^[0-9a-f]{32}$/)
  })
}

test.serial('a blob of any size gets through', async (t) => {
  const path = '/v2/acme/app/blobs/uploads/1'
  const headers = { 'Content-Length': '60000000' }
  await t.notThrowsAsync(rawRequest(nginx.port, 'PATCH', path, headers))
  t.is(registry.requests.at(-1)?.url, path)
})

test.serial(
  "nginx's own answers are logged with the method and path that were asked",
  async (t) => {
    await rawRequest(alone.port, 'PUT', '/v2/acme/app/manifests/logged?canary-query')
    const log = readFileSync(join(dir, 'alone-access.log'), 'utf8')
    t.regex(log, /"method":"PUT","path":"\/v2\/acme\/app\/manifests\/logged","status":503/)
    t.notRegex(log, /canary/)
  },
)

test.serial('neither a password nor a query gets into the logs', async (t) => {
  await rawRequest(nginx.port, 'GET', '/auth/token?account=canary-query', {
    Authorization: `Basic ${Buffer.from('u:canary-password').toString('base64')}`,
  })
  const log = readFileSync(join(dir, 'nginx-access.log'), 'utf8')
  t.regex(log, /"path":"\/auth\/token"/)
  t.notRegex(log, /canary|Basic|dTpjYW5hcnk/)
})

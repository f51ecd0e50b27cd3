import test from 'ava'
import { countQueries } from '../support/count-queries.ts'
import { ADMIN, basic, type Reply, type Service, startService } from '../support/service.ts'

const PORTAL = 'https://portal.example.com'
const LOCAL = 'http://localhost:3000'
const AUTHORIZATION = { authorization: basic(ADMIN) }

let service: Service
/** Without a list of origins. */
let closed: Service

test.before(async () => {
  const registryUrl = 'http://127.0.0.1:9'
  const env = {
    WARDEN_CORS_ORIGINS: `${PORTAL}, ${LOCAL}`,
    WARDEN_CORS_MAX_AGE_SECONDS: '0',
    WARDEN_API_RATE: '40',
  }
  service = await startService({ registryUrl, env })
  closed = await startService({ registryUrl })
})
test.after.always(async () => {
  await service?.stop()
  await closed?.stop()
})

const ask = (
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  at: Service = service,
): Promise<Reply> => at.request(method, path, { headers })

const preflight = (origin: string, path = '/api/v1/projects', at: Service = service) =>
  ask(
    'OPTIONS',
    path,
    {
      origin,
      'access-control-request-method': 'PUT',
      'access-control-request-headers': 'authorization, x-anything',
    },
    at,
  )

/** What an answer says about other origins. */
const corsOf = ({ headers }: Reply): Readonly<Record<string, string>> =>
  Object.fromEntries([...headers].filter(([name]) => /^(?:access-control-|vary$)/.test(name)))

const EXPOSED =
  'etag,link,location,retry-after,x-request-id,idempotent-replayed,ratelimit,ratelimit-policy,ratelimit-limit,ratelimit-remaining,ratelimit-reset'
const READABLE = (origin: string) => ({
  vary: 'Origin',
  'access-control-allow-origin': origin,
  'access-control-expose-headers': EXPOSED,
})

test.serial(
  'R19: a preflight of a listed origin is answered without credentials and without a query',
  async (t) => {
    for (const origin of [PORTAL, LOCAL]) {
      let reply: Reply | undefined
      const { asked } = await countQueries(service, async () => {
        reply = await preflight(origin)
      })
      t.is(reply?.status, 204)
      t.deepEqual(asked, [])
      t.deepEqual(reply && corsOf(reply), {
        vary: 'Origin',
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'GET,HEAD,POST,PUT,PATCH,DELETE',
        'access-control-allow-headers':
          'authorization,content-type,if-match,if-none-match,idempotency-key,x-request-id,x-warden-on-behalf-of',
        'access-control-max-age': '0',
      })
    }
  },
)

test('R19: no other origin is let in, however like a listed one it is', async (t) => {
  for (const origin of [
    'https://evil.example.com',
    'https://portal.example.com.evil.com',
    'https://evilportal.example.com',
    'https://PORTAL.example.com',
    'https://portal.example.com:443',
    'https://portal.example.com/',
    'http://portal.example.com',
    'http://localhost:3001',
    `${PORTAL}, https://evil.example.com`,
    `${PORTAL} `.repeat(2),
    'null',
    '*',
  ]) {
    const before = await preflight(origin)
    t.not(before.status, 204, origin)
    t.deepEqual(corsOf(before), { vary: 'Origin' }, origin)
    const read = await ask('GET', '/api/v1/me', { origin, ...AUTHORIZATION })
    t.is(read.status, 200)
    t.deepEqual(corsOf(read), { vary: 'Origin' }, origin)
  }
})

test('R19: answers tell caches that they depend on the origin, also where none was sent', async (t) => {
  for (const path of [
    '/api/v1/me',
    '/api/v1/projects',
    '/api/v1/nowhere',
    '/api/v1/openapi.json',
  ]) {
    t.deepEqual(corsOf(await ask('GET', path, {})), { vary: 'Origin' }, path)
  }
})

test('R19: pages of a listed origin can read every answer, refusals too', async (t) => {
  const cases: readonly (readonly [number, string, string, Readonly<Record<string, string>>])[] = [
    [200, 'GET', '/api/v1/me', AUTHORIZATION],
    [401, 'GET', '/api/v1/me', {}],
    [401, 'GET', '/api/v1/me', { authorization: 'Bearer nonsense' }],
    [404, 'GET', '/api/v1/projects/none', AUTHORIZATION],
    [404, 'GET', '/api/v1/nowhere', AUTHORIZATION],
    [405, 'DELETE', '/api/v1/me', AUTHORIZATION],
    [415, 'POST', '/api/v1/projects', { ...AUTHORIZATION, 'content-type': 'text/plain' }],
    [403, 'GET', '/api/v1/me', { ...AUTHORIZATION, 'x-warden-on-behalf-of': 'x' }],
    [400, 'POST', '/api/v1/projects', AUTHORIZATION],
  ]
  for (const [status, method, path, headers] of cases) {
    const reply = await ask(method, path, { origin: PORTAL, ...headers })
    t.is(reply.status, status, `${method} ${path}`)
    t.deepEqual(corsOf(reply), READABLE(PORTAL), `${method} ${path} ${status}`)
  }
})

test('R19: an answer that was not changed is readable as well', async (t) => {
  const first = await ask('GET', '/api/v1/me', { origin: PORTAL, ...AUTHORIZATION })
  const etag = first.headers.get('etag') ?? ''
  const headers = { origin: PORTAL, ...AUTHORIZATION, 'if-none-match': etag }
  const again = await ask('GET', '/api/v1/me', headers)
  t.is(again.status, 304)
  t.deepEqual(corsOf(again), READABLE(PORTAL))
})

test('R19: cookies and other credentials of the browser are never asked for', async (t) => {
  for (const reply of [
    await preflight(PORTAL),
    await ask('GET', '/api/v1/me', { origin: PORTAL, ...AUTHORIZATION }),
  ]) {
    t.false(reply.headers.has('access-control-allow-credentials'))
    t.false(reply.headers.has('access-control-allow-private-network'))
  }
})

test('R19: an OPTIONS that is no preflight is answered as without a list', async (t) => {
  const reply = await ask('OPTIONS', '/api/v1/projects', { origin: PORTAL })
  const before = await ask('OPTIONS', '/api/v1/projects', {}, closed)
  t.is(reply.status, before.status)
  t.is(reply.headers.get('allow'), before.headers.get('allow'))
})

test('R19: only the API is opened, not the realm, health or the private listener', async (t) => {
  const realm = '/auth/token?service=registry-warden'
  for (const path of [realm, '/healthz', '/readyz', '/v2/', '/api/v2/me', '/API/v1/me']) {
    t.deepEqual(corsOf(await ask('GET', path, { origin: PORTAL })), {}, path)
    t.deepEqual(corsOf(await preflight(PORTAL, path)), {}, path)
  }
  for (const path of ['/metrics', '/readyz', '/api/v1/me']) {
    const { headers } = await fetch(`${service.privateUrl}${path}`, { headers: { origin: PORTAL } })
    t.false(headers.has('access-control-allow-origin'), path)
    t.false(headers.has('vary'), path)
  }
})

test('R19: without a list nothing is said about origins', async (t) => {
  t.deepEqual(corsOf(await preflight(PORTAL, '/api/v1/projects', closed)), {})
  const read = await ask('GET', '/api/v1/me', { origin: PORTAL, ...AUTHORIZATION }, closed)
  t.is(read.status, 200)
  t.deepEqual(corsOf(read), {})
})

test('R19: a page can read when to come again', async (t) => {
  const rae = { username: 'rae', password: 'raes-own-pw-71' }
  t.is((await service.admin('POST', '/api/v1/users', rae)).status, 201)
  const headers = { origin: LOCAL, authorization: basic(rae) }
  let reply = await ask('GET', '/api/v1/me', headers)
  while (reply.status === 200) reply = await ask('GET', '/api/v1/me', headers)
  t.is(reply.status, 429)
  t.true(reply.headers.has('retry-after'))
  t.deepEqual(corsOf(reply), READABLE(LOCAL))
})

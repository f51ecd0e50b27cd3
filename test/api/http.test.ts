import test from 'ava'
import { ADMIN, type Service, startService } from '../support/service.ts'

let service: Service

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
})
test.after.always(() => service.stop())

const JSON_PROBLEM = 'application/problem+json'
const project = { name: 'body', visibility: 'private' }

test('an error of the API has the members of RFC 9457 and the OCI list', async (t) => {
  const { status, headers, body } = await service.request('GET', '/api/v1/projects/none', {
    as: ADMIN,
    headers: { 'x-request-id': 'abc.1' },
  })
  t.is(status, 404)
  t.is(headers.get('content-type'), JSON_PROBLEM)
  t.deepEqual(body, {
    type: 'urn:registry-warden:problem:project-unknown',
    title: 'there is no such project',
    status: 404,
    detail: 'there is no project none',
    instance: '/api/v1/projects/none',
    requestId: 'abc.1',
    errors: [{ code: 'PROJECT_UNKNOWN', message: 'there is no project none', detail: null }],
  })
})

test('an error of the realm is one that docker prints', async (t) => {
  const { status, headers, body } = await service.request('GET', '/auth/token', {
    as: { username: 'admin', password: 'wrong-wrong' },
  })
  t.is(status, 401)
  t.is(headers.get('content-type'), 'application/json; charset=utf-8')
  const message = 'the user name or the password is wrong'
  t.deepEqual(body, {
    errors: [{ code: 'UNAUTHORIZED', message, detail: null }],
    error: 'invalid_grant',
    error_description: message,
  })
})

test('R19: the API challenges with Bearer, so that no browser asks for a password', async (t) => {
  const { status, headers } = await service.request('GET', '/api/v1/me')
  t.is(status, 401)
  t.is(headers.get('www-authenticate'), 'Bearer realm="registry-warden"')
})

test('R19: every answer is nosniff and kept by nobody', async (t) => {
  for (const path of ['/healthz', '/api/v1/me', '/auth/token', '/nowhere']) {
    const { headers } = await service.request('GET', path)
    t.is(headers.get('x-content-type-options'), 'nosniff')
    t.is(headers.get('cache-control'), 'no-store')
  }
})

for (const type of ['text/plain', 'application/x-www-form-urlencoded', '', 'application/jsonx']) {
  test(`R19: a write of type ${JSON.stringify(type)} is 415 and changes nothing`, async (t) => {
    const name = `type-${type.length}`
    const { status } = await service.request('POST', '/api/v1/projects', {
      as: ADMIN,
      json: { name },
      headers: { 'content-type': type },
    })
    t.is(status, 415)
    t.is((await service.admin('GET', `/api/v1/projects/${name}`)).status, 404)
  })
}

test('R19: a write without a body needs the content type as well', async (t) => {
  const { status } = await service.request('POST', '/api/v1/projects', {
    as: ADMIN,
    headers: { 'content-type': 'text/plain' },
  })
  t.is(status, 415)
})

test('R19: a secret in a query of the API is 400, and stands in no log line', async (t) => {
  const secret = 'whisper-of-the-harbour'
  for (const [method, path] of [
    ['GET', '/api/v1/me'],
    ['GET', '/api/v1/projects'],
    ['POST', '/api/v1/me/tokens'],
    ['GET', '/api/v1/signin/password-reset'],
    ['POST', '/api/v1/signin/password-reset/confirm'],
  ] as const) {
    for (const name of ['access_token', 'password', 'token']) {
      const { status } = await service.request(method, `${path}?${name}=${secret}`, { as: ADMIN })
      t.is(status, 400, `${method} ${path} ${name}`)
    }
  }
  t.false(service.logged().includes(secret))
})

test('R19: an encoded body is 415', async (t) => {
  const { status } = await service.request('POST', '/api/v1/projects', {
    as: ADMIN,
    json: project,
    headers: { 'content-encoding': 'gzip' },
  })
  t.is(status, 415)
})

for (const raw of [
  '',
  '{',
  '[]',
  '"text"',
  '7',
  'null',
  '{"name":"a","name2":1}',
  '{"__proto__":{}}',
]) {
  test(`a body ${JSON.stringify(raw)} is 400 with its reason`, async (t) => {
    const { status, body } = await service.request('POST', '/api/v1/projects', { as: ADMIN, raw })
    t.is(status, 400)
    t.regex(body.detail, /^the body (is not valid|cannot be read)/)
  })
}

test('what is missing in a body, and what is of another type, is told in plain words', async (t) => {
  const detailOf = async (json: object) =>
    (await service.request('POST', '/api/v1/projects', { as: ADMIN, json })).body.detail
  t.is(await detailOf({}), 'the body is not valid: name: is missing')
  t.is(await detailOf({ name: 7 }), 'the body is not valid: name: must be of type string')
  t.is(
    await detailOf({ name: 'x', visibility: 'secret' }),
    'the body is not valid: visibility: must be one of: public, private',
  )
})

test('broken JSON is not repeated, since people have secrets in it', async (t) => {
  const raw = '{"password":hunter2secret"}'
  const { status, body } = await service.request('POST', '/api/v1/users', { as: ADMIN, raw })
  t.is(status, 400)
  t.false(JSON.stringify(body).includes('hunter2'))
})

test('a body above the cap is 413', async (t) => {
  const { status, body } = await service.request('POST', '/api/v1/projects', {
    as: ADMIN,
    raw: JSON.stringify({ name: 'x'.repeat(300_000) }),
  })
  t.is(status, 413)
  t.is(body.errors[0].code, 'BODY_TOO_LARGE')
})

test('paths are matched to the letter', async (t) => {
  for (const path of ['/API/v1/me', '/api/v1/me/', '/api//v1/me', '/api/v1/Me']) {
    t.is((await service.request('GET', path, { as: ADMIN })).status, 404)
  }
})

test('a method that a route does not take is 405 and names those that it does', async (t) => {
  const { status, headers } = await service.request('PUT', '/api/v1/projects', { as: ADMIN })
  t.is(status, 405)
  t.deepEqual(new Set(headers.get('allow')?.split(', ')), new Set(['HEAD', 'GET', 'POST']))
})

test('a bad escape in a path is 4xx', async (t) => {
  const { status } = await service.request('GET', '/api/v1/projects/%E0%A4%A', { as: ADMIN })
  t.is(status, 400)
})

test('a request id that could confuse a log is replaced', async (t) => {
  const { headers } = await service.request('GET', '/healthz', {
    headers: { 'x-request-id': 'a b"c' },
  })
  t.regex(headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/)
})

test('R14: the address in the record is the one that the trusted proxy wrote', async (t) => {
  await service.request('POST', '/api/v1/projects', {
    as: ADMIN,
    json: { name: 'from-afar' },
    headers: { 'x-forwarded-for': '1.2.3.4, 203.0.113.50' },
  })
  const [row] = await service.database('audit').where({ target: 'from-afar' })
  t.is(row.address, '203.0.113.50')
})

test('R14: no link is built from the host of a request', async (t) => {
  await service.admin('POST', '/api/v1/projects', { name: 'link-one' })
  const { headers } = await service.request('GET', '/api/v1/projects?limit=1', {
    as: ADMIN,
    headers: { 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' },
  })
  t.regex(headers.get('link') ?? '', /^<\/api\/v1\/projects\?limit=1&cursor=[\w-]+>; rel="next"$/)
})

test('health tells that the process lives, readiness what is amiss, and reasons only in private', async (t) => {
  t.deepEqual((await service.request('GET', '/healthz')).body, { status: 'ok' })
  const ready = await service.request('GET', '/readyz')
  t.is(ready.status, 200)
  t.deepEqual(ready.body, { status: 'degraded' })
  const response = await fetch(`${service.privateUrl}/readyz`)
  const { status, parts } = (await response.json()) as {
    status: string
    parts: readonly { name: string; ok: boolean; reason?: string }[]
  }
  t.is(status, 'degraded')
  t.deepEqual(
    parts.map(({ name, ok }) => [name, ok]),
    [
      ['database', true],
      ['signing', true],
      ['registry', false],
      ['collecting', true],
      ['restore', true],
    ],
  )
  t.regex(parts[2]?.reason ?? '', /does not answer/)
})

test('health does not look at credentials', async (t) => {
  const as = { username: 'nobody', password: 'wrong-wrong' }
  t.is((await service.request('GET', '/healthz', { as })).status, 200)
  t.is((await service.request('GET', '/readyz', { as })).status, 200)
})

test('the registry away is 503 with a reason on what needs it', async (t) => {
  const tag = '/api/v1/repositories/library/app/tags/v1'
  const { status, headers, body } = await service.admin('DELETE', tag)
  t.is(status, 503)
  t.is(headers.get('retry-after'), '5')
  t.regex(body.detail, /^the registry does not answer/)
})

test('a body of nothing but faults gets an answer that is shorter than itself', async (t) => {
  const raw = JSON.stringify(
    Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`k${n}`, 1])),
  )
  const { status, body } = await service.request('POST', '/api/v1/users', { raw })
  t.is(status, 400)
  t.true(JSON.stringify(body).length < 5000, String(JSON.stringify(body).length))
})

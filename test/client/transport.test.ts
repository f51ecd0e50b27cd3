import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { createClient } from '../../src/client/api.ts'
import { createNodeClient, type NodeClient } from '../../src/client/node-client.ts'

/** A server that does what the real service never should; only so can these faults be forced. */
async function against(
  t: ExecutionContext,
  listener: RequestListener,
  timeoutMs = 5000,
): Promise<{ readonly client: NodeClient; readonly url: string }> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = createNodeClient({
    url,
    credentials: { username: 'ann', password: 'x' },
    timeoutMs,
  })
  t.teardown(async () => {
    await client.close()
    server.closeAllConnections()
    server.close()
  })
  return { client, url }
}

const answer =
  (status: number, body: string, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(status, headers).end(body)
  }

test('a redirect is not followed: credentials go to one address only', async (t) => {
  let asked = 0
  const { client, url } = await against(t, (request, response) => {
    asked++
    response.writeHead(301, { location: `https://elsewhere.example${request.url}` }).end()
  })
  await t.throwsAsync(client.call('getMe'), {
    name: 'ApiError',
    code: 'ANSWER_UNKNOWN',
    message: `${url} sends elsewhere, to https://elsewhere.example/api/v1/me; use the address of the service itself`,
  })
  t.is(asked, 1)
})

test('a page of a proxy is no answer of the service', async (t) => {
  const { client, url } = await against(t, answer(404, '<html>nothing here</html>'))
  await t.throwsAsync(client.call('getMe'), {
    code: 'ANSWER_UNKNOWN',
    message: `${url} answers 404 in a way that registry-warden does not; check the address`,
  })
})

test('another service that answers 200 is told apart', async (t) => {
  const { client } = await against(t, answer(200, '{"hello":"world"}'))
  await t.throwsAsync(client.call('getMe'), { code: 'ANSWER_UNKNOWN', message: /of the same age/ })
})

test('a fault of the service names the request that its log knows', async (t) => {
  const { client } = await against(
    t,
    answer(
      503,
      JSON.stringify({
        type: 'urn:registry-warden:problem:unavailable',
        title: 'a part that this needs does not answer',
        status: 503,
        detail: 'the database does not answer',
        requestId: 'abc.1',
        errors: [{ code: 'UNAVAILABLE', message: '', detail: null }],
      }),
    ),
  )
  const error = await t.throwsAsync(client.call('getMe'), { name: 'ApiError', code: 'UNAVAILABLE' })
  t.like(error, { status: 503, message: 'the database does not answer (request id abc.1)' })
})

test('a list that leads back to itself ends', async (t) => {
  const { client } = await against(t, answer(200, JSON.stringify({ items: [USER], next: 'x' })))
  await t.throwsAsync(client.collect('getUsers'), { message: 'the list of users does not end' })
})

test('a service that stays silent is waited for only so long', async (t) => {
  const { client, url } = await against(t, () => undefined, 200)
  await t.throwsAsync(client.call('getMe'), {
    code: 'NO_ANSWER',
    message: `no answer from ${url}; the answer took too long: try again in a moment`,
  })
})

test('https where http is spoken is said', async (t) => {
  const { url } = await against(t, answer(200, ''))
  const client = createNodeClient({
    url: url.replace('http:', 'https:'),
    credentials: undefined,
  })
  t.teardown(client.close)
  await t.throwsAsync(client.call('getMe'), {
    code: 'NO_ANSWER',
    message: /it does not speak https there: try http, or another port$/,
  })
})

const USER = {
  username: 'ann',
  email: null,
  displayName: null,
  systemRole: null,
  source: 'local',
  claimedRole: null,
  claimsEndAt: null,
  disabled: false,
  createdAt: '',
  updatedAt: '',
}

test("on the platform's own fetch, too, a redirect is not followed", async (t) => {
  const { url } = await against(t, (_request, response) => {
    response.writeHead(302, { location: 'https://elsewhere.example/' }).end()
  })
  await t.throwsAsync(createClient({ url }).call('getMe'), {
    name: 'ApiError',
    code: 'ANSWER_UNKNOWN',
    message: `${url} sends elsewhere, to https://elsewhere.example/; use the address of the service itself`,
  })
})

test("on the platform's own fetch, too, it is said why there is no answer", async (t) => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  await t.throwsAsync(createClient({ url: `http://127.0.0.1:${port}` }).call('getMe'), {
    code: 'NO_ANSWER',
    message: `no answer from http://127.0.0.1:${port}; nothing listens there: check the address, and that the service runs`,
  })
})

test('fields and words of a newer service are passed on', async (t) => {
  const newer = { ...USER, systemRole: 'librarian', shelf: 7 }
  const { client } = await against(t, answer(200, JSON.stringify(newer)))
  t.deepEqual((await client.call('getMe')).data as object, newer)
})

test('a list with an item that lacks a field is no answer of the service', async (t) => {
  const { username: _left, ...item } = USER
  const { client } = await against(t, answer(200, JSON.stringify({ items: [item], next: null })))
  await t.throwsAsync(client.collect('getUsers'), { code: 'ANSWER_UNKNOWN' })
})

test('a refusal says how long to wait', async (t) => {
  const body = JSON.stringify({
    type: 'urn:registry-warden:problem:rate-limited',
    title: 'too many requests',
  })
  const { client } = await against(t, answer(429, body, { 'retry-after': '17' }))
  const error = await t.throwsAsync(client.call('getMe'), { code: 'RATE_LIMITED' })
  t.like(error, { status: 429, retryAfterSeconds: 17 })
})

test('an answer that is too long for the memory is given up', async (t) => {
  const { client } = await against(t, (_request, response) => {
    const chunk = Buffer.alloc(1024 * 1024, 'x')
    const more = (): void => {
      while (response.write(chunk)) if (response.destroyed) return
    }
    response.on('drain', more)
    more()
  })
  const read = client.call('getAuditExport', { query: { format: 'csv' } })
  await t.throwsAsync(read, { code: 'ANSWER_UNKNOWN', message: /read it as a stream$/ })
})

test('a stream that is cut is a failure, not an end', async (t) => {
  const { client } = await against(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/csv' })
    response.write('time,actor\n', () => setImmediate(() => response.destroy()))
  })
  const read = async (): Promise<void> => {
    for await (const _chunk of await client.stream('getAuditExport', { query: { format: 'csv' } }));
  }
  await t.throwsAsync(read(), { name: 'ApiError', code: 'NO_ANSWER' })
})

test('who stops reading a stream ends it at the service', async (t) => {
  let closed: (value: boolean) => void = () => undefined
  const isClosed = new Promise<boolean>((resolve) => {
    closed = resolve
  })
  const { client } = await against(t, (_request, response) => {
    response.on('close', () => closed(true))
    response.writeHead(200).write('time,actor\n')
  })
  for await (const chunk of await client.stream('getAuditExport', { query: { format: 'csv' } })) {
    t.is(Buffer.from(chunk).toString(), 'time,actor\n')
    break
  }
  t.true(await isClosed)
})

test('a wait ends with the signal of the caller', async (t) => {
  const { client } = await against(t, () => undefined)
  const signal = AbortSignal.timeout(50)
  await t.throwsAsync(client.call('getMe', { signal }), { code: 'NO_ANSWER', message: /timeout/ })
})

for (const name of ['', '.', '..']) {
  test(`${JSON.stringify(name)} is no step along a path`, async (t) => {
    let asked = 0
    const { client } = await against(t, () => asked++)
    const read = client.call('getUsersByUsername', { params: { username: name } })
    await t.throwsAsync(read, { code: 'REQUEST_INVALID', message: `"${name}" is not a name` })
    t.is(asked, 0)
  })
}

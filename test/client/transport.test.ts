import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { type ApiClient, createApiClient } from '../../src/client/client.ts'

/** A server that does what the real service never should; only so can these faults be forced. */
async function against(
  t: ExecutionContext,
  listener: RequestListener,
  timeoutMs = 5000,
): Promise<{ readonly client: ApiClient; readonly url: string }> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = createApiClient({
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
  await t.throwsAsync(client.readMe(), {
    name: 'ApiError',
    code: 'ANSWER_UNKNOWN',
    message: `${url} sends elsewhere, to https://elsewhere.example/api/v1/me; use the address of the service itself`,
  })
  t.is(asked, 1)
})

test('a page of a proxy is no answer of the service', async (t) => {
  const { client, url } = await against(t, answer(404, '<html>nothing here</html>'))
  await t.throwsAsync(client.readMe(), {
    code: 'ANSWER_UNKNOWN',
    message: `${url} answers 404 in a way that registry-warden does not; check the address`,
  })
})

test('another service that answers 200 is told apart', async (t) => {
  const { client } = await against(t, answer(200, '{"hello":"world"}'))
  await t.throwsAsync(client.readMe(), { code: 'ANSWER_UNKNOWN', message: /of the same age/ })
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
  const error = await t.throwsAsync(client.readMe(), { name: 'ApiError', code: 'UNAVAILABLE' })
  t.like(error, { status: 503, message: 'the database does not answer (request id abc.1)' })
})

test('a list that leads back to itself ends', async (t) => {
  const user = {
    username: 'ann',
    email: null,
    displayName: null,
    systemRole: null,
    disabled: false,
    createdAt: '',
    updatedAt: '',
  }
  const { client } = await against(t, answer(200, JSON.stringify({ items: [user], next: 'x' })))
  await t.throwsAsync(client.listUsers(), { message: 'the list of users does not end' })
})

test('a service that stays silent is waited for only so long', async (t) => {
  const { client, url } = await against(t, () => undefined, 200)
  await t.throwsAsync(client.readMe(), {
    code: 'NO_ANSWER',
    message: `no answer from ${url}; the answer took too long: try again in a moment`,
  })
})

test('https where http is spoken is said', async (t) => {
  const { url } = await against(t, answer(200, ''))
  const client = createApiClient({
    url: url.replace('http:', 'https:'),
    credentials: undefined,
  })
  t.teardown(client.close)
  await t.throwsAsync(client.readMe(), {
    code: 'NO_ANSWER',
    message: /it does not speak https there: try http, or another port$/,
  })
})

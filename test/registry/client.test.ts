import { createHash } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { AppError } from '../../src/errors.ts'
import { createRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import { createGate } from '../../src/registry/gate.ts'
import { startAnsweringServer } from '../support/answering-server.ts'

async function serve(
  t: ExecutionContext,
  listener: RequestListener,
  timeoutSeconds = 5,
): Promise<RegistryClient> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const client = createRegistryClient({ url, timeoutSeconds, tokenFor: () => 'token' })
  t.teardown(async () => {
    await client.close()
    server.closeAllConnections()
    server.close()
  })
  return client
}

const failureOf = async (work: Promise<unknown>): Promise<AppError> => {
  try {
    await work
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('it did not fail')
}

test('an answer never names the address of a registry that is away; the cause does', async (t) => {
  const url = 'http://127.0.0.1:9'
  const client = createRegistryClient({ url, timeoutSeconds: 5, tokenFor: () => 'token' })
  t.teardown(() => client.close())
  const error = await failureOf(client.listTags('acme/app'))
  t.is(error.message, 'the registry does not answer; try again in a moment')
  t.regex(String(error.cause), /127\.0\.0\.1:9/)
})

test('an answer never repeats what the registry said; the cause does', async (t) => {
  const client = await serve(t, (_request, response) => {
    response.writeHead(500).end('open /var/lib/registry/inner: permission denied')
  })
  const error = await failureOf(client.listTags('acme/app'))
  t.is(error.message, 'the registry answered 500 to the tags of acme/app')
  t.regex(String(error.cause), /\/var\/lib\/registry\/inner/)
})

test('R20: where the registry sends to is not followed; of the next page its own path is asked', async (t) => {
  const elsewhere = await startAnsweringServer()
  t.teardown(() => elsewhere.close())
  const asked: string[] = []
  const client = await serve(t, ({ url = '' }, response) => {
    asked.push(url)
    if (url.endsWith('/tags/list')) {
      response.writeHead(307, { location: `${elsewhere.url}/v2/acme/app/tags/list` }).end()
      return
    }
    const link = `<${elsewhere.url}/v2/_catalog?last=acme%2Fapp&n=1000>; rel="next"`
    const isFirst = !url.includes('last=')
    response.writeHead(200, isFirst ? { link } : {})
    response.end(JSON.stringify({ repositories: [isFirst ? 'acme/app' : 'acme/web'] }))
  })
  const redirected = await failureOf(client.listTags('acme/app'))
  t.is(redirected.message, 'the registry answered 307 to the tags of acme/app')
  const first = await client.listCatalog('')
  t.deepEqual(first, { names: ['acme/app'], next: 'acme/app' })
  t.deepEqual((await client.listCatalog(first.next ?? '')).names, ['acme/web'])
  t.deepEqual(asked.slice(1), ['/v2/_catalog?n=1000', '/v2/_catalog?n=1000&last=acme%2Fapp'])
  t.deepEqual(elsewhere.asked, [])
})

test('four lists are read at a time, whoever asks', async (t) => {
  let held: (() => void)[] = []
  let most = 0
  const release = (): void => {
    for (const answer of held) answer()
    held = []
  }
  const client = await serve(t, ({ url }, response) => {
    if (url === '/v2/') {
      release()
      response.end()
      return
    }
    const list = url?.startsWith('/v2/_catalog') ? { repositories: [] } : { tags: ['1'] }
    held.push(() => response.end(JSON.stringify(list)))
    most = Math.max(most, held.length)
    if (held.length > 4) release()
  })
  let isDone = false
  const lists = Promise.all(
    Array.from(
      { length: 30 },
      (_, index): Promise<unknown> =>
        index % 2 === 0 ? client.listTags('acme/app') : client.listCatalog(''),
    ),
  ).finally(() => {
    isDone = true
  })
  while (!isDone) await client.ping()
  await lists
  t.is(most, 4)
})

for (const [isLikelyUnknown, calls] of [
  [false, ['HEAD', 'GET']],
  [true, ['GET']],
] as const) {
  test(`what ${isLikelyUnknown ? 'is likely' : 'may be'} gone is asked for by ${calls.join(' and ')}`, async (t) => {
    const asked: string[] = []
    const client = await serve(t, ({ method = '' }, response) => {
      asked.push(method)
      response.writeHead(404, { 'content-type': 'application/json' })
      response.end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}')
    })
    const reference = { repository: 'acme/app', reference: 'v1' }
    t.is(await client.lookUpManifest(reference, { isLikelyUnknown }), 'unknown')
    t.deepEqual(asked, [...calls])
  })
}

test('a call ends with its signal', async (t) => {
  const leaving = new AbortController()
  const gone = new AppError('REQUEST_INVALID', { detail: 'gone' })
  const client = await serve(t, () => leaving.abort(gone))
  const reading = { signal: leaving.signal }
  t.is(await failureOf(client.listTags('acme/app', reading)), gone)
})

test('R20: an answer that comes byte by byte is given up after the time for one answer', async (t) => {
  const list = JSON.stringify({ tags: ['1'] })
  const client = await serve(
    t,
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      let sent = 0
      const timer = setInterval(() => {
        response.write(list[sent++] ?? ' ')
        if (sent < 40) return
        clearInterval(timer)
        response.end()
      }, 100)
    },
    1,
  )
  const error = await failureOf(client.listTags('acme/app'))
  t.is(error.code, 'UNAVAILABLE')
  t.regex(String(error.cause), /had not ended after 1000 ms/)
})

test('who waited too long for his turn is refused without a call', async (t) => {
  let nowMs = 0
  const gate = createGate({ atOnce: 1, longestWaitMs: 1000, monotonicMs: () => nowMs })
  let release = (): void => undefined
  const held = gate.run(
    () =>
      new Promise<void>((resolve) => {
        release = resolve
      }),
  )
  let isCalled = false
  const waiting = failureOf(
    gate.run(async () => {
      isCalled = true
    }),
  )
  await new Promise((resolve) => setImmediate(resolve))
  nowMs = 1001
  release()
  await held
  t.like(await waiting, { code: 'UNAVAILABLE', retryAfterSeconds: 5 })
  t.false(isCalled)
})

const OF_A_PROXY = '<html>404: not here</html>'
const TEXT = JSON.stringify({ schemaVersion: 2 })
const DIGEST = `sha256:${createHash('sha256').update(TEXT).digest('hex')}`
const MANIFEST = { repository: 'acme/app', reference: 'v1' }

test('R30: a 404 that is not in the words of the registry says nothing of a manifest, a list or a delete', async (t) => {
  const client = await serve(t, (_request, response) => {
    response.writeHead(404, { 'content-type': 'text/html' }).end(OF_A_PROXY)
  })
  for (const work of [
    client.findManifest(MANIFEST),
    client.readManifest(MANIFEST),
    client.listTags('acme/app'),
    client.deleteManifest({ ...MANIFEST, reference: DIGEST }),
    client.deleteTagByName(MANIFEST),
  ]) {
    const { code, message } = await failureOf(work)
    t.is(code, 'REGISTRY_FAILED')
    t.regex(message, /^the registry answered 404 to /)
  }
})

test('deletes are off only by the word of the registry; a proxy, or a read-only registry, says 405 too', async (t) => {
  let answer = 'Method not allowed'
  const client = await serve(t, (_request, response) => void response.writeHead(405).end(answer))
  const remove = () => client.deleteManifest({ ...MANIFEST, reference: DIGEST })
  t.regex((await failureOf(remove())).message, /^the registry answered 405 to deleting/)
  t.is((await failureOf(client.deleteTagByName(MANIFEST))).code, 'REGISTRY_FAILED')
  answer = JSON.stringify({ errors: [{ code: 'UNSUPPORTED' }] })
  t.is(await remove(), 'disabled')
  t.is(await client.deleteTagByName(MANIFEST), 'disabled')
})

test('R21: what is answered to one digest under another is none', async (t) => {
  const client = await serve(t, (_request, response) => {
    response.writeHead(200, { 'docker-content-digest': DIGEST, 'content-type': 'x/y' }).end(TEXT)
  })
  const reference = `sha256:${'0'.repeat(64)}`
  const asked = { repository: 'acme/app', reference }
  const { code, message } = await failureOf(client.readManifest(asked))
  t.is(code, 'REGISTRY_FAILED')
  t.is(message, `the registry answered 200 to a read of acme/app ${reference} with another digest`)
  t.is((await failureOf(client.lookUpManifest(asked))).code, 'REGISTRY_FAILED')
  t.is((await client.readManifest({ ...asked, reference: DIGEST }))?.digest, DIGEST)
})

test('R21: a manifest whose content is not that of its digest is none', async (t) => {
  let content = TEXT
  const client = await serve(t, (_request, response) => {
    response.writeHead(200, { 'docker-content-digest': DIGEST, 'content-type': 'x/y' }).end(content)
  })
  t.is((await client.readManifest(MANIFEST))?.digest, DIGEST)
  for (const spoilt of [TEXT.slice(0, 5), '<html>welcome</html>', '']) {
    content = spoilt
    t.is(
      (await failureOf(client.readManifest(MANIFEST))).message,
      'the registry answered 200 to a read of acme/app v1 with other content',
    )
  }
})

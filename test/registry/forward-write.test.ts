import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { createWriteForwarder, type WriteToForward } from '../../src/registry/forward-write.ts'
import { waitFor } from '../support/wait-for.ts'

const WRITE: WriteToForward = {
  method: 'PUT',
  path: 'acme/app/manifests/v1',
  headers: { host: 'registry.example.com' },
  body: Buffer.from('{}'),
  leftMs: () => 10_000,
}

async function serve(t: ExecutionContext, listener: RequestListener) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.host}`)
    request.resume().on('end', () => listener(request, response))
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const forwarder = createWriteForwarder({ url: `http://127.0.0.1:${port}/base` })
  t.teardown(async () => {
    await forwarder.close()
    server.closeAllConnections()
    server.close()
  })
  return { asked, forward: forwarder.forward }
}

test('an answer comes back as it is', async (t) => {
  const { asked, forward } = await serve(t, (_request, response) => {
    response.writeHead(201, { location: '/x', 'docker-content-digest': 'd' }).end('body')
  })
  const forwarded = await forward(WRITE)
  t.like(forwarded, { kind: 'answered', answer: { status: 201, body: Buffer.from('body') } })
  t.like(forwarded, { answer: { headers: { location: '/x', 'docker-content-digest': 'd' } } })
  t.deepEqual(asked, ['PUT /base/v2/acme/app/manifests/v1 registry.example.com'])
})

test('R25: a process that wakes after its time sends nothing', async (t) => {
  const { asked, forward } = await serve(t, (_request, response) => response.end())
  t.is((await forward({ ...WRITE, leftMs: () => 0 })).kind, 'unsent')
  // The time ends between the beginning and the moment when the socket is ready.
  let looks = 0
  t.is((await forward({ ...WRITE, leftMs: () => (looks++ === 0 ? 1000 : -1) })).kind, 'unsent')
  await sleep(100)
  t.deepEqual(asked, [])
})

test('a registry that says nothing in time may have done it', async (t) => {
  const { asked, forward } = await serve(t, (_request, response) => {
    if (asked.length === 1) response.end()
  })
  // The socket is ready by then, so that the time is that of the answer.
  t.is((await forward(WRITE)).kind, 'answered')
  t.is((await forward({ ...WRITE, leftMs: () => 300 })).kind, 'lost')
  await waitFor(async () => asked.length === 2)
})

test('a registry that is away has done nothing', async (t) => {
  const { forward, close } = createWriteForwarder({ url: 'http://127.0.0.1:9' })
  t.teardown(close)
  t.is((await forward(WRITE)).kind, 'unsent')
})

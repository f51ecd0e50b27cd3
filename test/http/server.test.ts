import { EventEmitter, once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { connect, createServer } from 'node:net'
import test from 'ava'
import { openServers } from '../../src/http/server.ts'
import { findFreePort } from '../../src/stack/ports.ts'

const host = '127.0.0.1'

/** A request over a connection that its client keeps. */
const ask = async (port: number, agent: Agent): Promise<IncomingMessage> => {
  const [response] = (await once(get({ host, port, agent }), 'response')) as [IncomingMessage]
  response.resume()
  return response
}

test('closing waits for the answer that is under way, and for no connection that is kept', async (t) => {
  const port = await findFreePort()
  const came = new EventEmitter()
  const servers = await openServers([
    { host, port, listener: (_request, response) => void came.emit('request', response) },
  ])
  const agent = new Agent({ keepAlive: true })
  const idle = connect({ host, port })
  await once(idle, 'connect')
  const [asked, [under]] = [ask(port, agent), await once(came, 'request')]
  const startedAtMs = performance.now()
  const closed = servers.close(30_000)
  under.end('done')
  const response = await asked
  t.is(response.statusCode, 200)
  await closed
  t.true(performance.now() - startedAtMs < 20_000)
  await t.throwsAsync(ask(port, agent))
  agent.destroy()
  idle.destroy()
})

test('a request that comes over a kept connection while it closes is answered, as the last one', async (t) => {
  const port = await findFreePort()
  const servers = await openServers([
    { host, port, listener: (_request, response) => void response.end('done') },
  ])
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const before = await ask(port, agent)
  await once(before, 'end')
  t.is(before.headers.connection, 'keep-alive')
  const closed = servers.close(30_000)
  const last = await ask(port, agent)
  t.is(last.statusCode, 200)
  t.is(last.headers.connection, 'close')
  await closed
  agent.destroy()
})

test('connections that wait to be taken in while it closes are answered, however many', async (t) => {
  const port = await findFreePort()
  const servers = await openServers([
    { host, port, listener: (_request, response) => void response.end('done') },
  ])
  // The kernel has connected them, and node takes in one in each of its turns.
  const asked = Array.from({ length: 20 }, () => ask(port, new Agent()))
  for (const untilMs = performance.now() + 20; performance.now() < untilMs; );
  const closed = servers.close(30_000)
  const responses = await Promise.all(asked)
  t.deepEqual(
    responses.map(({ statusCode }) => statusCode),
    Array(20).fill(200),
  )
  await closed
})

test('a request that was sent while the process was busy for long is answered before the end', async (t) => {
  const port = await findFreePort()
  const servers = await openServers([
    { host, port, listener: (_request, response) => void response.end('done') },
  ])
  const socket = connect({ host, port })
  await once(socket, 'connect')
  const closed = servers.close(30_000)
  socket.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n')
  for (const untilMs = performance.now() + 1500; performance.now() < untilMs; );
  const [answer] = (await once(socket, 'data')) as [Buffer]
  t.regex(answer.toString(), /^HTTP\/1\.1 200 /)
  await closed
})

test('what never ends is cut when the time is over', async (t) => {
  const port = await findFreePort()
  const came = new EventEmitter()
  const listener = (): void => void came.emit('request')
  const servers = await openServers([{ host, port, listener }])
  const requested = once(came, 'request')
  const asked = t.throwsAsync(ask(port, new Agent({ keepAlive: true })))
  await requested
  await servers.close(100)
  await asked
})

test('when one address is taken, the other is given back', async (t) => {
  const [taken, free] = [await findFreePort(), await findFreePort()]
  const other = createServer().listen(taken, host)
  await once(other, 'listening')
  const listener = (): void => undefined
  const error = await t.throwsAsync(
    openServers([
      { host, port: free, listener },
      { host, port: taken, listener },
    ]),
  )
  t.like(error, { code: 'EADDRINUSE' })
  const again = createServer().listen(free, host)
  await once(again, 'listening')
  again.close()
  other.close()
})

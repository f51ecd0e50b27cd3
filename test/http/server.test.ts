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
  const closed = servers.close(10_000)
  under.end('done')
  const response = await asked
  t.is(response.statusCode, 200)
  await closed
  await t.throwsAsync(ask(port, agent))
  agent.destroy()
  idle.destroy()
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

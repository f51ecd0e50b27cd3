import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { requestStartTls } from '../../../src/signin/ldap/start-tls.ts'

const AGREED = '300c02010178070a010004000400'
const REFUSED = '300c02010178070a010204000400'

/** Long enough to be read as a whole message. */
const WEB = Buffer.from(`HTTP/1.1 400 Bad Request\r\n${'x'.repeat(200)}`).toString('hex')

/** Asks a server that answers with these bytes. @returns what comes of it */
async function ask(t: ExecutionContext, pieces: readonly string[], ms = 5000): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).setNoDelay()
    socket.once('data', async () => {
      for (const piece of pieces) {
        socket.write(Buffer.from(piece, 'hex'))
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  t.teardown(() => {
    socket.destroy()
    server.close()
  })
  await once(socket, 'connect')
  return requestStartTls(socket, AbortSignal.timeout(ms)).then(
    () => 'agreed',
    (error: Error) => error.message,
  )
}

test('a server that agrees is believed, also in pieces', async (t) => {
  t.is(await ask(t, [AGREED]), 'agreed')
  t.is(await ask(t, [AGREED.slice(0, 6), AGREED.slice(6, 20), AGREED.slice(20)]), 'agreed')
})

for (const [what, pieces, reason] of [
  ['refuses', [REFUSED], 'StartTLS is refused (code 2)'],
  [
    'puts words in clear behind its answer',
    [`${AGREED}300c02010161070a010004000400`],
    'the answer to StartTLS is not one message',
  ],
  ['speaks another language', [WEB], 'the answer to StartTLS is not LDAP'],
  [
    'answers another question',
    ['300c02010161070a010004000400'],
    'the answer to StartTLS is not LDAP',
  ],
  [
    'announces more than it may',
    ['3084000fffff', '00'.repeat(5000)],
    'the answer to StartTLS is not one message',
  ],
] as const) {
  test(`R10: with a server that ${what} nothing goes on`, async (t) => {
    t.is(await ask(t, pieces), reason)
  })
}

test('R10: a server that says nothing is not waited for', async (t) => {
  t.is(await ask(t, [], 100), 'no answer to StartTLS')
})

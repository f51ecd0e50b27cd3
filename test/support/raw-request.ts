import { connect } from 'node:net'

/** Sends a request whose target is not normalised by any client, and reads the whole answer. */
export async function rawRequest(
  port: number,
  method: string,
  target: string,
  headers: Readonly<Record<string, string>> = {},
  requestBody?: Buffer,
): Promise<{ readonly status: number; readonly head: string; readonly body: string }> {
  const socket = connect(port, '127.0.0.1')
  const lines = Object.entries({ Host: 'localhost', Connection: 'close', ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  )
  socket.write([`${method} ${target} HTTP/1.1`, ...lines, '', ''].join('\r\n'))
  if (requestBody !== undefined) socket.write(requestBody)
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  // Who refuses a request before its body has come may cut the connection behind the answer.
  let failure: Error | undefined
  socket.on('error', (error) => {
    failure = error
  })
  await new Promise<void>((closed) => void socket.once('close', () => closed()))
  if (failure !== undefined && chunks.length === 0) throw failure
  const text = Buffer.concat(chunks).toString('latin1')
  const [head = '', body = ''] = text.split(/\r\n\r\n(.*)/s)
  return { status: Number(head.split(' ')[1]), head, body }
}

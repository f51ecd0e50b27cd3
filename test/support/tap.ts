import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'

/** What sits before a server and keeps what it was sent. */
export interface Tap {
  /** Host and port. */
  readonly address: string
  readonly sent: () => string
  readonly close: () => void
}

function listenAt(host: string, serve: (socket: Socket, keep: (one: Socket) => void) => void) {
  const bytes: Buffer[] = []
  const sockets = new Set<Socket>()
  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  }
  const server = createServer((socket) => {
    keep(socket)
    socket.on('data', (chunk) => bytes.push(chunk))
    serve(socket, keep)
  })
  return new Promise<Tap>((resolve) => {
    server.listen(0, host, () => {
      const { port } = server.address() as AddressInfo
      resolve({
        address: `${host}:${port}`,
        sent: () => Buffer.concat(bytes).toString('latin1'),
        close: () => {
          server.close()
          for (const socket of sockets) socket.destroy()
        },
      })
    })
  })
}

/** Passes bytes on to a server of this machine. */
export const startTap = (port: number, host = '127.0.0.1'): Promise<Tap> =>
  listenAt(host, (socket, keep) => {
    const onward = createConnection(port, '127.0.0.1')
    keep(onward)
    socket.pipe(onward).pipe(socket)
  })

/** An extended response to message 1: protocol error. */
const REFUSAL = Buffer.from('300c02010178070a010204000400', 'hex')

/** A directory that knows no StartTLS. */
export const startRefusing = (): Promise<Tap> =>
  listenAt('127.0.0.1', (socket) => socket.once('data', () => socket.write(REFUSAL)))

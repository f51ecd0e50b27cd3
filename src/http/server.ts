import { createServer, type RequestListener, type Server } from 'node:http'
import { Server as PlainServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { AppError } from '../errors.ts'
import { presentRegistryError } from './problem.ts'

// Above the idle time of the proxy in front, so that it never writes into a connection we close.
const KEEP_ALIVE_MS = 75_000
const HEADERS_TIMEOUT_MS = 80_000
const MAX_HEADER_BYTES = 32 * 1024
const CLOSE_IDLE_EVERY_MS = 100
/** So long a connection that is kept may bring one more request. */
const LAST_REQUEST_MS = 1000

/** Listeners of one process, which open and close together. */
export interface Servers {
  /**
   * Takes no new connection, answers what is under way with `Connection: close`, and cuts what is
   * left after `limitMs`.
   */
  readonly close: (limitMs: number) => Promise<void>
}

export interface Listening {
  readonly host: string
  readonly port: number
  readonly listener: RequestListener
}

/** Answers what is no request that could be routed; registry clients read such an answer, too. */
function refuseBroken(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const isTooLarge = error.code === 'HPE_HEADER_OVERFLOW'
  const detail = isTooLarge
    ? `the headers are larger than ${MAX_HEADER_BYTES} bytes; ask for fewer scopes, or send a shorter token`
    : 'the request is not HTTP as this service reads it'
  const body = JSON.stringify(presentRegistryError(new AppError('REQUEST_INVALID', { detail })))
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}

function listen(server: Server, { host, port }: Listening): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
}

interface Open {
  readonly server: Server
  /** Connections that have not brought a request yet: for node they are not idle. */
  readonly unused: ReadonlySet<Socket>
}

/**
 * A proxy keeps connections open, and may be writing into any of them at this moment. Most bring one
 * more request soon, whose answer tells the proxy of the end; the others are closed after that.
 */
function closeServer({ server, unused }: Open, limitMs: number): Promise<void> {
  return new Promise((resolve) => {
    let isOver = false
    let timer: NodeJS.Timeout | undefined
    const closeIdle = (): void => {
      if (isOver) return
      server.closeIdleConnections()
      for (const socket of unused) socket.destroy()
      timer = setTimeout(closeIdle, CLOSE_IDLE_EVERY_MS)
    }
    timer = setTimeout(closeIdle, LAST_REQUEST_MS)
    const limit = setTimeout(() => server.closeAllConnections(), limitMs)
    const done = (): void => {
      isOver = true
      clearTimeout(timer)
      clearTimeout(limit)
      resolve()
    }
    // What an HTTP server does besides by itself is to cut the connections that are kept.
    const close = (): void => void PlainServer.prototype.close.call(server, done)
    // Connections that wait to be taken in would be reset: a whole turn takes them in before.
    setImmediate(() => setImmediate(close))
  })
}

/** @throws when one of the addresses cannot be had; none of them is open then */
export async function openServers(all: readonly Listening[]): Promise<Servers> {
  let isClosing = false
  const opened = all.map(({ listener }): Open => {
    const unused = new Set<Socket>()
    const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
      unused.delete(request.socket)
      if (isClosing) response.setHeader('Connection', 'close')
      listener(request, response)
    })
    server.keepAliveTimeout = KEEP_ALIVE_MS
    server.headersTimeout = HEADERS_TIMEOUT_MS
    server.on('clientError', refuseBroken)
    server.on('connection', (socket: Socket) => {
      unused.add(socket)
      socket.once('close', () => unused.delete(socket))
    })
    return { server, unused }
  })
  const close = async (limitMs: number): Promise<void> => {
    isClosing = true
    await Promise.all(opened.map((one) => closeServer(one, limitMs)))
  }
  const listening = await Promise.allSettled(
    opened.map(({ server }, index) => listen(server, all[index] as Listening)),
  )
  const failed = listening.find((result) => result.status === 'rejected')
  if (failed === undefined) return { close }
  await close(0)
  throw failed.reason
}

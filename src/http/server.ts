import { createServer, type RequestListener, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { AppError } from '../errors.ts'
import { presentRegistryError } from './problem.ts'

// Above the idle time of the proxy in front, so that it never writes into a connection we close.
const KEEP_ALIVE_MS = 75_000
const HEADERS_TIMEOUT_MS = 80_000
const MAX_HEADER_BYTES = 32 * 1024
const CLOSE_IDLE_EVERY_MS = 100

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

function closeServer(server: Server, limitMs: number): Promise<void> {
  return new Promise((resolve) => {
    // A proxy keeps connections open: each is closed as soon as nothing is under way on it.
    const idle = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS)
    const limit = setTimeout(() => server.closeAllConnections(), limitMs)
    server.close(() => {
      clearInterval(idle)
      clearTimeout(limit)
      resolve()
    })
    server.closeIdleConnections()
  })
}

/** @throws when one of the addresses cannot be had; none of them is open then */
export async function openServers(all: readonly Listening[]): Promise<Servers> {
  let isClosing = false
  const servers = all.map(({ listener }) => {
    const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
      if (isClosing) response.setHeader('Connection', 'close')
      listener(request, response)
    })
    server.keepAliveTimeout = KEEP_ALIVE_MS
    server.headersTimeout = HEADERS_TIMEOUT_MS
    server.on('clientError', refuseBroken)
    return server
  })
  const close = async (limitMs: number): Promise<void> => {
    isClosing = true
    await Promise.all(servers.map((server) => closeServer(server, limitMs)))
  }
  const opened = await Promise.allSettled(
    servers.map((server, index) => listen(server, all[index] as Listening)),
  )
  const failed = opened.find((result) => result.status === 'rejected')
  if (failed === undefined) return { close }
  await close(0)
  throw failed.reason
}

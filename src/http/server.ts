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
/** More than can wait at once (node's backlog is 511): new ones may keep coming meanwhile. */
const MAX_TAKEN_IN = 600
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
 * Connections that wait to be taken in are reset when listening ends, and node takes in one in each
 * turn of its loop: so none waits after a whole turn that brought none.
 */
function takeInWaiting(server: Server): Promise<void> {
  let taken = 0
  let takenBefore = -1
  const onConnection = (): void => {
    taken += 1
  }
  server.on('connection', onConnection)
  return new Promise((resolve) => {
    const look = (): void => {
      if (taken !== takenBefore && taken < MAX_TAKEN_IN) {
        takenBefore = taken
        setImmediate(() => setImmediate(look))
        return
      }
      server.off('connection', onConnection)
      resolve()
    }
    look()
  })
}

/**
 * A proxy keeps connections open, and may be writing into any of them at this moment. Most bring one
 * more request soon, whose answer tells the proxy of the end; the others are closed after that.
 */
async function closeServer({ server, unused }: Open, limitMs: number): Promise<void> {
  const limit = setTimeout(() => server.closeAllConnections(), limitMs)
  await takeInWaiting(server)
  await new Promise<void>((resolve) => {
    let timer: NodeJS.Timeout | undefined
    let turn: NodeJS.Immediate | undefined
    const closeIdle = (): void => {
      server.closeIdleConnections()
      for (const socket of unused) socket.destroy()
      closeLater(CLOSE_IDLE_EVERY_MS)
    }
    // A turn more: after a busy time, timers run before what has come meanwhile is read.
    const closeLater = (afterMs: number): void => {
      timer = setTimeout(() => {
        turn = setImmediate(closeIdle)
      }, afterMs)
    }
    closeLater(LAST_REQUEST_MS)
    // What an HTTP server does besides by itself is to cut the connections that are kept.
    PlainServer.prototype.close.call(server, () => {
      clearTimeout(timer)
      clearImmediate(turn)
      clearTimeout(limit)
      resolve()
    })
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

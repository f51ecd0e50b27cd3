import { createServer, type RequestListener, type Server } from 'node:http'

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

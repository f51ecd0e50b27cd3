import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Recorded {
  readonly method: string
  /** As it came over the wire. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
}

/** A server that only remembers what was asked of it: what nginx passes on can be seen no other way. */
export interface Recorder {
  readonly address: string
  readonly requests: Recorded[]
  readonly close: () => Promise<void>
}

export function startRecorder(): Promise<Recorder> {
  const requests: Recorded[] = []
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request
    request.resume()
    requests.push({ method, url, headers })
    response.writeHead(200, { 'content-type': 'text/plain' }).end('recorded')
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      resolve({
        address: `127.0.0.1:${port}`,
        requests,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed())
            server.closeAllConnections()
          }),
      })
    })
  })
}

import { Agent, type IncomingHttpHeaders, request } from 'node:http'

export interface PlainReply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

export interface PlainRequest {
  readonly method: string
  /** Sent as it is. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
}

/** A client that keeps so many connections, and sends what no polite client would. */
export function createKeepAliveClient(port: number, connections: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const send = ({ method, path, headers, body }: PlainRequest): Promise<PlainReply> =>
    new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port, agent, method, path, headers }, (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('error', reject)
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        )
      })
      sent.on('error', reject)
      sent.end(body)
    })
  return { send, close: (): void => agent.destroy() }
}
